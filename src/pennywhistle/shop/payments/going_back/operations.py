"""Writes of pay-backs and disputes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import hold_account, open_accounts
from pennywhistle.shop.ledger.queries import get_available
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.payments.chart import new_account
from pennywhistle.shop.payments.going_back.models import Dispute, PayBack
from pennywhistle.shop.payments.going_back.queries import (
    dispute_facts,
    get_bonus_back,
    get_payable_back,
    get_shortage,
    pay_back_facts,
)
from pennywhistle.shop.payments.going_back.rules import (
    DisputeStage,
    PayBackError,
    PayBackFacts,
    PayBackState,
    UnknownDisputeError,
    check_pay_back,
    dispute_transfers,
    pay_back_transfers,
)
from pennywhistle.shop.payments.operations import post_due
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.payments.top_ups.models import TopUp

# A dispute goes up these, one or more at a time: even a lost one may be won after all.
_RANKS = {
    DisputeStage.INQUIRY: 0,
    DisputeStage.OPEN: 1,
    DisputeStage.LOST: 2,
    DisputeStage.WON: 3,
}


@dataclass(frozen=True, slots=True)
class DisputeNews:
    """Where a dispute stands, as its gateway says now; `is_refund` as for `models.Dispute`."""

    gateway: str
    reference: str
    stage: DisputeStage
    amount: Money
    fee: Money
    reason: str
    is_refund: bool = False


def start_pay_back(
    *, pay_back_id: UUID, top_up_id: UUID, amount: Money, asked_by: int | None, now: datetime
) -> PayBackFacts:
    """Reserve what is to go back to the card, before its gateway is asked, once under that id.

    Transaction: one of its own; it holds the top-up and the wallet. Raises `PayBackError`,
    `WalletShutError`.
    """
    with transaction.atomic():
        top_up = TopUp.objects.select_for_update().filter(pk=top_up_id).first()
        if top_up is None or top_up.state != TopUp.State.SUCCEEDED:
            raise PayBackError("This top-up never arrived, so nothing of it can go back.")
        if (known := PayBack.objects.filter(pk=pay_back_id).first()) is not None:
            if (known.top_up_id, known.amount_micros) != (top_up_id, amount.micros):
                raise PayBackError("This form was sent before with another amount. Load it again.")
            return pay_back_facts(known)
        hold_account(code=wallet_code(person_id=top_up.person_id, currency=top_up.currency))
        check_pay_back(
            amount=amount,
            most=get_payable_back(top_up=top_up),
            shortage=get_shortage(person_id=top_up.person_id, currency=top_up.currency),
        )
        row = PayBack.objects.create(
            id=pay_back_id,
            top_up=top_up,
            amount_micros=amount.micros,
            bonus_micros=get_bonus_back(top_up=top_up, amount=amount).micros,
            state=PayBackState.PENDING.value,
            asked_by_id=asked_by,
            created_at=now,
        )
        post_due(transfers=pay_back_transfers(facts=pay_back_facts(row)))
    return pay_back_facts(row)


def mark_pay_back_asked(*, pay_back_id: UUID, now: datetime) -> None:
    """Remember that its gateway was asked, so that others come first next time. Transaction: the one
    update."""
    PayBack.objects.filter(pk=pay_back_id).update(asked_at=now)


def settle_pay_back(
    *, pay_back_id: UUID, state: PayBackState, handle: str, decline_reason: str, now: datetime
) -> None:
    """Keep what the gateway says of a pay-back, once and in any order. Transaction: one of its own.

    What had gone out and is declined after all comes back into the wallet; nothing undoes that or
    a decline.
    """
    with transaction.atomic():
        row = PayBack.objects.select_for_update().get(pk=pay_back_id)
        before = PayBackState(row.state)
        row.handle = row.handle or handle
        if before is PayBackState.PENDING and state is not PayBackState.PENDING:
            row.state, row.settled_at = state.value, now
            row.decline_reason = decline_reason
        elif before is PayBackState.SUCCEEDED and state is PayBackState.DECLINED:
            row.state, row.returned_at = PayBackState.RETURNED.value, now
            row.decline_reason = decline_reason
        row.save()
        post_due(transfers=pay_back_transfers(facts=pay_back_facts(row)))


def record_dispute(*, top_up: TopUp, news: DisputeNews, now: datetime) -> None:
    """Keep where a dispute stands, and post what that costs; once, in any order.

    A dispute that is won stays so, one that is lost may be won after all, and what comes late from
    before changes nothing.
    Transaction: one of its own; it holds the top-up and the wallet. Raises `UnknownDisputeError`
    for one over more than the top-up brought.
    """
    with transaction.atomic():
        TopUp.objects.select_for_update().get(pk=top_up.pk)
        rows = Dispute.objects.select_for_update()
        known = rows.filter(gateway=news.gateway, reference=news.reference).first()
        row = _new_dispute(top_up, news, now) if known is None else known
        _check_same(row, news)
        if known is not None and _RANKS[news.stage] <= _RANKS[DisputeStage(row.stage)]:
            return
        wallet = wallet_code(person_id=row.person_id, currency=row.currency)
        open_accounts(accounts=[new_account(code=wallet)])
        hold_account(code=wallet)
        available = get_available(code=wallet, currency=row.currency).micros
        if news.stage is not DisputeStage.INQUIRY and row.opened_at is None:
            # Of the wallet, what can be spent of it is frozen, as far as it goes.
            row.frozen_micros = min(row.amount_micros, available)
            available -= row.frozen_micros
            row.opened_at, row.fee_micros = now, news.fee.micros
            row.fee_currency, row.stage = news.fee.currency, DisputeStage.OPEN.value
            row.save()
        if row.closed_at is not None:
            _overturn(row, news, now)
        elif news.stage in (DisputeStage.WON, DisputeStage.LOST):
            _close(row, news, top_up, available, now)
        row.stage = news.stage.value
        row.shortage_micros = dispute_facts(row).shortage.micros
        row.save()
        post_due(transfers=dispute_transfers(facts=dispute_facts(row)))


@sealed_days_told()
def forgive_shortage(*, dispute_id: int, forgiven_by: int, now: datetime) -> bool:
    """Let a listener buy again though a lost dispute left the store short; False where none did.

    The loss is in the books already. Transaction: the one update. Raises `SealedDayError`.
    """
    rows = Dispute.objects.filter(
        pk=dispute_id, shortage_micros__gt=0, stage=DisputeStage.LOST.value
    )
    return bool(rows.update(shortage_micros=0, forgiven_at=now, forgiven_by_id=forgiven_by))


def repay_shortages(*, person_id: int, currency: str, now: datetime) -> Money:
    """Make good out of the wallet what lost disputes have left short, all of it; how much. With
    nothing short, nothing changes.

    Transaction: one of its own; it holds the disputes and the wallet. Raises `OverdrawnError` where
    the wallet does not hold that much.
    """
    with transaction.atomic():
        rows = Dispute.objects.filter(
            person_id=person_id,
            currency=currency,
            shortage_micros__gt=0,
            stage=DisputeStage.LOST.value,
        )
        repaid = Money.zero(currency)
        for row in rows.select_for_update().order_by("pk"):
            repaid += Money(row.shortage_micros, currency)
            row.repaid_at, row.shortage_micros = now, 0
            row.save(update_fields=["repaid_at", "shortage_micros"])
            post_due(transfers=dispute_transfers(facts=dispute_facts(row)))
    return repaid


def _check_same(row: Dispute, news: DisputeNews) -> None:
    """A dispute's amount does not change, nor the currency that its fee is in."""
    before = Money(row.amount_micros, row.currency)
    is_same_fee = row.opened_at is None or row.fee_currency == news.fee.currency
    if (before.micros, before.currency, is_same_fee) != (
        news.amount.micros,
        news.amount.currency,
        True,
    ):
        raise UnknownDisputeError(
            f"{news.gateway} says that dispute {news.reference} is over {news.amount} at a fee in "
            f"{news.fee.currency}, and said {before} and {row.fee_currency} before; nothing was "
            "posted"
        )


def _new_dispute(top_up: TopUp, news: DisputeNews, now: datetime) -> Dispute:
    brought = Money(top_up.amount_micros, top_up.currency)
    if news.amount > brought or news.amount.micros <= 0:
        raise UnknownDisputeError(
            f"{news.gateway} says that dispute {news.reference} is over {news.amount}, and its "
            f"top-up brought {brought}; nothing was posted"
        )
    return Dispute(
        gateway=news.gateway,
        reference=news.reference,
        top_up=top_up,
        person_id=top_up.person_id,
        currency=top_up.currency,
        amount_micros=news.amount.micros,
        is_refund=news.is_refund,
        fee_currency=news.fee.currency,
        stage=DisputeStage.INQUIRY.value,
        reason=news.reason,
        heard_at=now,
    )


def _close(
    row: Dispute, news: DisputeNews, top_up: TopUp, available_micros: int, now: datetime
) -> None:
    """At the end of a lost one, what has come into the wallet meanwhile makes good what was short,
    and what is left of the bonus goes back to the store."""
    row.closed_at = now
    row.later_fee_micros = (news.fee - Money(row.fee_micros, row.fee_currency)).micros
    if news.stage is DisputeStage.LOST:
        row.made_good_micros = min(row.amount_micros - row.frozen_micros, available_micros)
        # The dispute is open, and so counts as gone back already.
        bonus = get_bonus_back(top_up=top_up, amount=Money.zero(row.currency)).micros
        row.bonus_micros = min(bonus, available_micros - row.made_good_micros)


def _overturn(row: Dispute, news: DisputeNews, now: datetime) -> None:
    """A lost one is won after all: what the gateway asks by now is compared with what it asked."""
    before = Money(row.fee_micros + row.later_fee_micros, row.fee_currency)
    row.overturned_at, row.overturn_fee_micros = now, (news.fee - before).micros
