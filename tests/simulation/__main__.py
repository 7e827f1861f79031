"""`python -m tests.simulation --seed 7 --steps 400 --people 12 --days 100`: one year, in a database of its own.

On SQLite, or on the server that PENNYWHISTLE_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext
from pathlib import Path

from bench.shops import database_for_bench, open_shop, server_of_bench


def main() -> None:
    """Simulate, and say how it went; a law that is broken ends it."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--steps", type=int, default=400)
    asked.add_argument("--people", type=int, default=12)
    asked.add_argument("--days", type=int, default=365)
    asked.add_argument("--planted", default="", help="a bug of tests/simulation/planted.py")
    chosen = asked.parse_args()
    with database_for_bench(server_of_bench()) as settings:
        os.environ.update(settings)
        open_shop()
        from tests.simulation.planted import planted
        from tests.simulation.run import simulate

        folder = Path(settings["PENNYWHISTLE_HOME"]) / "gateway"
        with planted(chosen.planted) if chosen.planted else nullcontext():
            year = simulate(
                seed=chosen.seed,
                steps=chosen.steps,
                people=chosen.people,
                days=chosen.days,
                folder=folder,
            )
        print(year)
        from django.db import connections

        connections.close_all()


if __name__ == "__main__":
    main()
