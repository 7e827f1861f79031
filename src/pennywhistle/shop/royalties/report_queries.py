"""Reads of sales as reports to licensors tell them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, F, Model, QuerySet, Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import ReportedSale, SoldTrack, Turnover
from pennywhistle.shop.catalogue.models import Track
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.royalties.models import Accrual
from pennywhistle.shop.sales.models import SaleLine
from pennywhistle.shop.sales.refunds import refund_document

_Row = TypeVar("_Row", bound=Model)

_CHUNK_ROWS = 2_000

_COLUMNS = (
    "sale_line__document",
    "sale_line__track_id",
    "sale_line__territory",
    "sale_line__gross_micros",
    "sale_line__tax_micros",
    "sale_line__recipe",
    "sale_line__reductions",
    "sale_line__work_licence__mechanical_by",
    "amount_micros",
)


def iterate_reported_sales(
    *, licensor_id: int, right: str, currency: str, period: Period
) -> Iterator[ReportedSale]:
    """What a statement of that period has for one right: sales in order, then refunds in order.

    Three queries.
    """
    theirs = Accrual.objects.filter(licensor_id=licensor_id, right=right, currency=currency)
    tracks = _tracks(theirs)
    accrued = _within(theirs, "accrued_at", period).order_by("sale_line_id")
    taken_back = _within(theirs, "reversal__reversed_at", period).order_by("reversal__id")
    for rows, when, is_refund in (
        (accrued, "accrued_at", False),
        (taken_back, "reversal__reversed_at", True),
    ):
        for row in rows.values(*_COLUMNS, when).iterator(chunk_size=_CHUNK_ROWS):
            happened_at: datetime = row[when]
            document: str = row["sale_line__document"]
            net_micros = row["sale_line__gross_micros"] - row["sale_line__tax_micros"]
            yield ReportedSale(
                transaction_id=refund_document(sale_document=document) if is_refund else document,
                happened_on=happened_at.date(),
                territory=row["sale_line__territory"],
                is_refund=is_refund,
                net_price=Money(net_micros, currency),
                due=Money(row["amount_micros"], currency),
                recipe=row["sale_line__recipe"],
                is_upgrade=any(one["kind"] == "upgrade" for one in row["sale_line__reductions"]),
                store_pays_work=row["sale_line__work_licence__mechanical_by"]
                == Licence.Payer.STORE,
                track=tracks[row["sale_line__track_id"]],
            )


def list_rights(*, licensor_id: int, currency: str) -> list[str]:
    """The rights for which something ever accrued to a licensor in a currency. One query."""
    rows = Accrual.objects.filter(licensor_id=licensor_id, currency=currency)
    return sorted(rows.values_list("right", flat=True).distinct())


def get_turnover(*, currency: str, period: Period) -> dict[str, Turnover]:
    """All that was sold in a currency, less what was taken back in the period. Two queries."""
    lines = SaleLine.objects.filter(currency=currency)
    counted: dict[str, tuple[int, int]] = {}
    for instant, sign in (("purchase__purchased_at", 1), ("refund__refunded_at", -1)):
        sums = _within(lines, instant, period).order_by("territory").values("territory")
        for row in sums.annotate(
            count=Count("pk"), net_micros=Sum(F("gross_micros") - F("tax_micros"))
        ):
            count, micros = counted.get(row["territory"], (0, 0))
            counted[row["territory"]] = (
                count + sign * row["count"],
                micros + sign * row["net_micros"],
            )
    return {
        territory: Turnover(count, Money(micros, currency))
        for territory, (count, micros) in counted.items()
    }


def _within(rows: QuerySet[_Row], instant: str, period: Period) -> QuerySet[_Row]:
    """Those whose `instant` lies in a period."""
    found = rows.filter(**{f"{instant}__gte": period.starts_at})
    if period.ends_at is not None:
        found = found.filter(**{f"{instant}__lt": period.ends_at})
    return found


def _tracks(accruals: QuerySet[Accrual]) -> dict[int, SoldTrack]:
    """Every track that these accruals are of, by its id. One query."""
    rows = (
        Track.objects.filter(pk__in=accruals.values("sale_line__track_id"))
        .select_related("artist", "work", "release__artist", "release__label", "master")
        .only(
            "isrc",
            "title",
            "artist__name",
            "work__iswc",
            "work__title",
            "work__composer",
            "release__upc",
            "release__title",
            "release__p_line",
            "release__artist__name",
            "release__label__name",
            "master__duration_ms",
        )
    )
    return {row.pk: _track(row) for row in rows.iterator(chunk_size=_CHUNK_ROWS)}


def _track(row: Track) -> SoldTrack:
    release, work = row.release, row.work
    return SoldTrack(
        id=row.pk,
        isrc=row.isrc,
        title=row.title,
        artist=row.artist.name,
        duration_ms=row.master.duration_ms,
        release_id=release.pk,
        icpn=release.upc or "",
        release_title=release.title,
        release_artist=release.artist.name,
        label=release.label.name,
        p_line=release.p_line,
        work_id=work.pk,
        iswc=work.iswc or "",
        work_title=work.title,
        composer=work.composer,
    )
