"""What licensors earned in a period, by track, territory and licence, from the files of its days."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from pennywhistle.adapters.reports.day_lines import DayLinesMissingError, DayLineStore
from pennywhistle.adapters.reports.statements import StatedRow, iterate_statement, statement_of
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.tables import plain_cell
from pennywhistle.shop.ledger.seal_queries import StoredSeal, find_newest_seal, iterate_seals
from pennywhistle.shop.ledger.seals import FIRST_FORM_WITH_LINES, day_of
from pennywhistle.shop.licensing.queries import list_licensors

__all__ = [
    "DayLinesMissingError",
    "NotSealedError",
    "StatedRow",
    "report_royalties",
    "write_royalties",
]

COLUMNS = (
    *("licensor", "right", "licence", "tariff", "paid_by", "territory", "use", "isrc", "iswc"),
    *("sold", "refunded", "currency", "gross", "tax", "due"),
)


class NotSealedError(ValueError):
    """A period whose days are not sealed yet, or were before files of their lines were written."""


def report_royalties(
    *, period: Period, store: DayLineStore, licensor_id: int | None = None
) -> Iterator[StatedRow]:
    """The rows of a closed period of whole UTC days, of one licensor in order, or of all in
    none.

    The sums are those of the statements, and of the ledger. Reads the seals, then files alone, each
    held against its seal. Raises `NotSealedError`, `DayLinesMissingError`, `ReportFailedError`.
    """
    assert period.ends_at is not None
    files = _files(period, store)
    stated = statement_of(
        starts_at=period.starts_at, ends_at=period.ends_at, licensor_id=licensor_id
    )
    return iterate_statement(stated=stated, files=files)


def write_royalties(*, rows: Iterator[StatedRow], table: TextIO) -> int:
    """Write rows of `report_royalties` as CSV (RFC 4180), one by one; how many. One query."""
    names = {licensor.id: licensor.name for licensor in list_licensors()}
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([plain_cell(cell) for cell in _cells(row, names[row.licensor_id])])
        count += 1
    return count


def _cells(row: StatedRow, licensor: str) -> list[str]:
    amounts = (row.gross_micros, row.tax_micros, row.due_micros)
    return [
        *(licensor, row.right, row.licence, row.tariff, row.paid_by),
        *(row.territory, row.use, row.isrc, row.iswc),
        *(str(row.sold_lines), str(row.refunded_lines), row.currency),
        *(f"{Money(micros, row.currency).decimal:.6f}" for micros in amounts),
    ]


def _files(period: Period, store: DayLineStore) -> list[Path]:
    assert period.ends_at is not None
    last = day_of(period.ends_at - timedelta(microseconds=1))
    newest = find_newest_seal()
    if newest is None or newest.facts.day < last:
        raise NotSealedError(
            f"{last} is not sealed yet: a day is sealed an hour after its end, and a quiet one once "
            "something happens on a later day"
        )
    first = day_of(period.starts_at)
    seals = [seal for seal in iterate_seals() if first <= seal.facts.day <= last]
    return [path for seal in seals if (path := _file(seal, store)) is not None]


def _file(seal: StoredSeal, store: DayLineStore) -> Path | None:
    facts = seal.facts
    if facts.form < FIRST_FORM_WITH_LINES:
        raise NotSealedError(
            f"{facts.day} was sealed before the lines of days were written as files: `pennywhistle "
            "statement` states it from the books"
        )
    if not facts.lines_sha256:
        return None
    return store.check(day=facts.day, sha256=facts.lines_sha256)
