"""Add up a quarter's tax by country, hold it against the ledger, and write it as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from pennywhistle.kit.clock import Quarter, year_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import list_codes, sum_movements
from pennywhistle.shop.sales.oss import (
    EURO,
    HOME_TAX_UP_TO,
    ONE_PIECE_UP_TO,
    Conversion,
    Nearness,
    ReturnRow,
    Scheme,
    TaxReturnError,
    return_rows,
    sold_abroad,
)
from pennywhistle.shop.sales.rules import vat_code
from pennywhistle.shop.sales.tax_queries import (
    list_given_back,
    list_net_by_territory,
    list_sold,
)
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.storefronts.queries import find_newest_rate, get_rate

COLUMNS = (
    "quarter",
    "return",
    "country",
    "corrects_quarter",
    "rate_percent",
    "lines",
    "currency",
    "taxable",
    "vat",
    "euros_for_one",
    "rate_day",
    "rate_source",
    "taxable_eur",
    "vat_eur",
)


@dataclass(frozen=True, slots=True)
class TaxReturn:
    """A quarter's rows, and the same as CSV."""

    quarter: Quarter
    is_over: bool
    rows: tuple[ReturnRow, ...]
    csv_text: str

    @property
    def file_name(self) -> str:
        """`vat-2026-Q4.csv`."""
        return f"vat-{self.quarter}.csv"


def export_tax(*, quarter: Quarter, seller: Seller, now: datetime) -> TaxReturn:
    """What the store owes for a quarter, by country and rate.

    Every country's sum is held against what its account in the ledger moved by in that quarter.
    Rows for the One Stop Shop are told in euros too, at the rate on file for the last day of the
    quarter that they speak of. Reads only. Raises `TaxReturnError` where ledger and sales differ or
    the seller's country is not told, and `NoRateError` where a rate lacks.
    """
    within = quarter.period
    rows = return_rows(
        sold=list_sold(within=within),
        given_back=list_given_back(within=within),
        quarter=quarter,
        seller=seller,
    )
    _check_against_ledger(rows, quarter)
    is_over = within.ends_at is not None and now >= within.ends_at
    told = tuple(_in_euros(row, quarter, is_over=is_over) for row in rows)
    return TaxReturn(quarter, is_over, told, _csv(quarter, told))


def find_nearness(*, seller: Seller, now: datetime) -> list[Nearness]:
    """How near this year's and last year's sales to the rest of the EU are to both thresholds.

    What was sold in other currencies counts at the newest rate on file of the year's last day or
    before; without one it is told as uncounted. A query for each year and each of those.
    """
    found = []
    for year in (now.year, now.year - 1):
        abroad, rates, uncounted = Money.zero(EURO), [], []
        until = min(now.date(), date(year, 12, 31))
        for currency, net in list_net_by_territory(within=year_period(year)).items():
            sold = sold_abroad(net_by_territory=net, seller=seller, currency=currency)
            if currency == EURO:
                abroad += sold
            elif rate := find_newest_rate(base=currency, quote=EURO, until=until):
                abroad += Money(round(rate.convert(sold)), EURO)
                rates.append((currency, Conversion(rate.rate, rate.day, rate.source)))
            elif sold:
                uncounted.append(sold)
        found += [
            Nearness(year, abroad, limit, tuple(rates), tuple(uncounted))
            for limit in (HOME_TAX_UP_TO, ONE_PIECE_UP_TO)
        ]
    return found


def _check_against_ledger(rows: Iterable[ReturnRow], quarter: Quarter) -> None:
    """Raise `TaxReturnError` unless every account of tax moved by exactly what the rows say."""
    owed: dict[str, Money] = {}
    for row in rows:
        if row.scheme is not Scheme.UNTAXED:
            code = vat_code(country=row.country, currency=row.tax.currency)
            owed[code] = owed.get(code, Money.zero(row.tax.currency)) + row.tax
    for code in sorted({*owed, *list_codes(prefix="vat/")}):
        currency = code.rsplit("/", 1)[1]
        says = owed.get(code, Money.zero(currency))
        moved = sum_movements(code=code, currency=currency, within=quarter.period, reason="tax")
        if says != moved:
            raise TaxReturnError(
                f"the sales of {quarter} make it {says} on {code}, and the ledger moved {moved}: "
                "run `pennywhistle verify-books`"
            )


def _in_euros(row: ReturnRow, quarter: Quarter, *, is_over: bool) -> ReturnRow:
    """The row with its rate; one of a quarter that is not over has none unless it is in euros."""
    if row.scheme is not Scheme.OSS or not (is_over or row.net.currency == EURO):
        return row
    day = (row.corrects or quarter).last_day
    rate = get_rate(base=row.net.currency, quote=EURO, day=day)
    return replace(row, conversion=Conversion(rate.rate, rate.day, rate.source))


def _csv(quarter: Quarter, rows: Iterable[ReturnRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            (
                quarter,
                row.scheme,
                row.country,
                row.corrects or "",
                f"{row.percent:f}",
                row.line_count,
                row.net.currency,
                f"{row.net.decimal:.6f}",
                f"{row.tax.decimal:.6f}",
                *_converted(row),
            )
        )
    return out.getvalue()


def _converted(row: ReturnRow) -> tuple[object, ...]:
    if row.conversion is None:
        return ("",) * 5
    return (
        row.conversion.rate_text,
        row.conversion.day,
        row.conversion.source,
        row.net_euros,
        row.tax_euros,
    )
