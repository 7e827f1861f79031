"""A statement is one expression: DuckDB, Spark and plain Python come to the same rows."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pennywhistle.adapters.reports.day_lines import DayLineStore
from pennywhistle.adapters.reports.session import ReportFailedError
from pennywhistle.adapters.reports.statements import (
    KEYS,
    LINES,
    StatedRow,
    iterate_statement,
    spark_text,
    statement_of,
)
from pennywhistle.kit.day_lines import DayLine

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
# The lines reach a day before it and a day after it.
STARTS_AT, ENDS_AT = FIRST + timedelta(days=1), FIRST + timedelta(days=3)


def draw(day: int, count: int, chance: random.Random) -> list[DayLine]:
    """Lines of one day, some of them at its very first instant."""
    begins = FIRST + timedelta(days=day)
    return [
        line(
            begins + timedelta(microseconds=chance.choice([0, chance.randrange(86_400_000_000)])),
            number,
            chance,
        )
        for number in range(count)
    ]


def line(at: datetime, number: int, chance: random.Random) -> DayLine:
    sign = chance.choice([1, 1, 1, -1])
    return DayLine(
        booked_at=at,
        sold_at=at,
        is_refund=sign < 0,
        document=f"sale/{number}/1",
        right=chance.choice(["WORK", "RECORDING"]),
        use="DOWNLOAD",
        territory=chance.choice(["DE", "FI"]),
        licensor_id=chance.randrange(3),
        licence=chance.choice(["L'1", "L-2 „Ü“"]),
        tariff="T v1",
        paid_by=chance.choice(["store", "label"]),
        track_id=chance.randrange(3),
        isrc="",
        iswc=chance.choice(["", "T0345246801"]),
        recipe="mp3-192",
        currency=chance.choice(["EUR", "JPY"]),
        gross_micros=sign * chance.randrange(1, 10**14),
        tax_micros=sign * chance.randrange(10**6),
        due_micros=sign * chance.randrange(10**6),
    )


@pytest.fixture
def month(tmp_path: Path) -> tuple[list[DayLine], list[Path]]:
    """Four days of 300 lines, and their files."""
    chance, store = random.Random(18), DayLineStore(tmp_path / "it's here")
    lines, paths = [], []
    for day in range(4):
        drawn = draw(day, 300, chance)
        on = date(2026, 11, 1 + day)
        paths.append(store.path(day=on, sha256=store.write(day=on, lines=drawn).sha256))
        lines += drawn
    return lines, paths


def added_up(lines: list[DayLine]) -> list[StatedRow]:
    """The same by hand."""
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 5)
    for each in lines:
        if STARTS_AT <= each.booked_at < ENDS_AT:
            row = sums[tuple(getattr(each, key) for key in KEYS)]
            row[each.is_refund] += 1
            row[2] += each.gross_micros
            row[3] += each.tax_micros
            row[4] += each.due_micros
    return [StatedRow(*key, *sums[key]) for key in sorted(sums)]


def in_order(rows: Iterable[StatedRow]) -> list[StatedRow]:
    return sorted(rows, key=astuple)


def test_duckdb_comes_to_what_is_added_up_by_hand(month: tuple[list[DayLine], list[Path]]) -> None:
    lines, files = month
    stated = statement_of(starts_at=STARTS_AT, ends_at=ENDS_AT)
    assert in_order(iterate_statement(stated=stated, files=files)) == added_up(lines)
    theirs = statement_of(starts_at=STARTS_AT, ends_at=ENDS_AT, licensor_id=2)
    mine = [each for each in lines if each.licensor_id == 2]
    assert list(iterate_statement(stated=theirs, files=files)) == added_up(mine)


def test_files_keep_every_line_in_its_order(
    month: tuple[list[DayLine], list[Path]], tmp_path: Path
) -> None:
    lines, _ = month
    store = DayLineStore(tmp_path / "again")
    made = store.write(day=date(2026, 11, 1), lines=lines)
    assert list(store.iterate(day=made.day, sha256=made.sha256)) == lines


def test_a_file_that_is_no_parquet_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    with pytest.raises(ReportFailedError):
        list(
            iterate_statement(
                stated=statement_of(starts_at=STARTS_AT, ends_at=ENDS_AT), files=[broken]
            )
        )


def test_sums_beyond_what_a_line_can_hold_are_exact(tmp_path: Path) -> None:
    store, one = DayLineStore(tmp_path), line(STARTS_AT, 1, random.Random(1))
    made = store.write(day=date(2026, 11, 2), lines=[replace(one, gross_micros=2**62 + 1)] * 3)
    path = store.path(day=made.day, sha256=made.sha256)
    stated = statement_of(starts_at=STARTS_AT, ends_at=ENDS_AT)
    (row,) = iterate_statement(stated=stated, files=[path])
    assert row.gross_micros == 3 * (2**62 + 1)


@pytest.fixture
def spark() -> Iterator[Any]:
    """Spark on this machine. It is no part of the pinned lists, as it weighs half a gigabyte."""
    sql = pytest.importorskip("pyspark.sql", reason="`pip install pyspark` and Java try Spark too")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    yield session
    session.stop()


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_spark_comes_to_the_same_rows(month: tuple[list[DayLine], list[Path]], spark: Any) -> None:
    lines, files = month
    spark.read.parquet(*(str(path) for path in files)).createOrReplaceTempView(LINES)
    rows = spark.sql(spark_text(statement_of(starts_at=STARTS_AT, ends_at=ENDS_AT))).collect()
    assert in_order(StatedRow(*row) for row in rows) == added_up(lines)
