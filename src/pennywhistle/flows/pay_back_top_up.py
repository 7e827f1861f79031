"""Give what is left of a top-up back to the card that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import (
    Gateway,
    GatewayError,
    GatewayRefusedError,
    RefundState,
)
from pennywhistle.flows.record_payment_event import SettlementError
from pennywhistle.flows.watch_gateways import asking, list_ways_to_pay
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.gateways.circuits import GatewayClosedError
from pennywhistle.shop.payments.going_back.operations import (
    DisputeNews,
    mark_pay_back_asked,
    record_dispute,
    settle_pay_back,
    start_pay_back,
)
from pennywhistle.shop.payments.going_back.queries import find_pay_back, list_pending_pay_backs
from pennywhistle.shop.payments.going_back.rules import (
    DisputeStage,
    PayBackError,
    PayBackFacts,
    PayBackState,
)
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.queries import find_top_up, find_top_up_by_handle

# Doors take the gateway's silence from here, since they import no adapter.
__all__ = ["GatewayError", "pay_back_top_up", "record_refund", "settle_pending_pay_backs"]

# Letters of a gateway's reason that are kept.
REASON_LENGTH_MOST = 200
OUTSIDE_REASON_LENGTH_MOST = 100


def pay_back_top_up(
    *,
    pay_back_id: UUID,
    top_up_id: UUID,
    amount: Money,
    asked_by: int | None,
    gateways: Mapping[str, Gateway],
    now: datetime,
) -> PayBackFacts:
    """Reserve `amount` in the wallet, ask the gateway, and let it go when the gateway says so.

    What the gateway does not answer stays reserved, and the worker asks again by the same id: it
    goes back once. Transactions: one before and one after the gateway, none across it. Raises
    `PayBackError`, `WalletShutError` where nothing was reserved; `GatewayError` and
    `GatewayClosedError` where it was, and the end is not known.
    """
    top_up = find_top_up(top_up_id=top_up_id)
    if top_up is None or top_up.gateway not in gateways:
        raise PayBackError("The gateway of this top-up is not open here, so nothing can go back.")
    facts = start_pay_back(
        pay_back_id=pay_back_id, top_up_id=top_up_id, amount=amount, asked_by=asked_by, now=now
    )
    if facts.state is PayBackState.PENDING:
        _ask(facts, gateways[top_up.gateway], now)
    return _get(pay_back_id)


def record_refund(*, refund: RefundState, gateway_name: str, now: datetime) -> None:
    """Take in what a gateway says of a refund, once and in any order. Transaction: one of its own.

    One without a reference of ours was made at the gateway itself, and is booked as a dispute that is
    lost at once. Raises `PayBackError` for one under a reference that we never gave, or of another
    amount.
    """
    if not refund.refund_reference:
        _record_outside(refund, gateway_name, now)
        return
    try:
        facts = find_pay_back(pay_back_id=UUID(refund.refund_reference))
    except ValueError:
        facts = None
    if facts is None or facts.gateway != gateway_name:
        raise PayBackError(
            f"{gateway_name} made a refund {refund.handle} over {refund.amount} under the reference "
            f"{refund.refund_reference}, which this store never gave; `pennywhistle payments "
            "reconcile` names it"
        )
    if (facts.amount.micros, facts.amount.currency) != (
        refund.amount.micros,
        refund.amount.currency,
    ):
        raise PayBackError(
            f"{gateway_name} speaks of {refund.amount} for {facts.document}, which asked for "
            f"{facts.amount}; nothing was posted"
        )
    settle_pay_back(
        pay_back_id=UUID(facts.id),
        state=PayBackState(refund.state),
        handle=refund.handle,
        decline_reason=refund.decline_reason[:REASON_LENGTH_MOST],
        now=now,
    )


def _record_outside(refund: RefundState, gateway_name: str, now: datetime) -> None:
    """What the gateway gives back leaves it as soon as it is asked, and comes back if the card does
    not take it."""
    top_up = find_top_up_by_handle(gateway=gateway_name, handle=refund.charge_handle)
    if top_up is None:
        raise PayBackError(
            f"{gateway_name} made a refund {refund.handle} of a charge that is no top-up of this store"
        )
    news = DisputeNews(
        gateway=gateway_name,
        reference=refund.handle,
        stage=DisputeStage.WON if refund.state == "declined" else DisputeStage.LOST,
        amount=refund.amount,
        fee=Money.zero(refund.amount.currency),
        reason=refund.decline_reason[:OUTSIDE_REASON_LENGTH_MOST],
        is_refund=True,
    )
    record_dispute(top_up=top_up, news=news, now=now)


def settle_pending_pay_backs(
    *, gateways: Mapping[str, Gateway], created_before: datetime, now: datetime
) -> int:
    """Ask each gateway about pay-backs whose end is not known; how many were settled.

    One that its gateway never heard of is asked for again, under the same id: what was promised to
    a card goes there. One whose gateway is switched off here, or whose circuit is open, waits for
    it to come back. One that cannot be settled holds up no other: `SettlementError` names all.
    """
    settled, troubles = 0, []
    asked = list_ways_to_pay(gateways=gateways)
    for facts in list_pending_pay_backs(created_before=created_before, gateways=asked, now=now):
        try:
            mark_pay_back_asked(pay_back_id=UUID(facts.id), now=now)
            _ask(facts, gateways[facts.gateway], now)
            settled += _get(UUID(facts.id)).state is not PayBackState.PENDING
        except GatewayClosedError:
            continue  # Its circuit opened meanwhile, over what is named already.
        except (PaymentError, GatewayError) as error:
            troubles.append(f"{facts.document}: {error}")
    if troubles:
        raise SettlementError(settled=settled, troubles=troubles)
    return settled


def _ask(facts: PayBackFacts, gateway: Gateway, now: datetime) -> None:
    """What the gateway refuses for good is not asked again: the money is free in the wallet."""
    try:
        with asking(gateway=gateway, now=now):
            refund = _refund(facts, gateway, now)
    except GatewayRefusedError as error:
        settle_pay_back(
            pay_back_id=UUID(facts.id),
            state=PayBackState.DECLINED,
            handle="",
            decline_reason=str(error)[:REASON_LENGTH_MOST],
            now=now,
        )
    else:
        record_refund(refund=refund, gateway_name=gateway.name, now=now)


def _refund(facts: PayBackFacts, gateway: Gateway, now: datetime) -> RefundState:
    handle = facts.charge_handle
    known = gateway.find_refund(handle=handle, refund_reference=facts.id, now=now)
    if known is not None:
        return known
    return gateway.refund(handle=handle, refund_reference=facts.id, amount=facts.amount, now=now)


def _get(pay_back_id: UUID) -> PayBackFacts:
    facts = find_pay_back(pay_back_id=pay_back_id)
    if facts is None:
        raise PayBackError(f"the pay-back {pay_back_id} was kept and is not there")
    return facts
