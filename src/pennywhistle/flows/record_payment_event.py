"""Take in what a gateway says of a charge, or ask it about those whose end is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import (
    ChargeState,
    Gateway,
    GatewayUnreachableError,
)
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments import operations, queries
from pennywhistle.shop.payments.rules import GatewayEvent, PaymentError


class SettlementError(Exception):
    """Top-ups whose gateway gives no answer or a wrong one; `settled` others went well."""

    def __init__(self, *, settled: int, troubles: Sequence[str]) -> None:
        self.settled = settled
        self.troubles = tuple(troubles)
        super().__init__("; ".join(troubles))


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
    declined: no money moved. At most `queries.SETTLED_AT_ONCE` in one call. A top-up that cannot be
    settled holds up no other: `SettlementError` names all of those at the end.
    """
    settled = 0
    troubles = []
    for top_up in queries.list_pending_top_ups(created_before=created_before):
        gateway = gateways.get(top_up.gateway)
        if gateway is None:
            continue  # Its gateway is switched off here; it waits for it to come back.
        try:
            settled += _settle(top_up.pk, gateway, now)
        except (PaymentError, GatewayUnreachableError) as error:
            troubles.append(f"top-up {top_up.pk}: {error}")
    if troubles:
        raise SettlementError(settled=settled, troubles=troubles)
    return settled


def _settle(top_up_id: UUID, gateway: Gateway, now: datetime) -> bool:
    """Ask for one top-up; true where its end is known now."""
    charge = gateway.find_charge(reference=str(top_up_id), now=now)
    if charge is None:
        reason = "The card was not charged."
        operations.abandon_top_up(top_up_id=top_up_id, reason=reason, now=now)
        return True
    record_charge(charge=charge, gateway_name=gateway.name, now=now)
    return charge.state != "pending"
