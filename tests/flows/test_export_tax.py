"""The return of a quarter: every cent of tax, in the quarter, country and rate it belongs to."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.export_tax import TaxReturn, export_tax, find_nearness
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.record_rate import record_rate
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.kit.clock import Quarter
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.sales.models import SaleLine
from pennywhistle.shop.sales.oss import (
    Conversion,
    Nearness,
    ReturnRow,
    Scheme,
    TaxedSum,
    TaxReturnError,
    return_rows,
    sold_abroad,
)
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import Evidence
from pennywhistle.shop.sales.vat import EU, Seller, SellerError
from tests.cast import NOW, Cast, euros, fill_wallet
from tests.guards_lifted import guards_lifted

IRISH = Seller("IE")
Q4 = Quarter(2026, 4)
AFTER = datetime(2027, 1, 2, tzinfo=UTC)


def buy(
    cast: Cast,
    country: str,
    *,
    recipe: str = "mp3-192",
    now: datetime = NOW,
    seller: Seller = IRISH,
) -> int:
    offer = quote_basket(
        quote_id=new_id(now=now),
        person_id=cast.alice.pk,
        items=[BasketItem("release", cast.release_id, recipe)],
        domain="testserver",
        evidence=[Evidence("declared", country)],
        now=now,
        seller=seller,
    )
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=now).id


def give_back(cast: Cast, purchase_id: int, now: datetime) -> None:
    refund_purchase(
        purchase_id=purchase_id,
        reason=RefundReason.MISTAKE,
        refunded_by=cast.otto.pk,
        now=now,
    )


def export(quarter: Quarter = Q4, *, seller: Seller = IRISH, now: datetime = AFTER) -> TaxReturn:
    return export_tax(quarter=quarter, seller=seller, now=now)


def told(made: TaxReturn) -> dict[tuple[str, str], ReturnRow]:
    return {(row.country, str(row.corrects or "")): row for row in made.rows}


@pytest.fixture
def rich(cast: Cast) -> Cast:
    fill_wallet(cast.alice, "50.00")
    return cast


def test_each_country_is_declared_where_it_belongs_and_its_tax_is_the_ledgers(rich: Cast) -> None:
    for country, recipe in (
        ("DE", "mp3-128"),
        ("IE", "opus-96"),
        ("GB", "aac-256"),
        ("US", "vorbis-q6"),
    ):
        buy(rich, country, recipe=recipe)
    rows = told(export())
    schemes = {country: row.scheme for (country, _), row in rows.items()}
    assert schemes == {
        "DE": Scheme.OSS,
        "IE": Scheme.HOME,
        "GB": Scheme.ELSEWHERE,
        "US": Scheme.UNTAXED,
    }
    for country in ("DE", "IE", "GB"):
        moved = Transfer.objects.filter(credit_account__code=f"vat/{country}/EUR")
        assert rows[country, ""].tax.micros == sum(moved.values_list("amount_micros", flat=True))
    assert rows["DE", ""].conversion == Conversion(
        Fraction(1), date(2026, 12, 31), "the same currency"
    )
    assert rows["GB", ""].conversion is None


def test_the_file_says_the_same_as_the_rows(rich: Cast) -> None:
    buy(rich, "DE")
    made = export()
    (row,) = csv.DictReader(io.StringIO(made.csv_text))
    assert made.file_name == "vat-2026-Q4.csv"
    assert (row["quarter"], row["return"], row["country"]) == ("2026-Q4", "oss", "DE")
    assert Decimal(row["taxable"]) + Decimal(row["vat"]) == Decimal("0.39")
    assert Decimal(row["vat_eur"]) == Decimal("0.06")


def test_what_goes_back_within_its_quarter_lowers_it_and_later_corrects_it(rich: Cast) -> None:
    within, later = buy(rich, "DE"), buy(rich, "DE", recipe="flac")
    sold = told(export())["DE", ""]
    give_back(rich, later, NOW + timedelta(days=1))
    left = told(export())["DE", ""]
    assert left.line_count == 3
    assert left.tax < sold.tax
    give_back(rich, within, AFTER)
    assert told(export())["DE", ""] == left
    rows = told(export(Quarter(2027, 1), now=AFTER + timedelta(days=100)))
    assert set(rows) == {("DE", "2026-Q4")}
    assert rows["DE", "2026-Q4"].tax == -left.tax
    assert rows["DE", "2026-Q4"].tax_euros == -(left.tax_euros or 0)


def test_a_small_seller_declares_the_whole_of_the_eu_at_home(rich: Cast) -> None:
    small = Seller("IE", is_small=True)
    buy(rich, "DE", seller=small)
    buy(rich, "GB", recipe="flac", seller=small)
    rows = told(export(seller=small))
    assert rows["IE", ""].scheme is Scheme.HOME
    assert rows["IE", ""].percent == 23
    assert rows["GB", ""].scheme is Scheme.ELSEWHERE
    assert not Transfer.objects.filter(credit_account__code="vat/DE/EUR").exists()
    (line,) = set(SaleLine.objects.filter(tax_country="IE").values_list("territory", flat=True))
    assert line == "DE"


def test_a_ledger_that_says_otherwise_is_refused(rich: Cast) -> None:
    buy(rich, "DE")
    with guards_lifted(connection):
        SaleLine.objects.filter(number=1).update(tax_micros=1)
    with pytest.raises(TaxReturnError, match="vat/DE/EUR"):
        export()


def test_a_store_that_does_not_say_where_it_is_gets_no_return(rich: Cast) -> None:
    with pytest.raises(TaxReturnError, match="PENNYWHISTLE_SELLER_COUNTRY"):
        export(seller=Seller())
    with pytest.raises(SellerError, match="in CH"):
        Seller("CH", is_small=True).check()


def test_how_near_the_thresholds_are_counts_the_rest_of_the_eu_without_tax(rich: Cast) -> None:
    back = buy(rich, "FI", recipe="flac")
    for country, recipe in (("DE", "mp3-128"), ("IE", "opus-96"), ("US", "aac-256")):
        buy(rich, country, recipe=recipe)
    give_back(rich, back, NOW)
    near = find_nearness(seller=IRISH, now=NOW)
    lines = SaleLine.objects.filter(territory="DE")
    net = sum(line.gross_micros - line.tax_micros for line in lines)
    assert [(one.year, one.sold.micros) for one in near] == [
        (2026, net),
        (2026, net),
        (2025, 0),
        (2025, 0),
    ]


def test_sales_in_other_currencies_count_at_the_newest_rate_or_are_told_as_not_counted(
    rich: Cast,
) -> None:
    buy(rich, "DE")
    buy(rich, "FI", recipe="flac")
    with guards_lifted(connection):
        SaleLine.objects.filter(territory="FI").update(currency="SEK")
    lines = SaleLine.objects.filter(territory="FI")
    in_euros = find_nearness(seller=IRISH, now=NOW)[0]
    kronor = Money(sum(line.gross_micros - line.tax_micros for line in lines), "SEK")
    assert (in_euros.uncounted, in_euros.rates) == ((kronor,), ())
    for days, amount in ((40, "0.08"), (3, "0.0915"), (-1, "0.5")):
        day = NOW.date() - timedelta(days=days)
        record_rate(base="SEK", quote="EUR", amount=amount, day=day, source="ECB")
    counted = find_nearness(seller=IRISH, now=NOW)[0]
    assert counted.uncounted == ()
    ((currency, rate),) = counted.rates
    assert (currency, rate.rate_text, rate.source) == ("SEK", "0.0915", "ECB")
    assert (counted.sold - in_euros.sold).micros == round(kronor.micros * Fraction("0.0915"))
    last_year = find_nearness(seller=IRISH, now=NOW)[-1]
    assert (last_year.sold, last_year.rates) == (euros("0"), ())


@pytest.mark.parametrize(
    ("sold", "percent", "is_near", "is_passed"),
    [
        ("0", "0", False, False),
        ("7999.99", "79.9", False, False),
        ("8000", "80", True, False),
        ("10000", "100", True, False),
        ("10000.01", "100", True, True),
    ],
)
def test_a_threshold_is_passed_only_beyond_it(
    sold: str, percent: str, is_near: bool, is_passed: bool
) -> None:
    near = Nearness(2026, euros(sold), euros("10000"))
    assert (near.percent, near.is_near, near.is_passed) == (Decimal(percent), is_near, is_passed)


quarters = st.builds(Quarter, st.integers(2025, 2027), st.integers(1, 4))


@st.composite
def sums(draw: st.DrawFn) -> TaxedSum:
    tax = draw(st.integers(0, 10**9))
    return TaxedSum(
        country=draw(st.sampled_from(["DE", "IE", "FR", "GB", "US"])),
        percent=Decimal(draw(st.sampled_from(["0", "19.00", "20.00"]))),
        sold_in=draw(quarters),
        gross=Money(tax + draw(st.integers(0, 10**10)), "EUR"),
        tax=Money(tax, "EUR"),
        line_count=draw(st.integers(1, 99)),
    )


@given(sold=st.lists(sums()), back=st.lists(sums()), quarter=quarters)
def test_rows_lose_nothing_and_stand_once_each(
    sold: list[TaxedSum], back: list[TaxedSum], quarter: Quarter
) -> None:
    rows = return_rows(sold=sold, given_back=back, quarter=quarter, seller=IRISH)
    assert sum(row.tax.micros for row in rows) == sum(one.tax.micros for one in sold) - sum(
        one.tax.micros for one in back
    )
    assert sum(row.net.micros for row in rows) == sum(one.net.micros for one in sold) - sum(
        one.net.micros for one in back
    )
    places = [(row.scheme, row.country, row.percent, row.corrects) for row in rows]
    assert len(places) == len(set(places))
    assert all(row.corrects != quarter for row in rows)


@given(
    micros=st.integers(-(10**12), 10**12),
    rate=st.fractions(min_value=Fraction(1, 100), max_value=100),
)
def test_euros_are_within_half_a_cent_and_turn_round_with_their_sign(
    micros: int, rate: Fraction
) -> None:
    row = ReturnRow(Scheme.OSS, "SE", Decimal(25), Money(micros, "SEK"), Money(-micros, "SEK"), 1)
    row = ReturnRow(
        row.scheme,
        row.country,
        row.percent,
        row.net,
        row.tax,
        1,
        conversion=Conversion(rate, date(2026, 12, 31), "ECB"),
    )
    assert row.net_euros is not None
    assert row.tax_euros == -row.net_euros
    exact = Fraction(micros, 1_000_000) * rate
    assert abs(Fraction(row.net_euros) - exact) <= Fraction(1, 200)


@given(rate=st.fractions(min_value=Fraction(1, 10**9), max_value=10**9))
def test_a_rate_is_told_exactly(rate: Fraction) -> None:
    assert Fraction(Conversion(rate, date(2026, 12, 31), "ECB").rate_text) == rate


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (Fraction(1), "1"),
        (Fraction("0.00000012"), "0.00000012"),
        (Fraction("11.4675"), "11.4675"),
        (1 / Fraction("1.085"), "200/217"),
    ],
)
def test_a_rate_is_a_decimal_where_one_tells_it(rate: Fraction, told: str) -> None:
    assert Conversion(rate, date(2026, 12, 31), "ECB").rate_text == told


@given(quarter=quarters, offset=st.integers(0, 89))
def test_a_quarter_holds_its_days_and_reads_back(quarter: Quarter, offset: int) -> None:
    day = quarter.period.starts_at + timedelta(days=offset)
    assert Quarter.of(day) == quarter
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.period.ends_at == quarter.next.period.starts_at
    assert quarter.last_day + timedelta(days=1) == quarter.next.period.starts_at.date()


@pytest.mark.parametrize("text", ["2026", "2026-4", "2026-Q5", "2026-Q0", "26-Q1", "x-Q1", ""])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 2026-Q4"):
        Quarter.parse(text)


def test_the_thresholds_count_the_eu_alone() -> None:
    everywhere = {country: euros("1") for country in (*EU, "GB", "NO", "CH", "US", "AX")}
    assert sold_abroad(net_by_territory=everywhere, seller=IRISH) == euros("26")
    assert sold_abroad(net_by_territory=everywhere, seller=Seller("US")) == euros("27")
