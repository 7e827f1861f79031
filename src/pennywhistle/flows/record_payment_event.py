"""Take in what a gateway says of a charge, or ask it about those whose end is not known."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import ChargeState, Gateway
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments import operations, queries
from pennywhistle.shop.payments.rules import GatewayEvent, PaymentError


def record_charge(*, charge: ChargeState, gateway_name: str, now: datetime) -> None:
    """Store the event and settle its top-up once. Transaction: one of its own.

    Raises `UnknownTopUpError`, and `PaymentError` where the gateway speaks of another amount.
    """
    top_up = queries.get_top_up(top_up_id=UUID(charge.reference))
    asked = Money(top_up.amount_micros, top_up.currency)
    if charge.amount != asked:
        raise PaymentError(
            f"the gateway {gateway_name} speaks of {charge.amount} for top-up {charge.reference}, "
            f"which asked for {asked}; nothing was credited"
        )
    event = GatewayEvent(
        gateway=gateway_name,
        event_id=f"{charge.reference}:{charge.state}",
        top_up_id=charge.reference,
        state=charge.state,
        amount=charge.amount,
        decline_reason=charge.decline_reason,
        raw=charge.raw,
    )
    operations.record_event(event=event, now=now)


def settle_pending_top_ups(
    *, gateways: dict[str, Gateway], created_before: datetime, now: datetime
) -> int:
    """Ask each gateway about top-ups that are still pending; how many were settled.

    One that its gateway never heard of (we stopped between keeping and charging) is closed as
    declined: no money moved. At most `queries.SETTLED_AT_ONCE` in one call.
    """
    settled = 0
    for top_up in queries.list_pending_top_ups(created_before=created_before):
        gateway = gateways.get(top_up.gateway)
        if gateway is None:
            continue  # Its gateway is switched off here; it waits for it to come back.
        charge = gateway.find_charge(reference=str(top_up.pk), now=now)
        if charge is None:
            operations.abandon_top_up(
                top_up_id=top_up.pk, reason="The card was not charged.", now=now
            )
        else:
            record_charge(charge=charge, gateway_name=gateway.name, now=now)
        settled += charge is None or charge.state != "pending"
    return settled
