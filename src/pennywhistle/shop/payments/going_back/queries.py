"""Reads of pay-backs and disputes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.queries import get_available
from pennywhistle.shop.ledger.rules import MOVING, TransferFacts
from pennywhistle.shop.payments.going_back.models import Dispute, PayBack
from pennywhistle.shop.payments.going_back.rules import (
    DisputeFacts,
    DisputeStage,
    PayBackFacts,
    PayBackState,
    UnknownDisputeError,
    bonus_back,
    bonus_left,
    dispute_transfers,
    pay_back_transfers,
    payable_back,
    top_up_most,
)
from pennywhistle.shop.payments.going_back.soundness import (
    is_closed_too_early,
    is_forgiven_rightly,
)
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import is_due_to_ask

SETTLED_AT_ONCE = 100
SHOWN_MOST = 200
TOP_UPS_SHOWN = 20
TOP_UPS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute as the desk shows it. `shortage` is what keeps its listener from buying."""

    id: int
    email: str
    facts: DisputeFacts
    shortage: Money
    heard_at: datetime
    forgiven_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReturnableTopUp:
    """A top-up that arrived, and how much of it can still go back to its card."""

    id: str
    gateway: str
    amount: Money
    arrived_at: datetime
    most: Money


@dataclass(frozen=True, slots=True)
class BeyondTopUp:
    """A top-up that brought less than went back: it was paid back, and its card's bank took it too."""

    id: str
    brought: Money
    gone_back: Money


@dataclass(frozen=True, slots=True)
class GoneBack:
    """What of a top-up has left the store again, and what of its bonus was taken back with it."""

    amount: Money
    bonus: Money


def get_shortage(*, person_id: int, currency: str) -> Money:
    """What disputes have left uncovered of a person's top-ups; above zero, nothing is bought. One
    query."""
    rows = Dispute.objects.filter(person_id=person_id, currency=currency, shortage_micros__gt=0)
    return Money(rows.aggregate(s=Sum("shortage_micros"))["s"] or 0, currency)


@dataclass(frozen=True, slots=True)
class ShutWallet:
    """A wallet that is short: `missing` is to be settled, `most` the largest top-up it takes until
    then. `is_undecided` while a bank has not decided yet, and nothing can be settled."""

    missing: Money
    most: Money
    is_undecided: bool


def find_shut_wallet(*, person_id: int, currency: str, least: Money) -> ShutWallet | None:
    """How a wallet is shut, None for one that is open. One query, and two for a shut one."""
    missing = get_shortage(person_id=person_id, currency=currency)
    if not missing:
        return None
    available = get_available(
        code=wallet_code(person_id=person_id, currency=currency), currency=currency
    )
    undecided = Dispute.objects.filter(
        person_id=person_id, currency=currency, shortage_micros__gt=0, closed_at=None
    )
    return ShutWallet(
        missing=missing,
        most=top_up_most(shortage=missing, available=available, least=least),
        is_undecided=undecided.exists(),
    )


def get_payable_back(*, top_up: TopUp) -> Money:
    """How much of a top-up can still go back to its card. Four queries, one of them over the
    wallet's every movement."""
    return _list_returnable([top_up])[0].most


def get_bonus_back(*, top_up: TopUp, amount: Money) -> Money:
    """What the store takes back of a top-up's bonus when `amount` more goes back. Three queries; none
    where it had no bonus."""
    currency = top_up.currency
    if not top_up.bonus_micros:
        return Money.zero(currency)
    gone = get_gone_back(top_up=top_up)
    wallet = wallet_code(person_id=top_up.person_id, currency=currency)
    return bonus_back(
        given=Money(top_up.bonus_micros, currency),
        brought=Money(top_up.amount_micros, currency),
        gone_back=gone.amount + amount,
        taken_back=gone.bonus,
        left=_bonus_left(wallet, currency),
    )


def get_gone_back(*, top_up: TopUp) -> GoneBack:
    """What of a top-up went back, is on its way, or is disputed. Two queries."""
    return _list_gone_back([top_up])[top_up.pk]


def find_returnable_top_up(*, top_up_id: UUID) -> ReturnableTopUp | None:
    """A top-up that arrived, and what of it can go back, or None. Five queries, one of them over the
    wallet's every movement."""
    rows = TopUp.objects.filter(pk=top_up_id, state=TopUp.State.SUCCEEDED)
    return next(iter(_list_returnable(list(rows))), None)


def list_returnable_top_ups(*, person_id: int) -> list[ReturnableTopUp]:
    """A person's newest top-ups that arrived, at most `TOP_UPS_SHOWN`, and what of each can go back.
    Three queries, and two for each currency, one of them over the wallet's every movement."""
    rows = TopUp.objects.filter(person_id=person_id, state=TopUp.State.SUCCEEDED)
    return _list_returnable(list(rows.order_by("-created_at")[:TOP_UPS_SHOWN]))


def find_pay_back(*, pay_back_id: UUID) -> PayBackFacts | None:
    """The pay-back of that reference, or None. One query."""
    row = _pay_backs().filter(pk=pay_back_id).first()
    return None if row is None else pay_back_facts(row)


def list_pay_backs(*, person_id: int) -> list[PayBackFacts]:
    """A person's pay-backs, newest first. One query."""
    rows = _pay_backs().filter(top_up__person_id=person_id).order_by("-created_at")
    return [pay_back_facts(row) for row in rows[:SHOWN_MOST]]


def list_pending_pay_backs(
    *, created_before: datetime, gateways: Collection[str], now: datetime
) -> list[PayBackFacts]:
    """Pay-backs through those gateways whose end is not known yet, the longest unasked first; at most
    `SETTLED_AT_ONCE`, and none too often (`is_due_to_ask`). One query."""
    rows = _pay_backs().filter(
        is_due_to_ask(now=now),
        state=PayBackState.PENDING,
        created_at__lt=created_before,
        top_up__gateway__in=gateways,
    )
    rows = rows.order_by(F("asked_at").asc(nulls_first=True), "created_at")
    return [pay_back_facts(row) for row in rows[:SETTLED_AT_ONCE]]


def get_dispute(*, dispute_id: int) -> DisputeRow:
    """The dispute of that number, or `UnknownDisputeError`. One query."""
    row = Dispute.objects.select_related("person").filter(pk=dispute_id).first()
    if row is None:
        raise UnknownDisputeError(f"no dispute has the number {dispute_id}")
    return _dispute_row(row)


def list_disputes(*, person_id: int | None = None) -> list[DisputeRow]:
    """Disputes of a person, or of all for None: what is open or short first, then newest first. One
    query."""
    rows = Dispute.objects.select_related("person")
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    waiting = rows.filter(Q(closed_at=None) | Q(shortage_micros__gt=0)).order_by("-pk")
    settled = rows.filter(closed_at__isnull=False, shortage_micros=0).order_by("-pk")
    found = [*waiting[:SHOWN_MOST], *settled[:SHOWN_MOST]]
    return [_dispute_row(row) for row in found[:SHOWN_MOST]]


def list_top_ups_beyond(*, gateway: str, within: Period) -> list[BeyondTopUp]:
    """Top-ups through a gateway of which pay-backs and disputes have taken more than they brought, and
    at least one of those began in the closed period; oldest first. One query, and two for each
    `TOP_UPS_AT_ONCE` that anything was taken of."""
    since, until = within.starts_at, within.ends_at
    moved = Q(pay_backs__created_at__gte=since, pay_backs__created_at__lt=until) | Q(
        disputes__opened_at__gte=since, disputes__opened_at__lt=until
    )
    rows = list(TopUp.objects.filter(moved, gateway=gateway).distinct().order_by("created_at"))
    found = []
    for start in range(0, len(rows), TOP_UPS_AT_ONCE):
        some = rows[start : start + TOP_UPS_AT_ONCE]
        gone = _list_gone_back(some)
        for row in some:
            brought = Money(row.amount_micros, row.currency)
            if gone[row.pk].amount > brought:
                found.append(BeyondTopUp(str(row.pk), brought, gone[row.pk].amount))
    return found


def count_open_disputes() -> int:
    """Disputes that are not closed, or have left a wallet short. One query."""
    return Dispute.objects.filter(Q(closed_at=None) | Q(shortage_micros__gt=0)).count()


def iterate_going_back() -> Iterator[TransferFacts]:
    """Every transfer that pay-backs and disputes must have."""
    for row in _pay_backs().order_by("pk").iterator(chunk_size=2_000):
        yield from pay_back_transfers(facts=pay_back_facts(row))
    for dispute in Dispute.objects.order_by("pk").iterator(chunk_size=2_000):
        yield from dispute_transfers(facts=dispute_facts(dispute))


def iterate_wrong_shortages() -> Iterator[tuple[str, Money, Money]]:
    """(document, what it says, what it should say) of disputes whose shortage is not what they
    make it. One query."""
    for row in Dispute.objects.order_by("pk").iterator(chunk_size=2_000):
        facts = dispute_facts(row)
        due = Money.zero(row.currency) if row.forgiven_at is not None else facts.shortage
        if due.micros != row.shortage_micros:
            yield facts.document, Money(row.shortage_micros, row.currency), due


def iterate_wrong_disputes() -> Iterator[tuple[str, str]]:
    """(document, what is wrong) of disputes that say they came further than they are, or were forgiven
    without reason. One query."""
    for row in Dispute.objects.order_by("pk").iterator(chunk_size=2_000):
        facts = dispute_facts(row)
        if is_closed_too_early(facts=facts):
            yield facts.document, f"it is {facts.stage}, and says what only its end brings"
        if not is_forgiven_rightly(
            facts=facts, forgiven_at=row.forgiven_at, forgiven_by=row.forgiven_by_id
        ):
            yield facts.document, "it says that it was forgiven, and there was nothing to forgive"


def pay_back_facts(row: PayBack) -> PayBackFacts:
    """A stored pay-back as a value. Costs a query unless its top-up is loaded."""
    return PayBackFacts(
        id=str(row.pk),
        top_up_id=str(row.top_up_id),
        person_id=row.top_up.person_id,
        gateway=row.top_up.gateway,
        charge_handle=row.top_up.handle,
        amount=Money(row.amount_micros, row.top_up.currency),
        bonus=Money(row.bonus_micros, row.top_up.currency),
        state=PayBackState(row.state),
        decline_reason=row.decline_reason,
        created_at=row.created_at,
        settled_at=row.settled_at,
        returned_at=row.returned_at,
    )


def dispute_facts(row: Dispute) -> DisputeFacts:
    """A stored dispute as a value. No query."""

    def money(micros: int) -> Money:
        return Money(micros, row.currency)

    return DisputeFacts(
        gateway=row.gateway,
        reference=row.reference,
        person_id=row.person_id,
        top_up_id=str(row.top_up_id),
        amount=money(row.amount_micros),
        fee=Money(row.fee_micros, row.fee_currency),
        later_fee=Money(row.later_fee_micros, row.fee_currency),
        frozen=money(row.frozen_micros),
        made_good=money(row.made_good_micros),
        bonus=money(row.bonus_micros),
        stage=DisputeStage(row.stage),
        reason=row.reason,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        is_refund=row.is_refund,
        overturned_at=row.overturned_at,
        overturn_fee=Money(row.overturn_fee_micros, row.fee_currency),
        repaid_at=row.repaid_at,
    )


def _list_returnable(rows: Sequence[TopUp]) -> list[ReturnableTopUp]:
    """Those top-ups, all of one person, and what of each can go back."""
    gone = _list_gone_back(rows)
    wallets: dict[str, tuple[Money, Money]] = {}
    for row in rows:
        if row.currency not in wallets:
            wallets[row.currency] = _spendable(row)
    found = []
    for row in rows:
        amount = Money(row.amount_micros, row.currency)
        available, bonus = wallets[row.currency]
        most = payable_back(
            brought=amount, gone_back=gone[row.pk].amount, available=available, bonus=bonus
        )
        at = row.settled_at or row.created_at
        found.append(ReturnableTopUp(str(row.pk), row.gateway, amount, at, most))
    return found


def _spendable(row: TopUp) -> tuple[Money, Money]:
    """What the wallet of a top-up has to spend, and what of that came from the store or as a gift."""
    wallet = wallet_code(person_id=row.person_id, currency=row.currency)
    available = get_available(code=wallet, currency=row.currency)
    return available, _bonus_left(wallet, row.currency, with_gifts=True)


def _list_gone_back(rows: Sequence[TopUp]) -> dict[UUID, GoneBack]:
    """What of each has left the store again. Two queries."""
    paid = PayBack.objects.filter(state__in=(PayBackState.PENDING, PayBackState.SUCCEEDED))
    taken = Dispute.objects.filter(stage__in=(DisputeStage.OPEN, DisputeStage.LOST))
    gone = {row.pk: GoneBack(Money.zero(row.currency), Money.zero(row.currency)) for row in rows}
    currencies = {row.pk: row.currency for row in rows}
    for documents in (paid, taken):
        sums = (
            documents.filter(top_up__in=[*gone])
            .order_by()
            .values("top_up_id")
            .annotate(amount=Sum("amount_micros"), bonus=Sum("bonus_micros"))
        )
        for pk, amount, bonus in sums.values_list("top_up_id", "amount", "bonus"):
            before, currency = gone[pk], currencies[pk]
            gone[pk] = GoneBack(
                before.amount + Money(amount, currency), before.bonus + Money(bonus, currency)
            )
    return gone


def _bonus_left(wallet: str, currency: str, *, with_gifts: bool = False) -> Money:
    moved = _iterate_moved(wallet)
    return bonus_left(movements=moved, currency=currency, with_gifts=with_gifts)


def _iterate_moved(wallet: str) -> Iterator[tuple[str, Money]]:
    """The movements of a wallet, oldest first: the other account, and what came (or went, below
    zero). What went and came back is left out, both ways: as if it had never gone, it has spent
    nothing of what the store gave."""
    rows = Transfer.objects.filter(
        Q(debit_account__code=wallet, reversed_by=None)
        | Q(credit_account__code=wallet, reverses=None),
        phase__in=MOVING,
    ).order_by("id")
    ends = rows.values_list(
        "debit_account__code", "credit_account__code", "amount_micros", "debit_account__currency"
    )
    for debit, credit, micros, currency in ends.iterator(chunk_size=2_000):
        if credit == wallet:
            yield debit, Money(micros, currency)
        else:
            yield credit, Money(-micros, currency)


def _pay_backs() -> QuerySet[PayBack]:
    return PayBack.objects.select_related("top_up")


def _dispute_row(row: Dispute) -> DisputeRow:
    return DisputeRow(
        id=row.pk,
        email=row.person.email,
        facts=dispute_facts(row),
        shortage=Money(row.shortage_micros, row.currency),
        heard_at=row.heard_at,
        forgiven_at=row.forgiven_at,
    )
