"""Statements as one expression over days' files: by DuckDB here, by Spark where one machine is too few.

The expression is Ibis's, and each engine gets it in its own SQL. https://ibis-project.org/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import ibis
import ibis.expr.types as ir

from pennywhistle.adapters.reports.day_lines import COLUMNS, LINES_AT_ONCE
from pennywhistle.adapters.reports.session import MEMORY_MB_MOST, duckdb_session, literal

# What the expression calls the lines of all files together.
LINES = "day_lines"
_KINDS = {"TIMESTAMP": "timestamp(6)", "BOOLEAN": "boolean", "VARCHAR": "string", "BIGINT": "int64"}
# What a statement tells apart.
KEYS = (
    *("licensor_id", "currency", "right", "territory", "use", "licence", "tariff", "paid_by"),
    *("track_id", "isrc", "iswc"),
)


@dataclass(frozen=True, slots=True)
class StatedRow:
    """What one recording or work earned its licensor in one territory under one licence.

    Lines are counted apart, sold and given back; amounts are micro-units, less what was given back.
    """

    licensor_id: int
    currency: str
    right: str
    territory: str
    use: str
    licence: str
    tariff: str
    paid_by: str
    track_id: int
    isrc: str
    iswc: str
    sold_lines: int
    refunded_lines: int
    gross_micros: int
    tax_micros: int
    due_micros: int


def statement_of(
    *, starts_at: datetime, ends_at: datetime, licensor_id: int | None = None
) -> ir.Table:
    """The statement of what was booked in `[starts_at, ends_at)`: an expression over a table called
    `LINES`, whose rows are `StatedRow`s. One licensor's come in order of `KEYS`; those of all in none,
    as to put millions in order takes as long as to add them up."""
    kinds = {name: _KINDS[kind] for name, kind in COLUMNS.items()}
    lines = ibis.table(kinds, name=LINES)
    wanted = [
        lines.booked_at >= starts_at.astimezone(UTC).replace(tzinfo=None),
        lines.booked_at < ends_at.astimezone(UTC).replace(tzinfo=None),
    ]
    if licensor_id is not None:
        wanted.append(lines.licensor_id == licensor_id)
    sums = {name: lines[name].sum() for name in _AMOUNTS}
    stated = lines.filter(*wanted).aggregate(
        by=list(KEYS),
        sold_lines=(~lines.is_refund).sum(),
        refunded_lines=lines.is_refund.sum(),
        **sums,
    )
    return stated if licensor_id is None else stated.order_by(list(KEYS))


def iterate_statement(
    *, stated: ir.Table, files: Sequence[Path], memory_mb: int = MEMORY_MB_MOST
) -> Iterator[StatedRow]:
    """The rows of a statement over these files, by DuckDB. Raises `ReportFailedError`."""
    if not files:
        return
    with duckdb_session(memory_mb=memory_mb) as session:
        session.execute(view_of(files))
        answer = session.execute(duckdb_text(stated))
        while rows := answer.fetchmany(LINES_AT_ONCE):
            yield from (StatedRow(*row) for row in rows)


def view_of(files: Sequence[Path]) -> str:
    """The files as one table called `LINES`, for DuckDB."""
    listed = ", ".join(literal(str(path)) for path in files)
    return f"CREATE TEMP VIEW {LINES} AS SELECT * FROM read_parquet([{listed}])"


def duckdb_text(stated: ir.Table) -> str:
    """The expression as DuckDB reads it."""
    return str(ibis.to_sql(stated, dialect="duckdb"))


def spark_text(stated: ir.Table) -> str:
    """The expression as Spark reads it: over a temporary view called `LINES`, by UTC."""
    return str(ibis.to_sql(stated, dialect="pyspark"))


_AMOUNTS = ("gross_micros", "tax_micros", "due_micros")
