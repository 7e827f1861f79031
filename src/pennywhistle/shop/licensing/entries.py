"""What a day's seal says of licences, of what happened to them, and of orders to block."""

from __future__ import annotations

from pennywhistle.shop.ledger.entries import EntrySource, told_by
from pennywhistle.shop.licensing.models import BlockLift, BlockOrder, Licence, LicenceChange

_TERRITORIES = ("territories", "territories_written", "territory_tables")

LICENCES = EntrySource(
    Licence,
    "granted_at",
    told_by(
        "licence",
        *("number", "licensor_id", "licensor__name", "licensor__kind", "right"),
        *("repertoire", "label_id", "release_id", "track_id", "uses", "preview_seconds"),
        *(*_TERRITORIES, "starts_at", "ends_at", "starts_written", "ends_written"),
        *("tariff__code", "tariff__version", "tariff__rate_numerator", "tariff__rate_denominator"),
        *("tariff__base", "tariff__floor_micros_per_track", "tariff__floor_currency"),
        *("document_reference", "basis", "deed", "evidence", "mechanical_by"),
        *("granted_at", "granted_by_id"),
    ),
    related=("licensor", "tariff"),
    has_day_sealed=False,
)
LICENCE_CHANGES = EntrySource(
    LicenceChange,
    "recorded_at",
    told_by(
        "licence-change",
        *("licence__number", "kind", "effective_at", "recorded_at", "recorded_by_id"),
        hashed=("reason",),
    ),
    related=("licence",),
    has_day_sealed=False,
)
BLOCK_ORDERS = EntrySource(
    BlockOrder,
    "recorded_at",
    told_by(
        "block-order",
        *("reference", "release_id", "track_id", *_TERRITORIES, "starts_at", "ends_at"),
        *("closes_downloads", "recorded_at", "recorded_by_id"),
        hashed=("authority", "reason"),
    ),
    has_day_sealed=False,
)
BLOCK_LIFTS = EntrySource(
    BlockLift,
    "lifted_at",
    told_by("block-lift", "order__reference", "lifted_at", "recorded_by_id", hashed=("reason",)),
    related=("order",),
    has_day_sealed=False,
)
