"""Six-leg sales a second through the ledger, and as bare SQL.

A sale of six legs: the price from a wallet into sales, its tax, and four royalties. On SQLite one
writer makes them, on PostgreSQL eight at once with wallets of their own. The sales, the tax and the
licensors' accounts are the same ones for all: what is not guarded is never a lock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from bench.figure import Figure, at_least, at_most, not_measured
from bench.shops import (
    Begin,
    Shift,
    Tills,
    copy_database,
    deal,
    measure_in_child,
    middle,
    open_shop,
    rows_of,
    server_of_bench,
    timed,
    write_bare,
    write_bare_in_one_call,
)

if TYPE_CHECKING:
    from pennywhistle.shop.ledger.rules import NewAccount, TransferFacts

ROUNDS = 8
SALES_PER_ROUND = 320
WRITERS = {"sqlite": 1, "postgresql": 8}
RATIO_LEAST = 0.5


def run() -> Iterator[Figure]:
    """On SQLite, and on PostgreSQL where a server is named."""
    for database, server in (("sqlite", ""), ("postgresql", server_of_bench())):
        if database == "postgresql" and not server:
            yield not_measured(
                "ledger_posted_over_sql_postgresql",
                f"≥ {RATIO_LEAST}",
                "× the rate",
                "PENNYWHISTLE_TEST_DATABASE_URL names no server",
            )
            return
        yield from _figures(database, measure_in_child("bench.ledger", server))


def _figures(database: str, measured: dict[str, list[float]]) -> Iterator[Figure]:
    posted, bare = middle(measured["posted"]), middle(measured["bare"])
    writers = WRITERS[database]
    against = (
        f"the same six rows in bare SQL, guards and indexes included, {writers} at once, each sale "
        f"on the disk: {bare:.0f} sales/s"
    )
    yield at_least(f"ledger_posted_{database}", posted, None, "sales/s", against)
    ratios = [a / b for a, b in zip(measured["posted"], measured["bare"], strict=True)]
    yield at_least(
        f"ledger_posted_over_sql_{database}", middle(ratios), RATIO_LEAST, "× the rate", against
    )
    if measured["in_one_call"]:
        one_call = middle(measured["in_one_call"])
        yield at_least(
            f"ledger_posted_over_sql_in_one_call_{database}",
            posted / one_call,
            None,
            "× the rate",
            f"the same, each sale's statements sent in one call: {one_call:.0f} sales/s",
        )
    yield at_most(
        f"ledger_longest_wait_{database}",
        max(measured["longest_ms"]),
        None,
        "ms",
        f"one sale of {writers} at once: p50 {middle(measured['p50_ms']):.2f} ms, p99 "
        f"{middle(measured['p99_ms']):.2f} ms",
    )


def _measure() -> dict[str, list[float]]:
    open_shop()
    from django.db import connection, transaction

    from pennywhistle.shop.ledger.operations import open_accounts, post

    writers, numbers = WRITERS[connection.vendor], count()
    open_accounts(accounts=[account for w in range(writers) for account in _accounts(w)])
    with transaction.atomic():
        post(transfers=[_filled(writer) for writer in range(writers)])
    copy = copy_database()
    measured: dict[str, list[float]] = {
        name: [] for name in ("posted", "bare", "in_one_call", "p50_ms", "p99_ms", "longest_ms")
    }
    with Tills(writers) as tills:
        for round_number in range(ROUNDS + 1):
            sales = deal([next(numbers) for _ in range(SALES_PER_ROUND)], writers)
            posted = tills.work(_post_sales, list(enumerate(sales)))
            rows = [
                (copy, [_rows(writer, number) for number in hand])
                for writer, hand in enumerate(sales)
            ]
            in_one_call = writers > 1 and round_number % 3 == 0
            bare = tills.work(write_bare_in_one_call if in_one_call else write_bare, rows)
            if in_one_call:
                measured["in_one_call"].append(bare.rate)
            elif round_number:  # The first one warms everything up.
                _note(measured, posted, bare)
    return measured


def _note(measured: dict[str, list[float]], posted: Shift, bare: Shift) -> None:
    measured["posted"].append(posted.rate)
    measured["bare"].append(bare.rate)
    measured["p50_ms"].append(posted.percentile(0.5))
    measured["p99_ms"].append(posted.percentile(0.99))
    measured["longest_ms"].append(posted.percentile(1))


def _post_sales(part: tuple[int, list[int]], begin: Begin) -> list[float]:
    writer, numbers = part
    return timed([partial(_post, writer, number) for number in numbers], begin)


def _post(writer: int, number: int) -> None:
    from django.db import transaction

    from pennywhistle.shop.ledger.operations import post

    with transaction.atomic(durable=True):
        post(transfers=_legs(writer, number), opening=_accounts(writer))


def _document(writer: int, number: int) -> str:
    return f"sale/01a20d6d-5a00-7000-8000-{writer:04d}{number:08d}/1"


def _legs(writer: int, number: int) -> list[TransferFacts]:
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.money import Money
    from pennywhistle.shop.ledger.rules import TransferFacts

    now, document = utc_now(), _document(writer, number)
    legs = [("sale", f"wallet/{writer}/EUR", "sales/EUR", 190_000)]
    legs += [("tax", "sales/EUR", "vat/DE/EUR", 30_336)]
    legs += [(f"royalty/{n}", "sales/EUR", f"royalties/{n}/EUR", 9_000 + n) for n in range(4)]
    return [
        TransferFacts(
            f"{document}/{leg}", debit, credit, Money(micros, "EUR"), leg[:7], document, now
        )
        for leg, debit, credit, micros in legs
    ]


def _filled(writer: int) -> TransferFacts:
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.money import Money
    from pennywhistle.shop.ledger.rules import TransferFacts

    key, wallet = f"top-up/{writer}", f"wallet/{writer}/EUR"
    much = Money.parse("10000.00", "EUR")
    return TransferFacts(key, "clearing/sandbox/EUR", wallet, much, "top-up", key, utc_now())


def _accounts(writer: int) -> list[NewAccount]:
    from pennywhistle.shop.ledger.rules import NewAccount

    return [
        NewAccount(f"wallet/{writer}/EUR", "EUR", "liability", is_guarded=True),
        NewAccount("clearing/sandbox/EUR", "EUR", "asset"),
        NewAccount("sales/EUR", "EUR", "income"),
        NewAccount("vat/DE/EUR", "EUR", "liability"),
        *(NewAccount(f"royalties/{n}/EUR", "EUR", "liability") for n in range(4)),
    ]


def _rows(writer: int, number: int) -> list[tuple[str, tuple[object, ...]]]:
    document = _document(writer, number)
    return rows_of([("ledger_transfer", "document = %(document)s")], {"document": document})


if __name__ == "__main__":
    assert os.environ["DJANGO_SETTINGS_MODULE"]
    print(json.dumps(_measure()))
