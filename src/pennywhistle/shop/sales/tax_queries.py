"""Reads of what was sold and given back, as returns of tax add it up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import TruncQuarter

from pennywhistle.kit.clock import Period, Quarter
from pennywhistle.kit.money import Money
from pennywhistle.shop.sales.models import Refund, SaleLine
from pennywhistle.shop.sales.oss import TaxedSum


def list_sold(*, within: Period) -> list[TaxedSum]:
    """What was sold within a period, by country, rate and quarter. One query."""
    rows = SaleLine.objects.filter(_within("purchase__purchased_at", within))
    return _sums(rows, "")


def list_given_back(*, within: Period) -> list[TaxedSum]:
    """What was given back within a period, by country, rate and the quarter of the sale. One
    query."""
    rows = Refund.objects.filter(_within("refunded_at", within))
    return _sums(rows, "sale_line__")


def list_net_by_territory(*, within: Period) -> dict[str, dict[str, Money]]:
    """By currency, what was sold within a period where, without tax and without what was given back.
    One query."""
    rows = SaleLine.objects.filter(_within("purchase__purchased_at", within), refund=None)
    sums = rows.values_list("currency", "territory").annotate(
        micros=Sum(F("gross_micros") - F("tax_micros"))
    )
    found: dict[str, dict[str, Money]] = {}
    for currency, territory, micros in sums.order_by("currency", "territory"):
        found.setdefault(currency, {})[territory] = Money(micros, currency)
    return found


def _within(field: str, period: Period) -> Q:
    inside = Q(**{f"{field}__gte": period.starts_at})
    return inside if period.ends_at is None else inside & Q(**{f"{field}__lt": period.ends_at})


def _sums(rows: QuerySet[Any], line: str) -> list[TaxedSum]:
    """`line` is the way from a row to its sale line: `sale_line__`, or nothing."""
    sums = (
        rows.annotate(
            where=Case(
                When(**{f"{line}tax_country": ""}, then=F(f"{line}territory")),
                default=F(f"{line}tax_country"),
                output_field=CharField(),
            ),
            sold_in=TruncQuarter(f"{line}purchase__purchased_at", tzinfo=UTC),
        )
        .values_list("where", f"{line}vat_percent", "sold_in", f"{line}currency")
        .annotate(gross=Sum(f"{line}gross_micros"), tax=Sum(f"{line}tax_micros"), lines=Count("pk"))
    )
    return [
        TaxedSum(
            country=where,
            percent=percent,
            sold_in=_quarter(sold_in),
            gross=Money(gross, currency),
            tax=Money(tax, currency),
            line_count=lines,
        )
        for where, percent, sold_in, currency, gross, tax, lines in sums.order_by()
    ]


def _quarter(first: datetime) -> Quarter:
    return Quarter.of(first)
