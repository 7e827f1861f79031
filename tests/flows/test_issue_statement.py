"""Statements: whose total is the ledger's, whose borders are half-open, whose cells do nothing."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import COLUMNS, IssuedStatement, issue_statement
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.licensing.rules import UnknownLicensorError
from pennywhistle.shop.royalties.models import Statement
from pennywhistle.shop.royalties.queries import get_accrued
from pennywhistle.shop.royalties.rules import StatementMismatchError
from tests.cast import NOW, Cast, fill_wallet, quote, stock_release
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

NOVEMBER = month_period("2026-11")
DECEMBER = month_period("2026-12")
FIRST_OF_DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def sell(cast: Cast, person: Person, at: datetime, release_id: int | None = None) -> None:
    fill_wallet(person, "5.00")
    item = BasketItem("release", release_id or cast.release_id, "mp3-192")
    offer = quote(cast, item, person=person, now=at)
    buy_basket(quote_id=offer.id, person_id=person.pk, now=at)


def state(period: Period, *, now: datetime = NOW) -> IssuedStatement:
    (statement,) = issue_statement(licensor_name="Meridian Society", period=period, now=now)
    return statement


def read(statement: IssuedStatement) -> tuple[list[dict[str, str]], dict[str, str]]:
    """(lines, total) as a spreadsheet would take them."""
    rows = list(csv.DictReader(io.StringIO(statement.csv_text, newline="")))
    return rows[:-1], rows[-1]


def test_the_total_is_the_lines_and_the_ledgers(cast: Cast) -> None:
    sell(cast, cast.alice, NOW)
    sell(cast, cast.bob, NOW)
    statement = state(NOVEMBER)
    lines, total = read(statement)
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == statement.line_count == 6
    assert {line["right"] for line in lines} == {"WORK"}
    assert sum(Decimal(line["due"]) for line in lines) == statement.total.decimal
    assert (total["sold_at_utc"], Decimal(total["due"])) == ("TOTAL", statement.total.decimal)
    licensor_id = Transfer.objects.filter(reason="royalty", credit_account__isnull=False)
    code = licensor_id.filter(key__endswith="WORK")[0].credit_account.code
    ledger = get_accrued(licensor_id=int(code.split("/")[1]), currency="EUR", period=NOVEMBER)
    assert ledger == statement.total


def test_a_sale_on_the_border_is_in_the_month_that_it_begins(cast: Cast) -> None:
    sell(cast, cast.alice, FIRST_OF_DECEMBER - MICROSECOND)
    sell(cast, cast.bob, FIRST_OF_DECEMBER)
    assert state(NOVEMBER).line_count == state(DECEMBER).line_count == 3
    assert state(Period(FIRST_OF_DECEMBER, None)).line_count == 3
    assert state(month_period("2026-10")).line_count == 0
    both = state(Period(NOVEMBER.starts_at, DECEMBER.ends_at))
    assert both.total == state(NOVEMBER).total + state(DECEMBER).total


def test_a_statement_is_provisional_while_its_period_runs_and_kept_when_it_is_over(
    cast: Cast,
) -> None:
    sell(cast, cast.alice, NOW)
    assert not state(NOVEMBER, now=FIRST_OF_DECEMBER - MICROSECOND).is_final
    assert not state(Period(NOVEMBER.starts_at, None)).is_final
    assert Statement.objects.count() == 0
    final = state(NOVEMBER, now=FIRST_OF_DECEMBER)
    assert final.is_final
    kept = Statement.objects.get()
    assert kept.csv_sha256 == hashlib.sha256(final.csv_text.encode()).hexdigest()
    assert (kept.total_micros, kept.line_count) == (final.total.micros, 3)


def test_a_statement_issued_again_is_the_same_and_is_kept_once(cast: Cast) -> None:
    sell(cast, cast.alice, NOW)
    first = state(NOVEMBER, now=FIRST_OF_DECEMBER)
    again = state(NOVEMBER, now=FIRST_OF_DECEMBER + timedelta(days=9))
    assert first == again
    assert Statement.objects.count() == 1


def test_a_sale_that_comes_in_after_the_statement_is_not_slipped_in(cast: Cast) -> None:
    sell(cast, cast.alice, NOW)
    state(NOVEMBER, now=FIRST_OF_DECEMBER)
    sell(cast, cast.bob, NOW)
    with pytest.raises(StatementMismatchError, match="issued on 2026-12-01"):
        state(NOVEMBER, now=FIRST_OF_DECEMBER)


def test_a_ledger_that_says_otherwise_stops_the_statement(cast: Cast) -> None:
    sell(cast, cast.alice, NOW)
    with guards_lifted(connections[DEFAULT_DB_ALIAS]):
        Transfer.objects.filter(key__endswith="/1/royalty/WORK").update(amount_micros=1)
    with pytest.raises(StatementMismatchError, match="verify-books"):
        state(NOVEMBER)
    assert Statement.objects.count() == 0


TITLES = (
    '=HYPERLINK("http://example.org")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    'Commas, "quotes"\nand lines',
)


def test_a_title_that_looks_like_a_formula_is_only_text(cast: Cast) -> None:
    release_id, _ = stock_release("Formulas", TITLES)
    sell(cast, cast.alice, NOW, release_id)
    lines, _ = read(state(NOVEMBER))
    told = [line["track"] for line in lines]
    assert told == [f"'{title}" for title in TITLES[:-1]] + [TITLES[-1]]
    for line in lines:
        assert not any(cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) for cell in line.values())


def test_a_licensor_to_whom_nothing_accrued_gets_no_statement(cast: Cast) -> None:
    assert issue_statement(licensor_name="Meridian Society", period=NOVEMBER, now=NOW) == []


def test_a_licensor_that_is_not_recorded_is_named(cast: Cast) -> None:
    with pytest.raises(UnknownLicensorError, match="Nobody.*Meridian Society"):
        issue_statement(licensor_name="Nobody", period=NOVEMBER, now=NOW)


@pytest.mark.parametrize(
    ("licensor", "is_final", "name"),
    [
        ("Meridian & Co.", True, "statement-meridian-co-2026-11-EUR.csv"),
        ("Meridian & Co.", False, "statement-meridian-co-2026-11-EUR-provisional.csv"),
        ("Гильдия авторов", True, "statement-гильдия-авторов-2026-11-EUR.csv"),
        ("../..", True, "statement-licensor-2026-11-EUR.csv"),
    ],
)
def test_a_statements_file_is_named_after_its_licensor_in_any_script(
    licensor: str, is_final: bool, name: str
) -> None:
    zero = Money.zero("EUR")
    assert IssuedStatement(licensor, "EUR", NOVEMBER, zero, 0, "", is_final).file_name == name
