"""A day's lines as a Parquet file, under the day and the hash of its bytes.

The same lines make the same bytes with the same version of DuckDB: one thread, the order given, no
time of writing. A file is never overwritten; other bytes of the same day stand beside it, and the
day's seal says which count.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from pennywhistle.adapters.reports.session import ReportFailedError, duckdb_session, literal
from pennywhistle.adapters.storage.arriving import TEMPORARY_PREFIX, arriving
from pennywhistle.kit.day_lines import DayLine

if TYPE_CHECKING:
    import duckdb

# Lines that are handed to DuckDB, or taken from it, at a time.
LINES_AT_ONCE = 10_000
# Lines of one row group: DuckDB's own size, in which a reader skips what it does not want.
# https://duckdb.org/docs/stable/data/parquet/tips
ROW_GROUP_LINES = 122_880
# What a scribe holds before it goes on in its scratch folder.
SCRIBE_MEMORY_MB = 256

# In order. Instants are UTC, to the microsecond; without a zone, since Parquet's readers differ in
# what they make of one.
COLUMNS: Mapping[str, str] = {
    "booked_at": "TIMESTAMP",
    "sold_at": "TIMESTAMP",
    "is_refund": "BOOLEAN",
    "document": "VARCHAR",
    "right": "VARCHAR",
    "use": "VARCHAR",
    "territory": "VARCHAR",
    "licensor_id": "BIGINT",
    "licence": "VARCHAR",
    "tariff": "VARCHAR",
    "paid_by": "VARCHAR",
    "track_id": "BIGINT",
    "isrc": "VARCHAR",
    "iswc": "VARCHAR",
    "recipe": "VARCHAR",
    "currency": "VARCHAR",
    "gross_micros": "BIGINT",
    "tax_micros": "BIGINT",
    "due_micros": "BIGINT",
}
_KINDS = {"TIMESTAMP": "datetime64[us]", "BOOLEAN": "bool", "VARCHAR": "object", "BIGINT": "int64"}


class DayLinesMissingError(LookupError):
    """The file of a sealed day is not there, or is not the one that was sealed."""


@dataclass(frozen=True, slots=True)
class DayFile:
    """A day's file. `sha256` is of its bytes, and empty for a day without lines, which has none."""

    day: date
    sha256: str
    line_count: int


class DayLineStore:
    """The files of all days below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, *, day: date, lines: Iterable[DayLine]) -> DayFile:
        """Keep a day's lines, in their order; what is there already stays as it is.

        The file appears whole or not at all. Raises `ReportFailedError`, OSError where the disk is
        full.
        """
        rows = iter(lines)
        first = list(islice(rows, LINES_AT_ONCE))
        if not first:
            return DayFile(day, "", 0)
        self._root.mkdir(parents=True, exist_ok=True)
        with duckdb_session(threads=1, memory_mb=SCRIBE_MEMORY_MB) as session:
            count = _take(session, first, rows)
            sha256 = self._keep(session, day)
        return DayFile(day, sha256, count)

    def path(self, *, day: date, sha256: str) -> Path:
        """Where the day's file of that hash stands. Raises `DayLinesMissingError`."""
        place = self._place(day, sha256)
        if not place.is_file():
            _raise_missing(day, f"{place} is missing")
        return place

    def check(self, *, day: date, sha256: str) -> Path:
        """The same, after its bytes were held against the hash."""
        place = self.path(day=day, sha256=sha256)
        if not _is_whole(place, sha256):
            _raise_missing(day, f"the bytes of {place} are not those that were sealed")
        return place

    def iterate(self, *, day: date, sha256: str) -> Iterator[DayLine]:
        """The lines of a day's file, in their order. Raises `DayLinesMissingError`,
        `ReportFailedError` where it is no such file."""
        place = self.path(day=day, sha256=sha256)
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        with duckdb_session(threads=1, memory_mb=SCRIBE_MEMORY_MB) as session:
            answer = session.execute(f"SELECT {names} FROM read_parquet({literal(str(place))})")
            while rows := answer.fetchmany(LINES_AT_ONCE):
                for booked_at, sold_at, *others in rows:
                    instants = (each.replace(tzinfo=UTC) for each in (booked_at, sold_at))
                    yield DayLine(*instants, *others)

    def _place(self, day: date, sha256: str) -> Path:
        return self._root / f"{day:%Y}" / f"{day:%m}" / f"{day}-{sha256[:16]}.parquet"

    def _keep(self, session: duckdb.DuckDBPyConnection, day: date) -> str:
        """Write what the session holds under the hash that it turns out to have."""
        with TemporaryDirectory(dir=self._root, prefix=TEMPORARY_PREFIX) as folder:
            made = Path(folder) / "lines.parquet"
            session.execute(_copy(to=made))
            with made.open("rb") as written:
                sha256 = hashlib.file_digest(written, "sha256").hexdigest()
                if not _is_whole(final := self._place(day, sha256), sha256):
                    written.seek(0)
                    with arriving(final) as file:
                        shutil.copyfileobj(written, file)
        return sha256


def _copy(*, to: Path) -> str:
    return (
        f"COPY (SELECT * FROM day_lines) TO {literal(str(to))} (FORMAT parquet, "
        f"COMPRESSION zstd, PARQUET_VERSION v1, ROW_GROUP_SIZE {ROW_GROUP_LINES})"
    )


def _take(
    session: duckdb.DuckDBPyConnection, first: list[DayLine], others: Iterator[DayLine]
) -> int:
    columns = ", ".join(f'"{name}" {kind} NOT NULL' for name, kind in COLUMNS.items())
    session.execute(f"CREATE TABLE day_lines ({columns})")
    page, count = first, 0
    while page:
        session.register("page", _arrays(page))
        session.execute("INSERT INTO day_lines SELECT * FROM page")
        session.unregister("page")
        count += len(page)
        page = list(islice(others, LINES_AT_ONCE))
    return count


def _arrays(page: list[DayLine]) -> dict[str, Any]:
    return {
        each.name: np.array(
            [_plain(getattr(line, each.name)) for line in page], dtype=_KINDS[COLUMNS[each.name]]
        )
        for each in fields(DayLine)
    }


def _is_whole(place: Path, sha256: str) -> bool:
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _plain(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _raise_missing(day: date, what: str) -> NoReturn:
    raise DayLinesMissingError(
        f"{what}: restore the lines of {day} from a backup, or `pennywhistle seal lines` writes "
        "them again from the books"
    )


__all__ = ["COLUMNS", "DayFile", "DayLineStore", "DayLinesMissingError", "ReportFailedError"]
