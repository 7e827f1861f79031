"""Take in what a gateway says of a charge, or ask it about those whose end is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pennywhistle.adapters.gateways.interface import ChargeState, Gateway, GatewayError
from pennywhistle.flows.watch_gateways import asking, list_ways_to_pay
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.gateways.circuits import GatewayClosedError
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups import operations, queries
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import GatewayEvent

# A listener whom the bank asks something has so long to answer it.
ANSWER_WITHIN = timedelta(hours=1)

# How often a gateway is asked what it kept of a charge, and for how long.
FEE_EVERY = timedelta(minutes=10)
FEE_WITHIN = timedelta(days=7)

NOT_CHARGED = "The card was not charged."


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
    top_up = _top_up_of(charge, gateway_name)
    asked = Money(top_up.amount_micros, top_up.currency)
    if (charge.amount.currency, charge.amount.micros) != (asked.currency, asked.micros):
        raise PaymentError(
            f"the gateway {gateway_name} speaks of {charge.amount} for top-up {top_up.pk}, "
            f"which asked for {asked}; nothing was credited"
        )
    event = GatewayEvent(
        gateway=gateway_name,
        event_id=f"{top_up.pk}:{charge.state}",
        top_up_id=str(top_up.pk),
        state=charge.state,
        amount=charge.amount,
        decline_reason=charge.decline_reason,
        raw=dict(charge.raw),
        fee=charge.fee,
        card_country=charge.card_country,
    )
    operations.record_event(event=event, now=now)


def _top_up_of(charge: ChargeState, gateway_name: str) -> TopUp:
    """Known by the gateway's handle, and else by our reference."""
    by_handle = queries.find_top_up_by_handle(gateway=gateway_name, handle=charge.handle)
    if by_handle is not None:
        return by_handle
    try:
        return queries.get_top_up(top_up_id=UUID(charge.reference))
    except ValueError as error:
        raise PaymentError(
            f"the gateway {gateway_name} speaks of a charge {charge.handle} that is none of ours"
        ) from error


def settle_pending_top_ups(
    *, gateways: Mapping[str, Gateway], created_before: datetime, now: datetime
) -> int:
    """Ask each gateway about top-ups that are still pending; how many were settled.

    One that its gateway never heard of (we stopped between keeping and charging) is closed as
    declined: no money moved. At most `queries.SETTLED_AT_ONCE` of each kind in one call. A top-up that cannot be
    settled holds up no other: `SettlementError` names all of those at the end. A gateway whose
    circuit is open is not asked, nor one that is switched off here: theirs wait.
    """
    closed = _close_those_without_charge(gateways, created_before, now)
    asked = list_ways_to_pay(gateways=gateways)
    pending = queries.list_pending_top_ups(created_before=created_before, gateways=asked, now=now)
    return closed + _go_through(pending, gateways, now, _settle)


def _close_those_without_charge(
    gateways: Mapping[str, Gateway], created_before: datetime, now: datetime
) -> int:
    """End those whose charge was never begun, or is not known to us by name: it takes no money.

    The request that began them may still be waiting for its gateway.
    """
    closed = 0
    for top_up in queries.list_top_ups_without_charge(
        created_before=created_before, gateways=[*gateways]
    ):
        if now - top_up.created_at >= gateways[top_up.gateway].answers_within:
            operations.abandon_top_up(top_up_id=top_up.pk, reason=NOT_CHARGED, now=now)
            closed += 1
    return closed


def ask_for_fees(*, gateways: Mapping[str, Gateway], now: datetime) -> int:
    """Ask what gateways kept of top-ups that arrived before it was known; how many were told.

    At most `queries.SETTLED_AT_ONCE` in one call. Raises `SettlementError` at the end.
    """
    unpriced = queries.list_unpriced_top_ups(
        settled_after=now - FEE_WITHIN,
        asked_before=now - FEE_EVERY,
        gateways=list_ways_to_pay(gateways=gateways),
    )
    return _go_through(unpriced, gateways, now, _ask_for_fee)


def _go_through(
    top_ups: Sequence[TopUp],
    gateways: Mapping[str, Gateway],
    now: datetime,
    work: Callable[[TopUp, Gateway, datetime], bool],
) -> int:
    done = 0
    troubles = []
    closed: set[str] = set()
    for top_up in top_ups:
        gateway = gateways[top_up.gateway]
        if gateway.name in closed:
            continue
        try:
            with asking(gateway=gateway, now=now):
                done += work(top_up, gateway, now)
        except GatewayClosedError:
            closed.add(gateway.name)
        except (PaymentError, GatewayError) as error:
            troubles.append(f"top-up {top_up.pk}: {error}")
    if troubles:
        raise SettlementError(settled=done, troubles=troubles)
    return done


def _settle(top_up: TopUp, gateway: Gateway, now: datetime) -> bool:
    """Ask for one top-up; true where its end is known now."""
    age = now - top_up.created_at
    operations.mark_asked(top_up_id=top_up.pk, now=now)
    charge = gateway.find_charge(handle=top_up.handle, now=now)
    if charge is None:
        operations.abandon_top_up(top_up_id=top_up.pk, reason=NOT_CHARGED, now=now)
        return True
    is_left = charge.state == "begun" and age >= gateway.answers_within
    if is_left or (charge.state == "action" and age >= ANSWER_WITHIN):
        charge = gateway.cancel(handle=top_up.handle, now=now) or charge
    record_charge(charge=charge, gateway_name=gateway.name, now=now)
    return charge.state in ("succeeded", "declined")


def _ask_for_fee(top_up: TopUp, gateway: Gateway, now: datetime) -> bool:
    operations.mark_asked(top_up_id=top_up.pk, now=now)
    charge = gateway.find_charge(handle=top_up.handle, now=now) if top_up.handle else None
    if charge is None or charge.fee is None:
        return False
    record_charge(charge=charge, gateway_name=gateway.name, now=now)
    return True
