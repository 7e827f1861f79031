"""Random sales and refunds, in countries and currencies, come back from their reports as the ledger has them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.write_sales_report import (
    WrittenReport,
)
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.licensing.models import Licensor
from pennywhistle.shop.royalties.queries import get_accrued
from pennywhistle.shop.sales.rules import Evidence
from tests.cast import (
    LABEL,
    NOW,
    PASSWORD,
    SOCIETY,
    Cast,
    assemble,
    open_yen_shop,
)
from tests.dsr_reader import read_report
from tests.flows.test_write_sales_report import (
    LABEL_ID,
    SOCIETY_ID,
    give_back,
    of_kind,
    report_to,
    total,
)
from tests.needs import PUBLISHED

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no ../shared/data/ddex"),
]

Wanted = tuple[int, str, str, tuple[str, str], datetime, timedelta | None]


@pytest.fixture
def shops(db: None) -> Cast:
    """The cast's shop in euros and one in yen."""
    cast = assemble(licences=(LABEL, SOCIETY))
    open_yen_shop()
    return cast


sales = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["mp3-192", "opus-128", "flac"]),
        st.sampled_from(["DE", "AT", "CH", "US", "FI"]),
        st.sampled_from([("testserver", "EUR"), ("yen.example", "JPY")]),
        st.sampled_from(
            [NOW, NOW.replace(month=12), datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)]
        ),
        st.sampled_from([None, None, timedelta(minutes=1), timedelta(days=9)]),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=12,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # Books grow: shrinking would take minutes.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(wanted=sales)
def test_random_sales_and_refunds_are_read_back_as_the_ledger_has_them(
    wanted: list[Wanted], shops: Cast
) -> None:
    for place, recipe, country, shop, at, back in wanted:
        sell(shops, (place, recipe, country), shop, at=at, back=back)
    for licensor, recipient_id in (("Meridian Society", SOCIETY_ID), ("Lantern Records", LABEL_ID)):
        for month in ("2026-11", "2026-12"):
            reports = report_to(licensor, recipient_id=recipient_id, month=month, now=NOW)
            assert len({report.file_name for report in reports}) == len(reports)
            for report in reports:
                assert_is_the_ledgers(report, licensor, month)


def sell(
    cast: Cast,
    what: tuple[int, str, str],
    shop: tuple[str, str],
    *,
    at: datetime,
    back: timedelta | None,
) -> None:
    place, recipe, country = what
    domain, currency = shop
    code = str(new_id(now=at))
    buyer = create_person(email=f"{code}@example.org", password=PASSWORD).pk
    issue_vouchers(codes=[code], batch="r", amount=Money.of_minor(20_000, currency), now=at)
    redeem_voucher(code=code, person_id=buyer, domain=domain, now=at)
    offer = quote_basket(
        quote_id=new_id(now=at),
        person_id=buyer,
        items=[BasketItem("track", cast.track_ids[place], recipe)],
        domain=domain,
        evidence=[Evidence("declared", country)],
        now=at,
    )
    bought = buy_basket(quote_id=offer.id, person_id=buyer, now=at)
    if back is not None:
        give_back(bought.id, at=at + back)


def assert_is_the_ledgers(report: WrittenReport, licensor: str, month: str) -> None:
    rows = read_report(report.text)
    licensor_id = Licensor.objects.get(name=licensor).pk
    period, currency = month_period(month), report.total.currency
    ledger = get_accrued(licensor_id=licensor_id, currency=currency, period=period)
    if report.right == "WORK":
        assert total(rows, "SY02.02", "AllocatedRevenue") == ledger.decimal
        assert len(of_kind(rows, "AS01.01")) == int(rows[-1]["NumberOfBlocksInFile"])
        lines, kind = of_kind(rows, "SU01"), "SY02.02"
    else:
        assert total(rows, "SY10", "AllocatedRevenueInCurrencyOfTransaction") == ledger.decimal
        assert total(rows, "SR08", "AllocatedRevenueInCurrencyOfAccounting") == ledger.decimal
        lines, kind = of_kind(rows, "SR08"), "SY10"
    foot = rows[-1]
    assert int(foot["NumberOfLinesInReport"]) == len(rows)
    assert int(foot["NumberOfSummaryRecords"]) == len(of_kind(rows, kind))
    usages = "Usages" if report.right == "WORK" else "NetUsage"
    assert total(rows, kind, "AllocatedUsages") == sum(int(line[usages]) for line in lines)
    (statement,) = [
        each
        for each in issue_statement(licensor_name=licensor, period=period, now=NOW)
        if each.currency == currency
    ]
    stated = [
        row["sale_line"] if row["use"] == "DOWNLOAD" else row["sale_line"].replace("sale", "refund")
        for row in list(csv.DictReader(io.StringIO(statement.csv_text)))[:-1]
    ]
    assert sorted(line["SalesTransactionId"] for line in lines) == sorted(stated)
