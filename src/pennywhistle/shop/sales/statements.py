"""The statements of every sale, written out: to have them composed takes longer than to run them.

They say what the models in `models.py` say, of this room and of the rooms below it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.statements import run
from pennywhistle.shop.licensing.block_queries import get_blocks
from pennywhistle.shop.licensing.queries import list_histories_by_id
from pennywhistle.shop.licensing.rules import TrackRef
from pennywhistle.shop.sales.lines import FROZEN_FIELDS, TrackNames, line_from
from pennywhistle.shop.sales.rules import LineFacts, sale_document

_HUNDREDTH = Decimal("0.01")

# The licences too, as the foreign keys of the lines will hold them: who ends one waits for the sale,
# and dates its end behind it; who buys waits for an end that is on its way, and reads it.
_HOLD_QUOTE = """
    SELECT quote.id
    FROM sales_quote AS quote
        JOIN sales_quoteline AS line ON line.quote_id = quote.id
        JOIN licensing_licence AS recording ON recording.id = line.recording_licence_id
        JOIN licensing_licence AS work ON work.id = line.work_licence_id
    WHERE quote.id = %s
    FOR NO KEY UPDATE OF quote FOR KEY SHARE OF recording, work"""

_FIND_OFFER = """
    SELECT quote.person_id, quote.currency, quote.territory, quote.total_micros, quote.expires_at,
        quote.storefront_id, quote.promotion_code, purchase.id AS purchase_id,
        (SELECT SUM(dispute.shortage_micros) FROM payments_dispute AS dispute
            WHERE dispute.person_id = quote.person_id AND dispute.currency = quote.currency
                AND dispute.shortage_micros > 0) AS shortage_micros,
        (SELECT business.vat_number FROM sales_businessbuyer AS business
            JOIN storefronts_storefront AS shop ON shop.id = quote.storefront_id
            WHERE business.person_id = quote.person_id AND shop.collects_vat) AS business_number,
        line.number, line.track_id, track.title, artist.name AS artist, release.title AS release,
        track.isrc, line.recipe, line.size_bytes, line.gross_micros, line.list_micros,
        line.price_kind, line.reductions, line.vat_percent, line.tax_micros, line.tax_country,
        line.recording_licence_id, line.recording_micros, line.work_licence_id, line.work_micros,
        recording.number, recording.licensor_id, recording_licensor.name,
        recording.granted_at, recording.ends_at, EXISTS (
            SELECT 1 FROM licensing_licencechange WHERE licence_id = recording.id),
        work.number, work.licensor_id, work_licensor.name,
        work.granted_at, work.ends_at, EXISTS (
            SELECT 1 FROM licensing_licencechange WHERE licence_id = work.id),
        track.release_id, EXISTS (SELECT 1 FROM licensing_blockorder AS block
            WHERE block.track_id = track.id OR block.release_id = track.release_id)
    FROM sales_quote AS quote
        JOIN sales_quoteline AS line ON line.quote_id = quote.id
        JOIN catalogue_track AS track ON track.id = line.track_id
        JOIN catalogue_artist AS artist ON artist.id = track.artist_id
        JOIN catalogue_release AS release ON release.id = track.release_id
        JOIN licensing_licence AS recording ON recording.id = line.recording_licence_id
        JOIN licensing_licensor AS recording_licensor
            ON recording_licensor.id = recording.licensor_id
        JOIN licensing_licence AS work ON work.id = line.work_licence_id
        JOIN licensing_licensor AS work_licensor ON work_licensor.id = work.licensor_id
        LEFT JOIN sales_purchase AS purchase ON purchase.quote_id = quote.id
    WHERE quote.id = %s
    ORDER BY line.number"""

_INSERT_PURCHASE = """
    INSERT INTO sales_purchase
        (quote_id, person_id, purchased_at, waived_withdrawal_at, waiver_text)
    VALUES (%s, %s, %s, %s, %s) RETURNING id"""

# What was quoted is copied by the database, as it stands.
_INSERT_LINES = """
    INSERT INTO sales_saleline (purchase_id, currency, territory, evidence, document, {frozen})
    SELECT %s, quote.currency, quote.territory, quote.evidence,
        CAST(%s AS text) || CAST(number AS text), {frozen}
    FROM sales_quoteline JOIN sales_quote AS quote ON quote.id = quote_id
    WHERE quote_id = %s ORDER BY number
    RETURNING number, id"""


@dataclass(frozen=True, slots=True)
class LicenceNamed:
    """What a purchase has to know of a licence that its quote names.

    `is_in_force` tells whether it is at the instant that the offer was read for; `has_ended`, where
    it is not, whether it has ended by then.
    """

    id: int
    number: str
    licensor_id: int
    licensor: str
    is_in_force: bool
    has_ended: bool


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """A quote as a purchase consumes it. Its lines are not sold yet: their `id` is 0.

    `purchase_id` is the purchase that it became, if it has; `shortage` what disputes have left
    uncovered of its person's top-ups; `business_number` the VAT number of the business that they buy
    for, empty for a consumer and where the shop collects no tax.
    """

    id: UUID
    person_id: int
    currency: str
    total: Money
    expires_at: datetime
    storefront_id: int
    promotion_code: str
    purchase_id: int | None
    shortage: Money
    business_number: str
    lines: tuple[LineFacts, ...]
    licences: dict[int, LicenceNamed]
    blocked_by: str


def hold_offer(*, quote_id: UUID, now: datetime) -> OfferFacts | None:
    """The offer, locked with its licences, and its lines as they are if they are sold `now`.

    No licence of it ends before the caller's transaction does. Transaction: the caller's. One query,
    and one before it where the database has many writers.
    """
    if _connection().vendor == "postgresql":
        run(_HOLD_QUOTE, [quote_id])
    return find_offer(quote_id=quote_id, now=now)


def find_offer(*, quote_id: UUID, now: datetime) -> OfferFacts | None:
    """The same, not locked. One query, two more where a licence of it was ended or
    suspended, and one where an order speaks of its music."""
    rows = [_OfferRow._make(row) for row in run(_FIND_OFFER, [_stored_id(quote_id)])]
    if not rows:
        return None
    first = rows[0]
    return OfferFacts(
        id=quote_id,
        person_id=first.person_id,
        currency=first.currency,
        total=Money(first.total_micros, first.currency),
        expires_at=_aware(first.expires_at),
        storefront_id=first.storefront_id,
        promotion_code=first.promotion_code,
        purchase_id=first.purchase_id,
        shortage=Money(int(first.shortage_micros or 0), first.currency),
        business_number=first.business_number or "",
        lines=tuple(_line(row, quote_id, now) for row in rows),
        licences=_licences_named(rows, now),
        blocked_by=_blocked_by(rows, now),
    )


def insert_purchase(
    *, offer: OfferFacts, now: datetime, waiver_text: str
) -> tuple[int, tuple[LineFacts, ...]]:
    """Store the purchase and its lines; its id, and the lines with theirs. Two statements."""
    quote_id, at = _stored_id(offer.id), _connection().ops.adapt_datetimefield_value(now)
    waived_at = at if waiver_text else None
    row = [quote_id, offer.person_id, at, waived_at, waiver_text]
    [[purchase_id]] = run(_INSERT_PURCHASE, row)
    stem = sale_document(quote_id=offer.id, number=0).removesuffix("0")
    insert_lines = _INSERT_LINES.format(frozen=", ".join(FROZEN_FIELDS))
    ids = dict(run(insert_lines, [purchase_id, stem, quote_id]))
    return purchase_id, tuple(replace(line, id=ids[line.number]) for line in offer.lines)


class _OfferRow(NamedTuple):
    """The columns of `_FIND_OFFER`."""

    person_id: int
    currency: str
    territory: str
    total_micros: int
    expires_at: datetime
    storefront_id: int
    promotion_code: str
    purchase_id: int | None
    shortage_micros: int | Decimal | None
    business_number: str | None
    number: int
    track_id: int
    title: str
    artist: str
    release: str
    isrc: str
    recipe: str
    size_bytes: int
    gross_micros: int
    list_micros: int
    price_kind: str
    reductions: Any  # As JSON writes it.
    vat_percent: float | Decimal
    tax_micros: int
    tax_country: str
    recording_licence_id: int
    recording_micros: int
    work_licence_id: int
    work_micros: int
    recording_number: str
    recording_licensor_id: int
    recording_licensor: str
    recording_granted_at: datetime
    recording_ends_at: datetime | None
    recording_is_changed: bool
    work_number: str
    work_licensor_id: int
    work_licensor: str
    work_granted_at: datetime
    work_ends_at: datetime | None
    work_is_changed: bool
    release_id: int
    is_blocked: bool


def _line(row: _OfferRow, quote_id: UUID, now: datetime) -> LineFacts:
    percent = Decimal(row.vat_percent).quantize(_HUNDREDTH)
    return line_from(
        row._replace(vat_percent=percent, reductions=json.loads(row.reductions)),
        id=0,
        document=sale_document(quote_id=quote_id, number=row.number),
        person_id=row.person_id,
        names=TrackNames(row.title, row.artist, row.release, row.isrc),
        purchased_at=now,
    )


def _blocked_by(rows: list[_OfferRow], now: datetime) -> str:
    """The order that forbids part of an offer, or nothing. One query where there may be one."""
    if not any(row.is_blocked for row in rows):
        return ""
    blocks = get_blocks()
    for row in rows:
        # Orders name releases and tracks: the label is not asked for.
        ref = TrackRef(row.track_id, row.release_id, label_id=0)
        if block := blocks.find(track=ref, territory=row.territory, instant=now):
            return block.reference
    return ""


class _Named(NamedTuple):
    """A licence as `_FIND_OFFER` names it."""

    id: int
    number: str
    licensor_id: int
    licensor: str
    granted_at: datetime
    ends_at: datetime | None
    is_changed: bool


def _licences_named(rows: list[_OfferRow], now: datetime) -> dict[int, LicenceNamed]:
    """The licences of an offer by id, as they stand now. Two queries where one was changed."""
    named = {each.id: each for row in rows for each in _named(row)}
    changed = [each.id for each in named.values() if each.is_changed]
    histories = list_histories_by_id(licence_ids=changed) if changed else {}
    found = {}
    for each in named.values():
        terms = histories[each.id].as_known() if each.id in histories else None
        ends_at = terms.ends_at if terms else each.ends_at and _aware(each.ends_at)
        has_ended = ends_at is not None and ends_at <= now
        # One that was recorded after now, for the clock was set back, is not known yet.
        is_known = _aware(each.granted_at) <= now
        is_in_force = is_known and (terms.is_in_force(now) if terms else not has_ended)
        found[each.id] = LicenceNamed(
            each.id, each.number, each.licensor_id, each.licensor, is_in_force, has_ended
        )
    return found


def _named(row: _OfferRow) -> tuple[_Named, _Named]:
    return (
        _Named(
            row.recording_licence_id,
            row.recording_number,
            row.recording_licensor_id,
            row.recording_licensor,
            row.recording_granted_at,
            row.recording_ends_at,
            row.recording_is_changed,
        ),
        _Named(
            row.work_licence_id,
            row.work_number,
            row.work_licensor_id,
            row.work_licensor,
            row.work_granted_at,
            row.work_ends_at,
            row.work_is_changed,
        ),
    )


def _aware(stored: datetime) -> datetime:
    """SQLite keeps UTC without saying so."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)


def _stored_id(value: UUID) -> UUID | str:
    return value if _connection().features.has_native_uuid_field else value.hex


def _connection() -> BaseDatabaseWrapper:
    connection: BaseDatabaseWrapper = transaction.get_connection()
    return connection
