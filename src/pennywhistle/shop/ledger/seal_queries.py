"""Reads of seals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pennywhistle.shop.ledger.models import Seal
from pennywhistle.shop.ledger.queries import ROWS_AT_ONCE
from pennywhistle.shop.ledger.seals import SealFacts, TreeFacts

SEALS_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A seal as it stands in the database, with the chain that stands beside it."""

    facts: SealFacts
    chain: str


def find_seal(*, day: date) -> StoredSeal | None:
    """The seal of that day, or None. One query."""
    row = Seal.objects.filter(day=day).first()
    return None if row is None else _seal(row)


def find_newest_seal() -> StoredSeal | None:
    """The seal of the newest sealed day, or None. One query."""
    row = Seal.objects.order_by("-day").first()
    return None if row is None else _seal(row)


def list_seals(*, since: date | None = None, limit: int = SEALS_SHOWN) -> list[StoredSeal]:
    """The seals from that day on, or from the first, in order. One query."""
    rows = Seal.objects.order_by("day")
    if since is not None:
        rows = rows.filter(day__gte=since)
    return [_seal(row) for row in rows[:limit]]


def list_newest_seals(*, before: date | None = None, limit: int) -> list[StoredSeal]:
    """The newest seals, or the newest before a day, the newest first. One query."""
    rows = Seal.objects.order_by("-day")
    if before is not None:
        rows = rows.filter(day__lt=before)
    return [_seal(row) for row in rows[:limit]]


def iterate_seals() -> Iterator[StoredSeal]:
    """Every seal, in order. One query."""
    for row in Seal.objects.order_by("day").iterator(chunk_size=ROWS_AT_ONCE):
        yield _seal(row)


def _seal(row: Seal) -> StoredSeal:
    facts = SealFacts(
        day=row.day,
        transfers=TreeFacts(row.transfer_count, row.transfers_root),
        documents=TreeFacts(row.document_count, row.documents_root),
        previous=row.previous,
        form=row.form,
        lines_sha256=row.lines_sha256,
    )
    return StoredSeal(facts, row.chain)
