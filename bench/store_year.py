"""A year of the store in a seeded simulation: what was sold, and what the laws found.

Thousands of listeners on a database of its own; `tests/simulation` tells what happens to them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, exactly, not_measured
from bench.shops import measure_in_child, open_shop, server_of_bench

SEED = 2026
STEPS = 3_000
PEOPLE = 2_000


def run() -> Iterator[Figure]:
    """On SQLite, and on PostgreSQL where a server is named."""
    for database, server in (("sqlite", ""), ("postgresql", server_of_bench())):
        if database == "postgresql" and not server:
            yield not_measured(
                "store_year_findings_postgresql",
                "= 0",
                "laws broken",
                "PENNYWHISTLE_TEST_DATABASE_URL names no server",
            )
            return
        year = measure_in_child("bench.store_year", server)
        yield exactly(
            f"store_year_findings_{database}",
            len(year["findings"]),
            0,
            "laws broken",
            f"{PEOPLE} listeners: {year['lines']} lines sold in {year['purchases']} purchases, "
            f"{year['refunds']} given back, {year['disputes']} disputes, {year['kills']} processes "
            f"killed at a call, {year['transfers']} transfers, laws checked {year['looks']} times "
            f"in {year['seconds']:.0f} s{''.join(': ' + each for each in year['findings'])}",
        )


def _simulate() -> dict[str, object]:
    open_shop()
    from tests.simulation.run import YearError, simulate

    folder = Path(os.environ["PENNYWHISTLE_HOME"]) / "gateway"
    start = time.monotonic()
    try:
        year = simulate(seed=SEED, steps=STEPS, people=PEOPLE, folder=folder)
    except YearError as error:
        print(error, file=sys.stderr)
        names = ("lines", "purchases", "refunds", "disputes", "kills", "transfers", "looks")
        return dict.fromkeys(names, 0) | {"findings": [str(error)], "seconds": 0}
    return {
        "findings": [],
        "lines": year.lines_sold,
        "purchases": year.seen["purchase"],
        "refunds": year.seen["refund"],
        "disputes": year.seen["dispute"],
        "kills": year.did["killed"],
        "transfers": year.transfers,
        "looks": year.looks,
        "seconds": time.monotonic() - start,
    }


if __name__ == "__main__":
    print(json.dumps(_simulate()))
