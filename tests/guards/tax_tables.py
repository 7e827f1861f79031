"""The worked tables of tax, evidence and papers in `docs/money.md`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from pennywhistle.kit.clock import Quarter
from pennywhistle.kit.money import Money
from pennywhistle.shop.sales.oss import (
    Conversion,
    ReturnRow,
    TaxedSum,
    return_rows,
)
from pennywhistle.shop.sales.papers import TaxSum, paper_name
from pennywhistle.shop.sales.rules import Evidence, TerritoryUnknownError, decide_territory
from pennywhistle.shop.sales.vat import EU, Seller, tax_of, vat_percent
from pennywhistle.shop.sales.waiver import needs_waiver
from tests.guards.tables import markdown_table

DAY = date(2026, 11, 24)
IRISH = Seller("IE")
SMALL = Seller("IE", is_small=True)

_SIGNS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("declared", "DE"),),
    (("declared", "DE"), ("ip", "DE")),
    (("declared", "DE"), ("phone", "DE")),
    (("declared", "DE"), ("ip", "FR")),
    (("declared", "DE"), ("ip", "FR"), ("card", "DE")),
    (("declared", "DE"), ("ip", "FR"), ("card", "FR")),
    (("declared", "DE"), ("ip", "FR"), ("phone", "DE")),
    (("declared", "DE"), ("ip", "FR"), ("phone", "FR")),
    (("declared", "DE"), ("ip", "FR"), ("card", "AT")),
)


def _told(signs: tuple[tuple[str, str], ...], needed: int) -> str:
    evidence = [Evidence(kind, country) for kind, country in signs]
    try:
        return f"**{decide_territory(evidence=evidence, needed=needed)}**"
    except TerritoryUnknownError as error:
        return "contradiction" if error.contradicting else "too little"


def table_of_evidence() -> str:
    """What several pieces of evidence tell, by how many are needed."""
    return markdown_table(
        "evidence | one needed | two needed",
        (
            (
                ", ".join(f"{kind} {country}" for kind, country in signs),
                _told(signs, 1),
                _told(signs, 2),
            )
            for signs in _SIGNS
        ),
    )


def table_of_vat() -> str:
    """Which tax a sale owes, by where the buyer is and what the seller is."""
    rows = []
    for territory in ("IE", "DE", "HU", "FI", "AX", "MC", "LI", "IM", "GB", "NO", "CH", "US"):
        cells: list[object] = [territory]
        for seller in (IRISH, SMALL):
            tax = tax_of(territory=territory, day=DAY, seller=seller)
            cells.append(
                f"{tax.percent.normalize():f}% to {tax.country}" if tax.country else "none"
            )
        cells.append("yes" if needs_waiver(territory=territory) else "no")
        rows.append(cells)
    return markdown_table(
        "buyer in | a store in IE | a small one there | withdrawal asked away", rows
    )


def table_of_rates() -> str:
    """The rates of the EU on a day."""
    rates: dict[Decimal, list[str]] = {}
    for country in sorted(EU):
        rates.setdefault(vat_percent(country=country, day=DAY), []).append(country)
    return markdown_table(
        f"rate on {DAY} | countries",
        ((f"{rate.normalize():f}%", ", ".join(rates[rate])) for rate in sorted(rates)),
    )


def _sold(
    country: str, percent: str, quarter: Quarter, gross: str, tax: str, currency: str
) -> TaxedSum:
    return TaxedSum(
        country=country,
        percent=Decimal(percent),
        sold_in=quarter,
        gross=Money.parse(gross, currency),
        tax=Money.parse(tax, currency),
        line_count=100,
    )


def table_of_return() -> str:
    """A quarter's return with a correction and a conversion."""
    quarter, before = Quarter(2026, 4), Quarter(2026, 3)
    rows = return_rows(
        sold=[
            _sold("DE", "19", quarter, "26.00", "4.151260", "EUR"),
            _sold("IE", "23", quarter, "13.00", "2.430894", "EUR"),
            _sold("SE", "25", quarter, "300.00", "60.000000", "SEK"),
            _sold("US", "0", quarter, "10.00", "0", "EUR"),
        ],
        given_back=[
            _sold("DE", "19", quarter, "2.60", "0.415126", "EUR"),
            _sold("DE", "19", before, "1.30", "0.207563", "EUR"),
        ],
        quarter=quarter,
        seller=IRISH,
    )
    rate = Conversion(Fraction("0.0915"), quarter.last_day, "a made-up rate")
    return markdown_table(
        "declared | country | rate | corrects | taxable | tax | tax in EUR",
        (
            (
                row.scheme,
                row.country,
                f"{row.percent}%",
                row.corrects or "",
                row.net,
                f"{row.tax.decimal:.6f}",
                _euros(row, rate),
            )
            for row in rows
        ),
    )


def _euros(row: ReturnRow, rate: Conversion) -> object:
    if row.scheme != "oss":
        return ""
    one = Conversion(Fraction(1), rate.day, "")
    used = rate if row.net.currency == "SEK" else one
    return ReturnRow(
        row.scheme, row.country, row.percent, row.net, row.tax, row.line_count, conversion=used
    ).tax_euros


def table_of_papers() -> str:
    """How the tax of a receipt is printed, and its number."""
    rows = []
    for number, (gross, tax) in enumerate((("0.26", "0.041513"), ("1.05", "0.167647")), start=1):
        total = Money.parse(gross, "EUR")
        exact = Money.parse(tax, "EUR")
        line = TaxSum("DE", Decimal(19), total - exact, exact, total)
        rows.append(
            (
                paper_name(series=f"R{datetime(2026, 11, 24, tzinfo=UTC).year}", number=number),
                total,
                tax,
                line.shown_net,
                line.shown_tax,
            )
        )
    return markdown_table(
        "receipt | total | tax in the books | printed without tax | printed tax", rows
    )


TABLES: dict[str, Callable[[], str]] = {
    "evidence": table_of_evidence,
    "vat": table_of_vat,
    "vat rates": table_of_rates,
    "tax return": table_of_return,
    "papers": table_of_papers,
}
