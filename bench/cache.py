"""What the cache's policy saves of encoding, against two others at the same budget: a simulation."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.cache_simulation import BUDGET_SHARE, Outcome, Simulated, simulate
from bench.figure import Figure, at_least

SEEDS = (1, 2, 3, 4, 5)


def run() -> Iterator[Figure]:
    """Simulate; yields the figures."""
    years = [simulate(seed=seed) for seed in SEEDS]
    for name, others in (
        ("LRU", [year.lru for year in years]),
        ("LFU", [year.lfu for year in years]),
    ):
        yield _against(name, years, others)


def _against(name: str, years: list[Simulated], others: list[Outcome]) -> Figure:
    pairs = list(zip(years, others, strict=True))
    return at_least(
        f"encoding saved by the cache's policy ÷ by {name} at the same budget",
        statistics.median(year.worth.saved_seconds / other.saved_seconds for year, other in pairs),
        1,
        "ratio of CPU seconds",
        f"medians of {len(SEEDS)} simulated years of {years[0].requests:,} requests, the cache "
        f"holding {BUDGET_SHARE:.0%} of all renditions: "
        f"{statistics.median(year.worth.saved_seconds / year.all_seconds for year in years):.1%} "
        f"of all encoding saved, by {name} "
        f"{statistics.median(other.saved_seconds / year.all_seconds for year, other in pairs):.1%}",
    )
