"""Bank transfers: every entry is kept once, and credited once, whatever comes in whichever order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.flows.decide_entry import assign_entry, set_entry_aside
from pennywhistle.flows.import_statement import ImportedStatement, import_statement
from pennywhistle.flows.order_transfer import order_transfer
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_digits, new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.rules import UnknownPersonError
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.banking.models import BankDecision, BankEntry, BankStatement
from pennywhistle.shop.payments.banking.queries import (
    list_accounts,
    list_arrived,
    list_entries,
    list_waiting_slips,
)
from pennywhistle.shop.payments.banking.rules import (
    WAITED_FOR,
    BankError,
    DecidedError,
    SlipFacts,
    UnknownEntryError,
    make_reference,
    references_in,
    spell_reference,
)
from pennywhistle.shop.payments.codes.operations import redeem, store_vouchers
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.rules import PENDING_TOP_UPS_MOST, TopUpTerms
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, Cast, euros
from tests.faults import fail_each_call
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db


def order(person: Person, amount: str = "20.00", *, bonus: str = "") -> SlipFacts:
    return order_transfer(
        slip_id=new_id(now=NOW),
        person_id=person.pk,
        amount=euros(amount),
        digits=new_digits(12),
        bonus_percent=bonus,
        terms=TopUpTerms(),
        now=NOW,
    )


def take_in(data: bytes, *, days: int = 1) -> list[ImportedStatement]:
    return import_statement(data=data, iban=IBAN, now=NOW + timedelta(days=days))


def balance(person: Person) -> Money:
    assert verify_books().findings == ()
    return get_wallet_balance(person_id=person.pk, currency="EUR")


def account(code: str) -> Money:
    return get_balance(code=f"{code}/EUR", currency="EUR")


def aside(entry_id: int, *, is_returned: bool = True) -> None:
    set_entry_aside(entry_id=entry_id, is_returned=is_returned, note="", decided_by=None, now=NOW)


def assign(entry_id: int, email: str) -> None:
    assign_entry(
        entry_id=entry_id,
        email=email,
        voucher_class="multi-purpose",
        note="",
        decided_by=None,
        now=NOW,
    )


@pytest.mark.parametrize(
    "written",
    [
        "{0}",
        "{1}",
        "songs, {0} thank you",
        "Ref.:{1}/Alice",
        "/REF/{0}//",
        "rf{0}",
    ],
)
def test_a_transfer_is_credited_however_its_reference_was_written(cast: Cast, written: str) -> None:
    slip = order(cast.alice)
    spelled = (slip.reference, spell_reference(reference=slip.reference).lower())
    take_in(camt([Line("20.00", written.format(*spelled))]))
    assert balance(cast.alice) == euros("20.00")
    assert list_waiting_slips(person_id=cast.alice.pk, now=NOW) == []
    assert [one.amount for one in list_arrived(slip_id=UUID(slip.id))] == [euros("20.00")]


@pytest.mark.parametrize("came", ["5.00", "19.99", "20.00", "31.50"])
def test_what_came_is_credited_whatever_was_asked(cast: Cast, came: str) -> None:
    take_in(camt([Line(came, structured=order(cast.alice).reference)]))
    assert balance(cast.alice) == euros(came)
    assert account("clearing/bank") == -euros(came)
    assert account("unclaimed") == euros("0")


def test_a_transfer_that_comes_long_after_the_slip_ended_is_credited(cast: Cast) -> None:
    slip = order(cast.alice)
    late = NOW + WAITED_FOR
    assert list_waiting_slips(person_id=cast.alice.pk, now=late) == []
    import_statement(
        data=camt([Line("20.00", slip.reference)]), iban=IBAN, now=late + timedelta(days=90)
    )
    assert balance(cast.alice) == euros("20.00")


def test_two_transfers_under_one_reference_are_both_credited(cast: Cast) -> None:
    slip = order(cast.alice)
    same = Line("20.00", slip.reference)
    take_in(camt([same, same]))
    assert balance(cast.alice) == euros("40.00")


def test_the_bonus_that_was_promised_comes_with_what_came(cast: Cast) -> None:
    slip = order(cast.alice, bonus="2.5")
    take_in(camt([Line("10.30", slip.reference)]))
    assert balance(cast.alice) == euros("10.55")
    assert account("promotions") == -euros("0.25")


def test_what_bears_no_reference_or_two_waits_to_be_decided_on(cast: Cast) -> None:
    alices, bobs = order(cast.alice), order(cast.bob)
    lines = [
        Line("10.00", "for songs"),
        Line("11.00", f"{alices.reference} {bobs.reference}"),
        Line("12.00", make_reference(digits="123456789012")),
        Line("-50.00", f"rent {alices.reference}"),
    ]
    take_in(camt(lines))
    assert balance(cast.alice) == balance(cast.bob) == euros("0")
    assert account("unclaimed") == euros("33.00")
    waiting = list_entries(only_unclaimed=True)
    assert [row.facts.amount for row in waiting] == [euros("10.00"), euros("11.00"), euros("12.00")]
    assign(waiting[0].id, "alice@example.org")
    assign(waiting[0].id, "alice@example.org")
    aside(waiting[1].id)
    aside(waiting[2].id, is_returned=False)
    assert balance(cast.alice) == euros("10.00")
    assert account("unclaimed") == euros("0")
    assert account("clearing/bank") == -euros("10.00")
    assert list_entries(only_unclaimed=True) == []


def test_a_decision_stands(cast: Cast) -> None:
    take_in(camt([Line("10.00", "for songs"), Line("-3.00", "fee")]))
    out, waiting = list_entries()
    assign(waiting.id, "alice@example.org")
    with pytest.raises(DecidedError, match="credited"):
        assign(waiting.id, "bob@example.org")
    with pytest.raises(DecidedError):
        aside(waiting.id)
    with pytest.raises(UnknownEntryError):
        assign(out.id, "alice@example.org")
    with pytest.raises(UnknownPersonError):
        assign(waiting.id, "nobody@example.org")
    assert balance(cast.alice) == euros("10.00")


def test_money_that_the_bank_took_back_credits_nobody(cast: Cast) -> None:
    slip = order(cast.alice)
    take_in(camt([Line("20.00", slip.reference), Line("-20.00", slip.reference, is_reversal=True)]))
    assert balance(cast.alice) == euros("20.00")
    assert [row.is_reversal for row in list_entries()] == [True, False]


DAYS = ("2026-11-23", "2026-11-24", "2026-11-25")


def week(slip: SlipFacts) -> list[bytes]:
    """Three days of an account: a statement for each, one for the first two, and one for all."""
    by_day = [
        [Line("20.00", slip.reference, on=DAYS[0]), Line("20.00", slip.reference, on=DAYS[0])],
        [Line("-7.00", "fee", on=DAYS[1]), Line("1.00", slip.reference, ref="B7", on=DAYS[1])],
        [Line("2.00", slip.reference, ref="B7", on=DAYS[2]), Line("4.00", "who?", on=DAYS[2])],
    ]
    openings = ("100.00", "140.00", "134.00")
    daily = [
        camt(lines, on=day, opening=opening, number=day)
        for lines, day, opening in zip(by_day, DAYS, openings, strict=True)
    ]
    return [
        *daily,
        camt([*by_day[0], *by_day[1]], on=DAYS[1], number="two days"),
        camt([line for day in by_day for line in day], on=DAYS[2], number="all days", version="02"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_statements_that_overlap_in_any_order_and_again_bring_each_entry_once(
    cast: Cast, seed: int
) -> None:
    files = week(order(cast.alice)) * 2
    Random(seed).shuffle(files)
    for data in files:
        take_in(data)
    assert balance(cast.alice) == euros("43.00")
    assert BankEntry.objects.count() == 6
    (state,) = list_accounts()
    assert state.gaps == ()
    assert (state.credited, state.unclaimed) == (euros("43.00"), euros("4.00"))


def test_a_day_that_no_statement_told_is_missed(cast: Cast) -> None:
    first, _, last, *_ = week(order(cast.alice))
    take_in(last)
    take_in(first)
    (state,) = list_accounts()
    (gap,) = state.gaps
    assert (f"{gap.after}", f"{gap.until}", gap.missing) == (DAYS[0], DAYS[2], -euros("6.00"))


def test_a_statement_that_is_not_whole_or_of_another_account_is_refused(cast: Cast) -> None:
    line = Line("20.00", order(cast.alice).reference)
    for data, said in (
        (camt([line], closing="119.99"), "not whole"),
        (camt([line], iban="AT483200000012345864"), "of the account AT48"),
        (camt([line], number="other").replace(b'Ccy="EUR">20', b'Ccy="USD">20'), "in EUR"),
    ):
        with pytest.raises(BankError, match=said):
            take_in(data)
    assert BankStatement.objects.count() == BankEntry.objects.count() == 0
    assert balance(cast.alice) == euros("0")


def test_a_slip_is_refused_where_it_could_not_be_paid(cast: Cast) -> None:
    first = order(cast.alice)
    for _ in range(PENDING_TOP_UPS_MOST - 1):
        order(cast.alice)
    with pytest.raises(PaymentError, match="still on their way"):
        order(cast.alice)
    for amount in ("0.99", "200.01", "5.005"):
        with pytest.raises(PaymentError):
            order(cast.bob, amount)
    with pytest.raises(BankError, match="sent before"):
        order_transfer(
            slip_id=UUID(first.id),
            person_id=cast.alice.pk,
            amount=euros("21.00"),
            digits="123456789012",
            bonus_percent="",
            terms=TopUpTerms(),
            now=NOW,
        )


@given(
    digits=st.text("0123456789", min_size=12, max_size=12),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    gaps=st.lists(st.sampled_from(["", " ", "-", "\n", "/"]), min_size=16, max_size=16),
)
def test_a_reference_is_found_in_whatever_stands_around_it(
    digits: str, before: str, after: str, gaps: Sequence[str]
) -> None:
    reference = make_reference(digits=digits)
    spelled = "".join(letter.lower() + gap for letter, gap in zip(reference, gaps, strict=True))
    assert reference in references_in(texts=[before + spelled + after])


@given(digits=st.text("0123456789", min_size=12, max_size=12), data=st.data())
def test_a_reference_with_one_digit_wrong_or_two_swapped_is_none(
    digits: str, data: st.DataObject
) -> None:
    reference = make_reference(digits=digits)
    at = data.draw(st.integers(2, 14))
    one, two = reference[at], reference[at + 1]
    wrong = data.draw(st.sampled_from("0123456789"))
    for digit, changed in (
        (wrong, reference[:at] + wrong + reference[at + 1 :]),
        (two, reference[:at] + two + one + reference[at + 2 :]),
    ):
        assert (references_in(texts=[changed]) == frozenset()) == (digit != one)


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_anywhere_credits_nothing_twice_and_is_completed_by_the_next(
    cast: Cast, tmp_path: Path
) -> None:
    numbers = iter(range(10_000))

    def prepare() -> tuple[SlipFacts, bytes, Money]:
        slip = order(cast.alice)
        lines = [Line("20.00", slip.reference), Line("5.00", "who?"), Line("-1.00", "fee")]
        data = camt(lines, number=f"{next(numbers)}")
        return slip, data, balance(cast.alice)

    def run(case: tuple[SlipFacts, bytes, Money]) -> None:
        take_in(case[1], days=3)

    def check(case: tuple[SlipFacts, bytes, Money], error: Exception | None) -> None:
        after = balance(cast.alice)
        assert after in (case[2], case[2] + euros("20.00"))
        assert error is not None or after == case[2] + euros("20.00")
        take_in(case[1], days=3)
        assert balance(cast.alice) == case[2] + euros("20.00")

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 5


@pytest.mark.parametrize("kind", ["entry", "decision", "statement", "new entry"])
def test_a_row_changed_behind_the_stores_back_is_found(cast: Cast, kind: str) -> None:
    take_in(camt([Line("20.00", order(cast.alice).reference), Line("-3.00", "fee")]))
    assert verify_books().findings == ()
    with guards_lifted(connection):
        if kind == "entry":
            BankEntry.objects.filter(is_credit=False).update(amount_micros=1)
        elif kind == "decision":
            BankDecision.objects.update(person=cast.bob)
        elif kind == "statement":
            BankStatement.objects.update(new_count=3)
        else:
            row = BankEntry.objects.get(is_credit=False)
            row.pk, row.key = None, "f" * 64
            row.save()
    assert verify_books().findings != ()


def test_a_transfer_whose_listener_has_a_wallet_in_another_currency_by_now_waits(
    cast: Cast,
) -> None:
    slip = order(cast.alice)
    code, worth = new_digits(16), Money.parse("5.00", "USD")
    store_vouchers(codes=[code], batch="fair", amount=worth, now=NOW)
    redeem(code=code, person_id=cast.alice.pk, accepted=["USD"], now=NOW)
    take_in(camt([Line("20.00", slip.reference)]))
    (row,) = list_entries(only_unclaimed=True)
    with pytest.raises(BankError, match="in USD"):
        assign(row.id, "alice@example.org")
    aside(row.id)
    assert verify_books().findings == ()
