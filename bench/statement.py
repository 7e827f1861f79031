"""Statements over ten million sale lines: the whole expression, and a bare group-by over the same files.

The lines are made by DuckDB from hashes of their numbers, so they are the same on every run: a month of
thirty files with the columns that days are written with, a long tail of tracks, forty countries, two
hundred labels and a society, one refund in two hundred. The statement is the shop's own expression, with
its filter and its sums of sold and given back, written as a Parquet file; the bare query groups
by a track's ISRC, country, licensor, right and licence, and adds up what is due, into a table.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.figure import Figure, at_least, at_most, exactly
from pennywhistle.adapters.reports.session import MEMORY_MB_MOST, duckdb_session
from pennywhistle.adapters.reports.statements import (
    LINES,
    duckdb_text,
    statement_of,
    view_of,
)

LINES_MADE = 10_000_000
DAYS = 30
ROUNDS = 5
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
_BARE = """
    CREATE OR REPLACE TEMP TABLE answer AS
    SELECT licensor_id, currency, "right", territory, licence, isrc, count(*), sum(due_micros)
    FROM day_lines GROUP BY ALL
"""


def run() -> Iterator[Figure]:
    """Rows a second of the statement over a bare group-by's, memory, and whether the sums agree."""
    with tempfile.TemporaryDirectory(prefix="pennywhistle-statement-") as folder:
        files = _make(Path(folder))
        told = subprocess.run(
            [sys.executable, "-m", "bench.statement", folder],
            check=True,
            capture_output=True,
            text=True,
        )
        measured = json.loads(told.stdout)
        differs = abs(_due_of_files(files) - measured["due_micros"])
    stated, bare = median(measured["statement_seconds"]), median(measured["bare_seconds"])
    others = {name: version(name) for name in ("duckdb", "ibis-framework")}
    against = (
        f"a bare DuckDB group-by over the same {DAYS} files, {LINES_MADE / bare / 1e6:.2f} million rows "
        f"a second in {measured['bare_groups']:,} groups; the statement {LINES_MADE / stated / 1e6:.2f} "
        f"million in {measured['rows']:,} rows"
    )
    yield at_least(
        "statement_rows_over_bare_group_by", bare / stated, 0.5, "ratio", against, others
    )
    limit = f"DuckDB told to hold at most {MEMORY_MB_MOST} MB"
    yield at_most("statement_memory", measured["peak_mb"], 1_500, "MB", limit, others)
    yield exactly("statement_due_off", differs, 0, "micros", "the files' own sum", others)


def _make(folder: Path) -> list[Path]:
    """A file for each day, named so that their order is that of the days."""
    with duckdb_session() as session:
        for day in range(DAYS):
            begins = FIRST + timedelta(days=day)
            session.execute(
                f"COPY ({_lines(day, begins)}) TO '{folder}/{begins:%Y-%m-%d}.parquet' "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
    return sorted(folder.glob("*.parquet"))


def _lines(day: int, begins: datetime) -> str:
    """A day's share of the lines, by hashes of their numbers. Every other line is a work's."""
    first, last = (LINES_MADE * each // DAYS for each in (day, day + 1))
    return f"""
    WITH numbers AS (SELECT range AS n, hash(range) AS h, hash(range // 2) AS s
                     FROM range({first}, {last})),
    drawn AS (
        SELECT n, h, (1_200_000 * pow((s % 1_000_003) / 1_000_003, 3))::BIGINT AS track,
            n % 2 = 0 AS is_work, h % 200 = 7 AS is_refund,
            (90_000 + s // 1_009 % 40 * 10_000)::BIGINT AS gross, s // 77_773 % 40 AS country
        FROM numbers)
    SELECT TIMESTAMP '{begins:%Y-%m-%d}' + to_microseconds((n * 7 % 86_400_000_000)::BIGINT)
            AS booked_at,
        booked_at AS sold_at, is_refund, 'sale/' || n // 2 || '/1' AS document,
        CASE WHEN is_work THEN 'WORK' ELSE 'RECORDING' END AS "right", 'DOWNLOAD' AS use,
        chr((65 + country // 8)::INTEGER) || chr((65 + country % 8)::INTEGER) AS territory,
        CASE WHEN is_work THEN 0 ELSE 1 + track % 200 END::BIGINT AS licensor_id,
        'L-' || licensor_id AS licence, 'T-' || licensor_id % 9 || ' v1' AS tariff,
        'store' AS paid_by, track AS track_id, 'XX' || lpad(track::VARCHAR, 10, '0') AS isrc,
        CASE WHEN is_work THEN 'T' || lpad((track // 2)::VARCHAR, 10, '0') ELSE '' END AS iswc,
        'mp3-192' AS recipe, CASE WHEN country < 30 THEN 'EUR' ELSE 'USD' END AS currency,
        CASE WHEN is_refund THEN -gross ELSE gross END AS gross_micros,
        gross_micros * 19 // 119 AS tax_micros,
        gross_micros * (CASE WHEN is_work THEN 15 ELSE 60 END) // 119 AS due_micros
    FROM drawn"""


def _due_of_files(files: list[Path]) -> int:
    with duckdb_session() as session:
        session.execute(view_of(files))
        (due,) = session.execute(f"SELECT sum(due_micros)::BIGINT FROM {LINES}").fetchall()[0]
    return int(due)


def _measure(folder: Path) -> dict[str, object]:
    """In a process of its own, whose memory is the statement's: both, turn by turn."""
    seconds: dict[str, list[float]] = {"statement": [], "bare": []}
    out = folder / "statement.out"
    with duckdb_session() as session:
        session.execute(view_of(sorted(folder.glob("*.parquet"))))
        stated = statement_of(starts_at=FIRST, ends_at=FIRST + timedelta(days=DAYS))
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            session.execute(f"COPY ({duckdb_text(stated)}) TO '{out}' (FORMAT parquet)")
            seconds["statement"].append(time.perf_counter() - begun)
            begun = time.perf_counter()
            session.execute(_BARE)
            seconds["bare"].append(time.perf_counter() - begun)
        (groups,) = session.execute("SELECT count(*) FROM answer").fetchall()[0]
        answer = session.execute(
            f"SELECT count(*), sum(due_micros)::BIGINT FROM read_parquet('{out}')"
        )
        rows, due = answer.fetchall()[0]
    return {
        "statement_seconds": seconds["statement"],
        "bare_seconds": seconds["bare"],
        "bare_groups": groups,
        "rows": rows,
        "due_micros": due,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
