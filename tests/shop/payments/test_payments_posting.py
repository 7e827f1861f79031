"""What a top-up leaves in the books, whatever becomes of it. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.top_ups.rules import TopUpFacts, top_up_transfers
from tests.cast import NOW, euros


@dataclass(frozen=True)
class Told:
    """What a gateway says next: `declined`, `succeeded`, or what it kept."""

    what: str
    fee_cents: int = 0


TOLD = st.one_of(
    st.just(Told("declined")),
    st.just(Told("succeeded")),
    st.builds(Told, st.just("fee"), st.integers(0, 300)),
)


def started(amount_cents: int, bonus_cents: int, *, is_held: bool) -> TopUpFacts:
    return TopUpFacts(
        id="t",
        person_id=1,
        gateway="g",
        amount=Money.of_minor(amount_cents, "EUR"),
        has_succeeded=False,
        created_at=NOW,
        settled_at=None,
        is_held=is_held,
        voided_at=None,
        bonus=Money.of_minor(bonus_cents, "EUR"),
        fee=None,
        fee_posted_at=None,
    )


def after(facts: TopUpFacts, told: Told, hours: int) -> TopUpFacts:
    """As `operations.record_event` moves the row: once succeeded it stays so, the first fee stays."""
    at = NOW + timedelta(hours=hours)
    if told.what == "succeeded" and not facts.has_succeeded:
        return replace(facts, has_succeeded=True, settled_at=at)
    if told.what == "declined" and facts.settled_at is None:
        return replace(facts, settled_at=at, voided_at=at if facts.is_held else None)
    if told.what == "fee" and facts.has_succeeded and facts.fee is None:
        fee = Money.of_minor(told.fee_cents, "EUR")
        return replace(facts, fee=fee, fee_posted_at=at)
    return facts


def nets(transfers: list[TransferFacts]) -> Counter[str]:
    moved: Counter[str] = Counter()
    for transfer in transfers:
        if transfer.phase.moves:
            moved[transfer.debit] -= transfer.amount.micros
            moved[transfer.credit] += transfer.amount.micros
    return moved


@given(
    st.integers(100, 20_000),
    st.integers(0, 400),
    st.booleans(),
    st.lists(TOLD, max_size=8),
)
def test_whatever_is_told_in_whatever_order_the_books_only_grow_and_end_right(
    amount_cents: int, bonus_cents: int, is_held: bool, told: list[Told]
) -> None:
    facts = started(amount_cents, bonus_cents, is_held=is_held)
    posted = top_up_transfers(facts=facts)
    for hours, one in enumerate(told, start=1):
        facts = after(facts, one, hours)
        now = top_up_transfers(facts=facts)
        # What was posted stands for ever, word for word: the ledger takes nothing back.
        assert [transfer for transfer in posted if transfer not in now] == []
        posted = now
    for transfer in posted:
        transfer.check()
    keys = [transfer.key for transfer in posted]
    assert len(keys) == len(set(keys))
    ends = [transfer for transfer in posted if transfer.phase.settles]
    assert len(ends) == (1 if is_held and facts.settled_at is not None else 0)
    pending = {transfer.key: transfer for transfer in posted if transfer.phase is Phase.PENDING}
    for end in ends:
        end.check_settles(pending[end.settles_key or ""])

    moved = nets(posted)
    arrived = facts.amount.micros + facts.bonus.micros if facts.has_succeeded else 0
    assert moved["wallet/1/EUR"] == arrived
    kept = facts.fee.micros if facts.fee else 0
    taken = facts.amount.micros if facts.has_succeeded else 0
    assert moved["clearing/g/EUR"] == kept - taken
    assert moved["fees/g/EUR"] == -kept
    assert sum(moved.values()) == 0


def test_nothing_is_posted_for_a_bonus_or_a_fee_of_nothing() -> None:
    facts = replace(
        started(1_000, 0, is_held=True),
        has_succeeded=True,
        settled_at=NOW,
        fee=euros("0"),
        fee_posted_at=NOW,
    )
    assert [transfer.reason for transfer in top_up_transfers(facts=facts)] == ["top-up", "top-up"]
