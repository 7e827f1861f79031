"""Purchases a second, through the flows and as bare SQL.

One person after another buys one song after another in an SQLite file with full durability: a quote
and its purchase, each a transaction that is on the disk when it returns. The bare SQL writes exactly
the same rows into a copy of the same database, guards and indexes included, by the same two
transactions of prepared inserts, and reads nothing. Both take turns within one run.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from bench.figure import Figure, at_least, at_most

if TYPE_CHECKING:
    from tests.cast import Cast

ROUNDS = 8
RECIPES = ("mp3-128", "mp3-192", "mp3-256", "mp3-320", "opus-128", "flac", "wav", "alac")
RUN_SECONDS_MAX = 600

_QUOTE_ROWS = (
    ("sales_quote", "id = :quote"),
    ("sales_quoteline", "quote_id = :quote"),
)
_LINES = "SELECT id FROM sales_saleline WHERE document LIKE :documents"
_PURCHASE_ROWS = (
    ("sales_purchase", "quote_id = :quote"),
    ("sales_saleline", "document LIKE :documents"),
    ("ledger_transfer", "document LIKE :documents"),
    ("royalties_accrual", f"sale_line_id IN ({_LINES})"),
    ("library_owneditem", f"sale_line_id IN ({_LINES})"),
)

Rows = list[tuple[str, tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of each round for one purchase, in the middle: quoting and buying, both ways."""

    quote: list[float] = field(default_factory=list)
    buy: list[float] = field(default_factory=list)
    bare_quote: list[float] = field(default_factory=list)
    bare_buy: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)


def run() -> Iterator[Figure]:
    """Measure in a process and a home of its own; yields the figures."""
    Path("var").mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-purchase-", dir="var")).resolve()
    environment = {**os.environ, "PENNYWHISTLE_HOME": str(home), "PENNYWHISTLE_DATABASE_URL": ""}
    environment["DJANGO_SETTINGS_MODULE"] = "pennywhistle.config.settings"
    try:
        measured = subprocess.run(
            [sys.executable, "-m", "bench.purchase"],
            env=environment,
            stdout=subprocess.PIPE,
            timeout=RUN_SECONDS_MAX,
            check=True,
        )
    finally:
        shutil.rmtree(home)
    yield from _figures(Timings(**json.loads(measured.stdout)))


def _figures(timings: Timings) -> Iterator[Figure]:
    quote, buy, bare_quote, bare_buy = (
        statistics.median(each)
        for each in (timings.quote, timings.buy, timings.bare_quote, timings.bare_buy)
    )
    rows = f"{statistics.median(timings.rows):.0f} rows"
    bare = f"bare SQL, {rows} in two transactions: {1 / (bare_quote + bare_buy):.0f} a second"
    bare_alone = f"bare SQL of the purchase's transaction alone: {1 / bare_buy:.0f} a second"
    yield at_least("purchase_quoted_and_bought", 1 / (quote + buy), None, "purchases/s", bare)
    yield at_least("purchase_bought", 1 / buy, None, "purchases/s", bare_alone)
    both = (quote + buy) / (bare_quote + bare_buy)
    yield at_most("purchase_quoted_and_bought_over_sql", both, None, "× the time", bare)
    yield at_most("purchase_bought_over_sql", buy / bare_buy, None, "× the time", bare_alone)


def _measure(home: Path) -> Timings:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.cast import assemble, fill_wallet

    call_command("migrate", interactive=False, verbosity=0)
    cast = assemble()
    for person in (cast.alice, cast.bob, cast.lena, cast.otto):
        fill_wallet(person, "100.00")
    buyings = _buyings(cast)
    next(buyings)()  # Opens the accounts and warms what is cached.
    copy = _copy(home)
    timings, source = Timings(), sqlite3.connect(home / "store.sqlite3")
    for _ in range(ROUNDS):
        _round(buyings, source, copy, timings)
    return timings


def _round(
    buyings: Iterator[Buying], source: sqlite3.Connection, copy: sqlite3.Connection, into: Timings
) -> None:
    """One purchase for each recipe through the flows, and then the same rows bare."""
    bought = [next(buyings)() for _ in RECIPES]
    into.quote.append(statistics.median(one.quote_seconds for one in bought))
    into.buy.append(statistics.median(one.buy_seconds for one in bought))
    written = [
        (_rows(source, one.quote_id, _QUOTE_ROWS), _rows(source, one.quote_id, _PURCHASE_ROWS))
        for one in bought
    ]
    into.rows.append(statistics.median(len(quote) + len(buy) for quote, buy in written))
    seconds = [(_write(copy, quote), _write(copy, buy)) for quote, buy in written]
    into.bare_quote.append(statistics.median(quote for quote, _ in seconds))
    into.bare_buy.append(statistics.median(buy for _, buy in seconds))


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase that was made, and how long its two parts took."""

    quote_id: UUID
    quote_seconds: float
    buy_seconds: float


Buying = Callable[[], Bought]


def _buyings(cast: Cast) -> Iterator[Buying]:
    """Every person buys every track in every recipe, one by one."""
    people = (cast.alice, cast.bob, cast.lena, cast.otto)
    for person, track_id, recipe in product(people, cast.track_ids, RECIPES):
        yield partial(_buy, person.pk, track_id, recipe)


def _buy(person_id: int, track_id: int, recipe: str) -> Bought:
    from pennywhistle.flows.buy_basket import buy_basket
    from pennywhistle.flows.quote_basket import BasketItem, quote_basket
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_id
    from tests.cast import GERMANY

    start = time.perf_counter()
    offer = quote_basket(
        quote_id=new_id(now=utc_now()),
        person_id=person_id,
        items=[BasketItem("track", track_id, recipe)],
        domain="testserver",
        evidence=GERMANY,
        now=utc_now(),
    )
    quoted = time.perf_counter()
    buy_basket(quote_id=offer.id, person_id=person_id, now=utc_now())
    return Bought(offer.id, quoted - start, time.perf_counter() - quoted)


def _copy(home: Path) -> sqlite3.Connection:
    """The database as it stands, again, as durable as the store keeps it."""
    copy = sqlite3.connect(home / "copy.sqlite3", isolation_level=None)
    with closing(sqlite3.connect(home / "store.sqlite3")) as source:
        source.backup(copy)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        copy.execute(f"PRAGMA {pragma}")
    return copy


def _rows(source: sqlite3.Connection, quote_id: UUID, wanted: tuple[tuple[str, str], ...]) -> Rows:
    """What a purchase left in these tables, as inserts."""
    named = {"quote": quote_id.hex, "documents": f"sale/{quote_id}/%"}
    return [
        (f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        for table, where in wanted
        for row in source.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY id", named)
    ]


def _write(copy: sqlite3.Connection, rows: Rows) -> float:
    """Insert `rows` in one transaction; seconds."""
    start = time.perf_counter()
    copy.execute("BEGIN IMMEDIATE")
    for statement, row in rows:
        copy.execute(statement, row)
    copy.execute("COMMIT")
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(Path(os.environ["PENNYWHISTLE_HOME"])))))
