"""The books as others read them say what the books say."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from beancount import loader
from beancount.core import data
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.export_beancount import ExportError, beancount_name, iterate_beancount
from pennywhistle.flows.export_csv import write_tables
from pennywhistle.flows.issue_paper import issue_receipt
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import open_account, post
from pennywhistle.shop.ledger.queries import get_balance, iterate_accounts, list_balances_before
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.refunds import RefundReason
from tests.cast import NOW, Cast, euros, fill_wallet, quote

pytestmark = pytest.mark.django_db

YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
FROM_MIDDAY = Period(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC))
ACCOUNTS = {
    "clearing/a-bank/EUR": "asset",
    "fees/stripe/EUR": "expense",
    "sales/EUR": "income",
    "vat/DE/EUR": "liability",
    "royalties/7/EUR": "liability",
}


def load(text: str) -> dict[str, Decimal]:
    """What Beancount says stands on each of our accounts at the end, our way round."""
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    codes = {e.account: e.meta["code"] for e in entries if isinstance(e, data.Open)}
    sums: dict[str, Decimal] = dict.fromkeys(codes.values(), Decimal(0))
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert isinstance(posting.units.number, Decimal)
                sums[codes[posting.account]] -= posting.units.number
    return {code: amount for code, amount in sums.items() if amount}


def stand_at(instant: datetime) -> dict[str, Decimal]:
    """What our own books say, without what is zero."""
    return {
        code: Decimal(micros) / 1_000_000
        for code, micros in list_balances_before(instant=instant).items()
        if micros
    }


def tables(within: Period) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    transfers, balances = io.StringIO(newline=""), io.StringIO(newline="")
    write_tables(within=within, transfers=transfers, balances=balances)
    transfers.seek(0)
    balances.seek(0)
    return list(csv.DictReader(transfers)), list(csv.DictReader(balances))


def closing_of(row: dict[str, str]) -> Decimal:
    """A closing balance, our way round."""
    return Decimal(row["closing_credit"]) - Decimal(row["closing_debit"])


@pytest.fixture
def books(cast: Cast) -> Cast:
    """Alice bought the release in November, and Bob in December."""
    for person, now in ((cast.alice, NOW), (cast.bob, NOW + timedelta(days=14))):
        fill_wallet(person, "5.00")
        buy_basket(quote_id=quote(cast, person=person, now=now).id, person_id=person.pk, now=now)
    return cast


@pytest.mark.parametrize("within", [YEAR, FROM_MIDDAY], ids=["whole", "with what stood before"])
def test_bean_check_accepts_the_books_and_sums_them_as_we_do(books: Cast, within: Period) -> None:
    assert within.ends_at is not None
    assert load("".join(iterate_beancount(within=within))) == stand_at(within.ends_at)


def test_bean_check_finds_a_balance_that_is_wrong(books: Cast) -> None:
    """The assertions are more than comments: the sum of another amount is refused."""
    text = "".join(iterate_beancount(within=YEAR))
    forged = text.replace("0.130000 EUR", "0.130001 EUR", 1).replace(
        "-0.130000 EUR", "-0.130001 EUR", 1
    )
    assert forged != text
    _, errors, _ = loader.load_string(forged)
    assert errors


def test_each_transfer_is_a_row_and_each_month_balances(books: Cast) -> None:
    transfers, balances = tables(YEAR)
    assert len(transfers) == 2 * (1 + 3 * 4)
    assert {row["month"] for row in balances} == {"2026-11", "2026-12"}
    for month in ("2026-11", "2026-12"):
        rows = [row for row in balances if row["month"] == month]
        for debit, credit in (
            ("opening_debit", "opening_credit"),
            ("debits", "credits"),
            ("closing_debit", "closing_credit"),
        ):
            assert sum(Decimal(row[debit]) for row in rows) == sum(Decimal(r[credit]) for r in rows)
    clearing = next(row for row in balances if row["account"] == "clearing/voucher/EUR")
    assert (clearing["closing_debit"], clearing["closing_credit"]) == ("10.000000", "0.000000")
    closing = {row["account"]: closing_of(row) for row in balances if row["month"] == month}
    for account in iterate_accounts():
        balance = get_balance(code=account.code, currency="EUR").decimal
        assert closing.get(account.code, Decimal(0)) == balance


def test_a_months_closing_is_the_next_ones_opening(books: Cast) -> None:
    _, balances = tables(YEAR)
    for side in ("debit", "credit"):
        closing = {r["account"]: r[f"closing_{side}"] for r in balances if r["month"] == "2026-11"}
        opening = {r["account"]: r[f"opening_{side}"] for r in balances if r["month"] == "2026-12"}
        zero = "0.000000"
        for account in closing | opening:
            assert closing.get(account, zero) == opening.get(account, zero)


def test_what_a_receipt_or_a_credit_note_tells_of_bears_its_number(books: Cast) -> None:
    purchase = Purchase.objects.get(person=books.alice)
    issue_receipt(purchase_id=purchase.pk, now=NOW)
    refund_purchase(
        purchase_id=purchase.pk,
        numbers=[2],
        reason=RefundReason.GOODWILL,
        refunded_by=books.otto.pk,
        now=NOW + timedelta(days=1),
    )
    transfers, _ = tables(YEAR)
    told = {(row["document"].partition("/")[0], row["paper"]) for row in transfers}
    assert told == {
        ("voucher", ""),
        ("sale", "R2026-000001"),  # Alice's.
        ("sale", ""),  # Bob's has no receipt yet.
        ("refund", "C2026-000001"),
    }
    text = "".join(iterate_beancount(within=YEAR))
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    linked = [e for e in entries if isinstance(e, data.Transaction) and e.links]
    assert {next(iter(entry.links)) for entry in linked} == {"R2026-000001", "C2026-000001"}
    assert len(linked) == 3 * 4 + 4


movements = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACCOUNTS)),
        st.sampled_from(sorted(ACCOUNTS)),
        st.integers(1, 10**13),
        st.integers(0, 400 * 24 * 3600),
        st.sampled_from(["posted", "pending", "posts", "voids"]),
    ).filter(lambda each: each[0] != each[1]),
    max_size=25,
)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(movements)
def test_whatever_moved_all_three_books_agree(
    db: None, moves: list[tuple[str, str, int, int, str]]
) -> None:
    with transaction.atomic():
        _post(moves)
        span = Period(YEAR.starts_at + timedelta(days=40), YEAR.starts_at + timedelta(days=390))
        assert span.ends_at is not None
        ours = stand_at(span.ends_at)
        assert load("".join(iterate_beancount(within=span))) == ours
        transfers, balances = tables(span)
        last = max((row["month"] for row in balances), default="")
        closing = {
            row["account"]: closing_of(row)
            for row in balances
            if row["month"] == last and closing_of(row)
        }
        assert closing == ours
        moved = sum(Decimal(r["amount"]) for r in transfers if r["phase"] in ("posted", "posts"))
        assert moved == sum(Decimal(row["debits"]) for row in balances)
        transaction.set_rollback(True)


def _post(moves: list[tuple[str, str, int, int, str]]) -> None:
    for code, kind in ACCOUNTS.items():
        open_account(code=code, currency="EUR", kind=kind)
    for number, (debit, credit, micros, seconds, phase) in enumerate(moves):
        facts = TransferFacts(
            key=f"k/{number}",
            debit=debit,
            credit=credit,
            amount=Money(micros, "EUR"),
            reason="test",
            document=f"d/{number}",
            posted_at=YEAR.starts_at + timedelta(seconds=seconds),
            phase=Phase.POSTED if phase == "posted" else Phase.PENDING,
        )
        post(transfers=[facts])
        if phase in ("posts", "voids"):
            end = replace(facts, key=f"k/{number}/end", phase=Phase(phase), settles_key=facts.key)
            post(transfers=[end])


def test_accounts_are_named_as_beancount_wants_them() -> None:
    assert beancount_name(code="wallet/7/EUR", kind="liability") == "Liabilities:Wallet:7:EUR"
    assert beancount_name(code="fees/a-bank/EUR", kind="expense") == "Expenses:Fees:A-bank:EUR"
    assert beancount_name(code="fees/a_b/EUR", kind="expense") == "Expenses:Fees:A-x5f-b:EUR"


def test_two_accounts_that_would_have_one_name_are_not_written_as_one(cast: Cast) -> None:
    for code in ("fees/stripe/EUR", "fees/Stripe/EUR"):
        open_account(code=code, currency="EUR", kind="expense")
    with pytest.raises(ExportError, match="one name"):
        list(iterate_beancount(within=YEAR))


def test_what_is_pending_is_a_comment(cast: Cast) -> None:
    _post([("sales/EUR", "vat/DE/EUR", euros("1").micros, 0, "pending")])
    text = "".join(iterate_beancount(within=YEAR))
    assert "; 2026-01-01 pending: Income:Sales:EUR  1.000000 EUR" in text
    assert load(text) == {}
