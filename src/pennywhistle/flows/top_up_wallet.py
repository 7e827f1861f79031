"""Top a wallet up by card."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import (
    Card,
    CardRefusedError,
    Gateway,
    GatewayUnreachableError,
)
from pennywhistle.flows.record_payment_event import record_charge
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments import operations, queries
from pennywhistle.shop.payments.models import TopUp
from pennywhistle.shop.payments.rules import PaymentError, check_top_up

# Doors take the card and the gateway's silence from here, since they import no adapter.
__all__ = ["Card", "GatewayUnreachableError", "top_up_wallet"]


def top_up_wallet(
    *,
    top_up_id: UUID,
    person_id: int,
    amount: Money,
    card: Card,
    gateway: Gateway,
    now: datetime,
) -> TopUp:
    """Charge a card once for `top_up_id`, and credit the wallet when the gateway says so.

    The intention is kept before the gateway is asked, so that a charge whose answer was lost is
    found again by its reference. Running it again with the same id charges nothing again.
    Transactions: one before and one after the gateway, none across it. Raises `PaymentError` for an
    amount or a card that cannot be charged, `GatewayUnreachableError` where the end is not known.
    """
    top_up = queries.find_top_up(top_up_id=top_up_id)
    if top_up is None:
        pending = queries.count_pending_top_ups(person_id=person_id)
        check_top_up(amount=amount, pending=pending)
        operations.start_top_up(
            top_up_id=top_up_id,
            person_id=person_id,
            amount=amount,
            gateway=gateway.name,
            now=now,
        )
    elif (top_up.person_id, top_up.amount_micros, top_up.currency) != (
        person_id,
        amount.micros,
        amount.currency,
    ):
        raise PaymentError("This form was sent before with another amount. Load the page again.")
    elif top_up.state != TopUp.State.PENDING:
        return top_up
    try:
        charge = gateway.charge(reference=str(top_up_id), amount=amount, card=card, now=now)
    except CardRefusedError as error:
        operations.abandon_top_up(top_up_id=top_up_id, reason=str(error), now=now)
        raise PaymentError(str(error)) from error
    record_charge(charge=charge, gateway_name=gateway.name, now=now)
    return queries.get_top_up(top_up_id=top_up_id)
