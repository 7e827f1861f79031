"""Sale lines as values, whichever query has read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.rules import PriceKind, Reduction
from pennywhistle.shop.sales.rules import LineFacts

# What a sale line takes over from its quote's line as it stands.
FROZEN_FIELDS = (
    "number",
    "track_id",
    "recipe",
    "size_bytes",
    "size_is_exact",
    "gross_micros",
    "list_micros",
    "price_kind",
    "reductions",
    "vat_percent",
    "tax_micros",
    "tax_country",
    "recording_licence_id",
    "recording_micros",
    "work_licence_id",
    "work_micros",
)


@dataclass(frozen=True, slots=True)
class TrackNames:
    """What a receipt calls a track."""

    title: str
    artist: str
    release: str
    isrc: str


def line_from(
    row: Any,
    *,
    id: int,  # noqa: A002 - as `LineFacts` calls it
    document: str,
    person_id: int,
    names: TrackNames,
    purchased_at: datetime,
) -> LineFacts:
    """A line of a sale. `row` has a quote's or a sale's `currency` and `territory`, and a line's
    `FROZEN_FIELDS` but `size_is_exact`, its `reductions` as JSON reads them."""

    def money(micros: int) -> Money:
        return Money(micros, row.currency)

    return LineFacts(
        id=id,
        number=row.number,
        document=document,
        person_id=person_id,
        track_id=row.track_id,
        title=names.title,
        artist=names.artist,
        release=names.release,
        isrc=names.isrc,
        recipe=row.recipe,
        size_bytes=row.size_bytes,
        gross=money(row.gross_micros),
        vat_percent=row.vat_percent,
        tax=money(row.tax_micros),
        recording_licence_id=row.recording_licence_id,
        recording=money(row.recording_micros),
        work_licence_id=row.work_licence_id,
        work=money(row.work_micros),
        territory=row.territory,
        purchased_at=purchased_at,
        tax_country=row.tax_country,
        list_price=money(row.list_micros),
        price_kind=PriceKind(row.price_kind),
        reductions=reductions_from(row.reductions, row.currency),
    )


def reductions_from(stored: Any, currency: str) -> tuple[Reduction, ...]:
    """A line's reductions as JSON reads them, as values."""
    return tuple(Reduction.of_json(one, currency) for one in stored)
