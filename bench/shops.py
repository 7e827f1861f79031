"""A shop on a database of its own, its tills in processes of their own, and the same rows bare.

A bench of money runs in a child process that has the shop's settings; its tills run in processes
below that. What they are held against is the same rows, guards and indexes included, in a copy of
the same database, inserted one by one as prepared statements, each sale a transaction that is on the
disk when it is over. It reads nothing and checks nothing.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

RUN_SECONDS_MAX = 900
# How long the tills have to get ready before all of them begin.
GET_READY_SECONDS = 0.5

Row = tuple[str, tuple[Any, ...]]  # A table, and a row of it.
Sale = list[Row]
Begin = Callable[[], None]
Task = Callable[[Any, Begin], list[float]]


@dataclass(frozen=True, slots=True)
class Shift:
    """What tills did side by side: how long it took, and each of their sales."""

    seconds: float
    sale_seconds: list[float]

    @property
    def rate(self) -> float:
        """Sales a second, of all tills together."""
        return len(self.sale_seconds) / self.seconds

    def percentile(self, share: float) -> float:
        """The sale that this share of them was at least as quick as, in ms."""
        ordered = sorted(self.sale_seconds)
        return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


@contextmanager
def database_for_bench(server: str) -> Iterator[dict[str, str]]:
    """The settings of a shop with an empty database: on that PostgreSQL server, or SQLite for "".

    It and its copy are gone afterwards.
    """
    Path("var").mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-shop-", dir="var")).resolve()
    settings = {
        "PENNYWHISTLE_HOME": str(home),
        "PENNYWHISTLE_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "pennywhistle.config.settings",
    }
    name = f"pennywhistle_bench_{secrets.token_hex(4)}"
    try:
        if server:
            settings["PENNYWHISTLE_DATABASE_URL"] = _beside(server, name)
            _order(server, f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        yield settings
    finally:
        if server:
            for each in (name, f"{name}_copy"):
                _order(server, f"DROP DATABASE IF EXISTS {each} WITH (FORCE)")
        shutil.rmtree(home)


def measure_in_child(module: str, server: str) -> Any:
    """What `python -m module` prints as JSON, run with the settings of an empty shop."""
    with database_for_bench(server) as settings:
        child = subprocess.run(
            [sys.executable, "-m", module],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            timeout=RUN_SECONDS_MAX,
            check=True,
        )
    return json.loads(child.stdout)


def server_of_bench() -> str:
    """The PostgreSQL server that the tests are told of, or "" for none."""
    return os.environ.get("PENNYWHISTLE_TEST_DATABASE_URL", "")


def open_shop() -> None:
    """Django with an empty, migrated database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def copy_database() -> str:
    """The database as it stands, again; its path, or its address. Nobody may be connected."""
    from django.db import connections

    connections.close_all()
    url = os.environ["PENNYWHISTLE_DATABASE_URL"]
    if url:
        name = urlsplit(url).path.lstrip("/")
        _order(_beside(url, "postgres"), f"CREATE DATABASE {name}_copy TEMPLATE {name}")
        return _beside(url, f"{name}_copy")
    copy = Path(os.environ["PENNYWHISTLE_HOME"]) / "copy.sqlite3"
    with (
        closing(sqlite3.connect(copy)) as target,
        closing(sqlite3.connect(copy.with_name("store.sqlite3"))) as source,
    ):
        source.backup(target)
    return str(copy)


def rows_of(wanted: Sequence[tuple[str, str]], named: dict[str, str]) -> Sale:
    """What a sale left in the shop's tables: `(table, condition)` with `%(name)s` in it."""
    from django.db import connection

    connection.ensure_connection()  # Django reads JSON as text, and so it goes in again.
    rows: Sale = []
    with closing(connection.connection.cursor()) as cursor:
        for table, where in wanted:
            statement = f"SELECT * FROM {table} WHERE {where} ORDER BY id"
            if connection.vendor == "sqlite":
                statement = statement.replace("%(", ":").replace(")s", "")
            cursor.execute(statement, named)
            rows += [(table, tuple(row)) for row in cursor.fetchall()]
    return rows


class Tills:
    """Processes that sell side by side, through the shop or bare."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def work(self, task: Task, parts: Sequence[Any], ready_s: float = GET_READY_SECONDS) -> Shift:
        """`task(part, begin)` for each part in a process of its own. It gets ready, calls `begin`,
        which lets all of them go at once, and returns what each of its sales took."""
        start_at = time.monotonic() + ready_s
        ends: list[Future[tuple[float, list[float]]]] = [
            self._pool.submit(_work, task, part, start_at) for part in parts
        ]
        done = [end.result(RUN_SECONDS_MAX) for end in ends]
        seconds = max(ended_at for ended_at, _ in done) - start_at
        return Shift(seconds, [each for _, taken in done for each in taken])


def deal(sales: Sequence[Any], hands: int) -> list[Any]:
    """The sales, dealt out to so many hands."""
    return [list(sales[hand::hands]) for hand in range(hands)]


def timed(calls: Sequence[Callable[[], object]], begin: Begin) -> list[float]:
    """Call one after another, once all may begin; seconds of each."""
    taken = []
    begin()
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken


def write_bare(part: tuple[str, list[Sale]], begin: Begin) -> list[float]:
    """Insert sales into a copy, each in a transaction; seconds of each."""
    copy, sales = part
    if "://" in copy:
        return _write_postgresql(copy, sales, begin, in_one_call=False)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

        def write(sale: Sale) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for table, row in sale:
                connection.execute(f"INSERT INTO {table} VALUES ({_marks(row, '?')})", row)
            connection.execute("COMMIT")

        return timed([partial(write, sale) for sale in sales], begin)


def write_bare_in_one_call(part: tuple[str, list[Sale]], begin: Begin) -> list[float]:
    """The same on PostgreSQL, each sale's statements sent together and answered together."""
    copy, sales = part
    return _write_postgresql(copy, sales, begin, in_one_call=True)


def _write_postgresql(
    copy: str, sales: list[Sale], begin: Begin, *, in_one_call: bool
) -> list[float]:
    import psycopg

    with psycopg.connect(copy, autocommit=True, prepare_threshold=1) as connection:
        cursor = connection.cursor()

        def write(sale: Sale) -> None:
            with connection.pipeline() if in_one_call else nullcontext():
                cursor.execute("BEGIN")
                for table, row in sale:
                    cursor.execute(f"INSERT INTO {table} VALUES ({_marks(row, '%s')})", row)
                cursor.execute("COMMIT")

        return timed([partial(write, sale) for sale in sales], begin)


def _work(task: Task, part: Any, start_at: float) -> tuple[float, list[float]]:
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    taken = task(part, lambda: time.sleep(max(0.0, start_at - time.monotonic())))
    return time.monotonic(), taken


def _marks(row: tuple[Any, ...], mark: str) -> str:
    return ", ".join([mark] * len(row))


def _beside(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _order(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(_beside(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())
