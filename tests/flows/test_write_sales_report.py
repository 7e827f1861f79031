"""Sales reports: by their schemas, read back by another's eyes, and the ledger's to the micro-unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.write_sales_report import (
    Envelope,
    SalesReportError,
    WrittenReport,
    write_sales_reports,
)
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import PartyIdError
from pennywhistle.shop.catalogue.models import Artist, Release, Track, Work
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.royalties.models import Accrual, Statement
from pennywhistle.shop.royalties.rules import StatementMismatchError
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import Evidence
from tests.cast import (
    LABEL,
    NOW,
    OPENED,
    SOCIETY,
    Cast,
    assemble,
    fill_wallet,
    quote,
    stock_release,
)
from tests.dsr_reader import Row, read_report
from tests.guards_lifted import guards_lifted
from tests.needs import PUBLISHED

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no ../shared/data/ddex"),
]

STORE, SOCIETY_ID, LABEL_ID = "PADPIDA2026112401P", "PADPIDA2007061301U", "PADPIDA2009101501Y"
NOVEMBER, DECEMBER = month_period("2026-11"), month_period("2026-12")
ISSUED = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2027, 1, 5, tzinfo=UTC)


def report_to(
    name: str, *, recipient_id: str = SOCIETY_ID, month: str = "2026-11", now: datetime = ISSUED
) -> list[WrittenReport]:
    return write_sales_reports(
        licensor_name=name,
        envelope=Envelope(sender_id=STORE, recipient_id=recipient_id),
        period=month_period(month),
        now=now,
    )


def to_society(**kwargs: object) -> WrittenReport:
    (report,) = report_to("Meridian Society", **kwargs)  # type: ignore[arg-type]
    return report


def to_label(**kwargs: object) -> WrittenReport:
    (report,) = report_to("Lantern Records", recipient_id=LABEL_ID, **kwargs)  # type: ignore[arg-type]
    return report


def buy(cast: Cast, recipe: str = "mp3-192", *, country: str = "DE", at: datetime = NOW) -> int:
    """Alice buys the first track; the purchase's number."""
    fill_wallet(cast.alice, "5.00", now=at)
    item = BasketItem("track", cast.track_ids[0], recipe)
    offer = quote(cast, item, evidence=(Evidence("declared", country),), now=at)
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=at).id


def give_back(purchase_id: int, *, at: datetime) -> None:
    refund_purchase(purchase_id=purchase_id, reason=RefundReason.GOODWILL, refunded_by=None, now=at)


def of_kind(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind == kind]


def total(rows: list[Row], kind: str, cell: str) -> Decimal:
    """The sum over records of one kind; a cell that may hold several amounts is a list."""
    sums = Decimal(0)
    for row in of_kind(rows, kind):
        cells = row[cell] if isinstance(row[cell], list) else [row[cell]]
        sums += sum(map(Decimal, cells), Decimal(0))
    return sums


def test_a_societys_report_has_a_block_for_each_track_and_a_record_for_each_sale(
    cast: Cast,
) -> None:
    buy(cast)
    buy(cast, "opus-128", country="AT")
    fill_wallet(cast.bob, "5.00")
    buy_basket(quote_id=quote(cast, person=cast.bob).id, person_id=cast.bob.pk, now=NOW)
    report = to_society()
    head, *rows, foot = read_report(report.text)
    assert report.file_name == (
        f"DSR_{SOCIETY_ID}_{STORE}_The-Whistle-Stop-works-EUR_2026-11_Multi_1of1_20261202T093000.tsv"
    )
    assert (head["SenderName"], head["RecipientName"]) == ("The Whistle Stop", "Meridian Society")
    assert (head["UsageStartDate"], head["UsageEndDate"]) == ("2026-11-01", "2026-11-30")
    assert head["MessageCreatedDateTime"] == "2026-12-02T09:30:00Z"
    assert [row["Territory"] for row in of_kind(rows, "SY02.02")] == ["AT", "DE"]
    assert [row["Usages"] for row in of_kind(rows, "SY02.02")] == ["1", "4"]
    assert [row["Title"] for row in of_kind(rows, "AS01.01")] == [
        "The Kesh", "Drowsy Maggie", "Morrison's"
    ]  # fmt: skip
    assert {row["Duration"] for row in of_kind(rows, "AS01.01")} == {"PT0H3M0S"}
    assert len(of_kind(rows, "SU01")) == report.line_count == 5
    assert total(rows, "SY02.02", "AllocatedRevenue") == report.total.decimal
    assert foot["NumberOfLinesInFile"] == foot["NumberOfLinesInReport"] == str(2 + len(rows))
    assert (foot["NumberOfSummaryRecords"], foot["NumberOfBlocksInFile"]) == ("2", "3")


def test_a_labels_report_has_a_record_for_each_sale_with_what_is_owed_for_it(cast: Cast) -> None:
    buy(cast)
    buy(cast, "flac", country="CH")
    report = to_label()
    rows = read_report(report.text)
    assert report.file_name.startswith(f"DSR_{LABEL_ID}_{STORE}_The-Whistle-Stop-recordings-EUR_")
    sold = of_kind(rows, "SR08")
    dues = dict(
        Accrual.objects.filter(right="RECORDING").values_list(
            "sale_line__document", "amount_micros"
        )
    )
    assert {row["SalesTransactionId"] for row in sold} == set(dues)
    for row in sold:
        due = Decimal(dues[row["SalesTransactionId"]]).scaleb(-6)
        assert Decimal(row["AllocatedRevenueInCurrencyOfTransaction"]) == due
        assert (row["ResourceISRC"], row["PriceType"][:3]) in {
            ("ZZPEN2600001", "mp3"),
            ("ZZPEN2600001", "fla"),
        }
        assert row["CopyrightObligationWithDSP"] == "true"
    for cell in (
        "AllocatedRevenueInCurrencyOfAccounting",
        "FinalTotalAmountInCurrencyOfAccounting",
    ):
        assert total(rows, "SY10", cell) == report.total.decimal
    assert (rows[-1].kind, rows[-1]["NumberOfLinesInReport"]) == ("SRFO", str(len(rows)))


def test_one_territory_is_named_in_the_files_name(cast: Cast) -> None:
    buy(cast)
    assert "_2026-11_DE_1of1_" in to_society().file_name


def test_a_refund_counts_against_the_month_that_it_happens_in(cast: Cast) -> None:
    purchase_id = buy(cast)
    give_back(purchase_id, at=NOW + timedelta(days=10))
    sold, returned = (
        read_report(to_label().text),
        read_report(to_label(month="2026-12", now=LATER).text),
    )
    (sale,), (refund,) = of_kind(sold, "SR08"), of_kind(returned, "SR08")
    assert (refund["TotalUsages"], refund["Returns"], refund["NetUsage"]) == ("0", "1", "-1")
    assert refund["SalesTransactionDate"] == "2026-12-04"
    assert refund["SalesTransactionId"] == sale["SalesTransactionId"].replace("sale/", "refund/")
    assert of_kind(returned, "SY10")[0]["AllocatedUsages"] == "-1"
    for cell in ("AllocatedRevenue", "AllocatedNetRevenue"):
        name = f"{cell}InCurrencyOfTransaction"
        assert Decimal(refund[name]) == -Decimal(sale[name]) < 0
    (usage,) = of_kind(read_report(to_society(month="2026-12", now=LATER).text), "SU01")
    assert (usage["Usages"], usage["Returns"]) == ("-1", "1")


def test_a_sale_given_back_in_its_month_comes_to_nothing_and_is_told_twice(cast: Cast) -> None:
    give_back(buy(cast), at=NOW + timedelta(hours=1))
    report = to_label()
    rows = read_report(report.text)
    (summary,) = of_kind(rows, "SY10")
    assert report.total == Money.zero("EUR")
    assert summary["AllocatedRevenueInCurrencyOfTransaction"] == "0"
    assert (summary["Usages"], summary["AllocatedUsages"], summary["Returns"]) == ("0", "0", "1")
    assert len({row["SalesTransactionId"] for row in of_kind(rows, "SR08")}) == 2


def test_a_summary_tells_all_that_was_sold_and_what_of_it_is_the_licensors(cast: Cast) -> None:
    _, (other,) = stock_release("Other", ("Away",), label="Harbour")
    request = replace(LABEL, number="HAR-1", licensor="Harbour", repertoire="Harbour")
    grant_licence(request=request, granted_by=None, now=OPENED)
    buy(cast)
    fill_wallet(cast.bob, "5.00")
    offer = quote(cast, BasketItem("track", other, "mp3-192"), person=cast.bob)
    buy_basket(quote_id=offer.id, person_id=cast.bob.pk, now=NOW)
    (summary,) = of_kind(read_report(to_label().text), "SY10")
    assert (summary["Usages"], summary["AllocatedUsages"]) == ("2", "1")
    all_of_it = Decimal(summary["NetRevenueInCurrencyOfTransaction"])
    assert all_of_it == 2 * Decimal(summary["AllocatedNetRevenueInCurrencyOfTransaction"])


def test_a_report_asked_for_again_is_the_same_and_another_text_is_another_message(
    cast: Cast,
) -> None:
    buy(cast)
    first = to_label()
    assert to_label(now=LATER) == first
    Track.objects.filter(pk=cast.track_ids[0]).update(title="The Kesh Jig")
    mended = to_label(now=LATER)
    assert mended.file_name == first.file_name
    assert read_report(mended.text)[0]["MessageId"] != read_report(first.text)[0]["MessageId"]
    assert Statement.objects.count() == 1


def test_a_report_of_a_running_month_is_provisional_by_name(cast: Cast) -> None:
    buy(cast)
    report = to_society(now=NOW)
    assert report.file_name.startswith(f"provisional-DSR_{SOCIETY_ID}_")
    assert not report.is_final
    read_report(report.text)


def test_what_a_report_lacks_is_said(cast: Cast) -> None:
    with pytest.raises(SalesReportError, match="--party-id"):
        report_to("Meridian Society", recipient_id="")
    with pytest.raises(PartyIdError, match="PADPIDA2014120301U"):
        report_to("Meridian Society", recipient_id="PA-1")
    nobody = Envelope(sender_id="", recipient_id=SOCIETY_ID)
    with pytest.raises(SalesReportError, match="PENNYWHISTLE_DDEX_PARTY_ID"):
        write_sales_reports(
            licensor_name="Meridian Society", envelope=nobody, period=NOVEMBER, now=ISSUED
        )
    assert report_to("Meridian Society") == []


def test_a_ledger_that_says_otherwise_stops_the_report(cast: Cast) -> None:
    buy(cast)
    with guards_lifted(connections[DEFAULT_DB_ALIAS]):
        Transfer.objects.filter(key__endswith="/royalty/WORK").update(amount_micros=1)
    with pytest.raises(StatementMismatchError, match="verify-books"):
        to_society()


TITLES = [
    "A\tB",
    "One\r\nTwo",
    "Either|Or",
    "C:\\Reels\\|\\",
    "#Hash",
    "💿 Пенни",
    '"Quoted"',
    "a \\",
    "\\",
]


@pytest.mark.parametrize("title", TITLES)
def test_any_title_comes_back_with_its_white_space_as_one_space(cast: Cast, title: str) -> None:
    buy(cast)
    Track.objects.filter(pk=cast.track_ids[0]).update(title=title)
    Release.objects.filter(pk=cast.release_id).update(title=title)
    Work.objects.update(composer=title)
    Artist.objects.update(name=title)
    read = " ".join(title.split())
    society, label = read_report(to_society().text), read_report(to_label().text)
    assert of_kind(society, "AS01.01")[0]["Title"] == read
    assert of_kind(society, "RE01")[0]["DisplayArtistName"] == read
    assert of_kind(society, "MW01.01")[0]["ComposerAuthor"] == [read]
    assert of_kind(label, "SR08")[0]["ResourceTitle"] == read


def test_where_the_label_pays_for_the_work_both_are_told(db: None) -> None:
    cast = assemble(licences=(LABEL, replace(SOCIETY, mechanical_by="label")))
    buy(cast)
    (usage,) = of_kind(read_report(to_society().text), "SU01")
    (sale,) = of_kind(read_report(to_label().text), "SR08")
    assert usage["IsRoyaltyBearing"] == sale["CopyrightObligationWithDSP"] == "false"
    assert to_society().total == Money.zero("EUR")
