"""Reads of what a day sold and gave back, right by right, as statements and reports tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from pennywhistle.kit.clock import Period
from pennywhistle.kit.day_lines import DayLine
from pennywhistle.shop.royalties.models import Accrual, AccrualReversal

LINES_AT_ONCE = 5_000
_Row = TypeVar("_Row", bound=Model)
_RELATED = ("licence__tariff", "sale_line__purchase", "sale_line__track__work")


def iterate_day_lines(*, within: Period) -> Iterator[DayLine]:
    """What was sold within a closed period, in order of time, then what was given back in it.

    A query for each `LINES_AT_ONCE` lines, and nothing is held open between them: whoever reads may
    take its time.
    """
    yield from _sold(within)
    yield from _given_back(within)


def _sold(within: Period) -> Iterator[DayLine]:
    rows = Accrual.objects.select_related(*_RELATED)
    for page in _pages(rows, "sale_line__purchase__purchased_at", within):
        for row in page:
            yield _line(row, row.sale_line.purchase.purchased_at)


def _given_back(within: Period) -> Iterator[DayLine]:
    related = (f"accrual__{name}" for name in _RELATED)
    rows = AccrualReversal.objects.select_related(*related)
    for page in _pages(rows, "reversed_at", within):
        for row in page:
            sold = _line(row.accrual, row.reversed_at)
            yield replace(
                sold,
                is_refund=True,
                gross_micros=-sold.gross_micros,
                tax_micros=-sold.tax_micros,
                due_micros=-sold.due_micros,
            )


def _pages(rows: QuerySet[_Row], at: str, within: Period) -> Iterator[list[_Row]]:
    """Rows in order of time, then of number, each page from where the last one ended."""
    rest = Q(**{f"{at}__gte": within.starts_at})
    while True:
        wanted = rows.filter(rest, **{f"{at}__lt": within.ends_at}).order_by(at, "pk")
        page = list(wanted[:LINES_AT_ONCE])
        if not page:
            return
        yield page
        last_at = reduce(getattr, at.split("__"), page[-1])
        rest = Q(**{f"{at}__gt": last_at}) | Q(**{at: last_at}, pk__gt=page[-1].pk)
        rest &= Q(**{f"{at}__gte": last_at})  # What an index can begin at.


def _line(row: Accrual, booked_at: datetime) -> DayLine:
    sale, tariff = row.sale_line, row.licence.tariff
    return DayLine(
        booked_at=booked_at,
        sold_at=sale.purchase.purchased_at,
        is_refund=False,
        document=sale.document,
        right=row.right,
        use="DOWNLOAD",
        territory=sale.territory,
        licensor_id=row.licensor_id,
        licence=row.licence.number,
        tariff=f"{tariff.code} v{tariff.version}",
        paid_by=row.licence.mechanical_by,
        track_id=sale.track_id,
        isrc=sale.track.isrc,
        iswc=sale.track.work.iswc or "",
        recipe=sale.recipe,
        currency=row.currency,
        gross_micros=sale.gross_micros,
        tax_micros=sale.tax_micros,
        due_micros=row.amount_micros,
    )
