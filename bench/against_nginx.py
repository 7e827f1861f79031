"""A finished file of 30 MB from the store, from nginx, and from the store behind nginx."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import client, nginx
from bench.figure import Figure, at_least, not_measured
from bench.stock import CACHED_RECIPE, Stock
from bench.store import serving

CONNECTIONS = 4
ROUNDS = 9
WHOLE_REQUESTS = 12
RANGE_BYTES = 1024 * 1024
RANGE_REQUESTS = 150
ACCEL_SETTING, INTERNAL = "PENNYWHISTLE_ACCEL_PREFIX", "/finished"

_UNIT = "ratio of bytes a second"
_WHOLE = f"cached file of 30 MB, store alone ÷ nginx, {CONNECTIONS} connections"
_RANGES = f"ranges of 1 MB of a cached file, store alone ÷ nginx, {CONNECTIONS} connections"
_ACCEL = f"cached file of 30 MB by X-Accel-Redirect ÷ nginx, {CONNECTIONS} connections"
_ACCEL_RANGES = (
    f"ranges of 1 MB of a cached file by X-Accel-Redirect ÷ nginx, {CONNECTIONS} connections"
)

Speed = Callable[[], float]


def figures(stock: Stock, home: Path) -> Iterator[Figure]:
    """Store and nginx with two processes each, in turns within one run."""
    if not nginx.is_here():
        for name, goal in ((_WHOLE, "≥ 0.9"), (_RANGES, "≥ 0.5"), (_ACCEL, "≥ 0.95")):
            yield not_measured(name, goal, _UNIT, nginx.HOW_TO_GET)
        return
    address = stock.of(CACHED_RECIPE)[0].address
    with ExitStack() as running:
        alone = running.enter_context(serving(processes=2))
        behind = running.enter_context(
            serving(processes=2, environment={ACCEL_SETTING: f"{INTERNAL}/"})
        )
        front_port = running.enter_context(
            nginx.running(
                folder=home / "nginx",
                files=home / "renditions",
                store_port=behind.port,
                internal=INTERNAL,
            )
        )
        plain = f"/plain/{_cached_name(alone.port, address, home / 'renditions')}"
        for asked, bounds in ((_whole, (0.9, 0.95)), (_ranges, (0.5, None))):
            names = (_WHOLE, _ACCEL) if asked is _whole else (_RANGES, _ACCEL_RANGES)
            yield from _compare(
                names,
                bounds,
                theirs=partial(asked, front_port, plain),
                ours=(partial(asked, alone.port, address), partial(asked, front_port, address)),
            )


def _compare(
    names: tuple[str, str],
    bounds: tuple[float, float | None],
    *,
    theirs: Speed,
    ours: tuple[Speed, Speed],
) -> Iterator[Figure]:
    """Each of `ours` over `theirs`, in turns: medians."""
    speeds: list[list[float]] = [[], [], []]
    for number in range(ROUNDS + 1):
        for measured, speed in zip(speeds, (theirs, *ours), strict=True):
            got = speed()
            if number:  # The first round warms up.
                measured.append(got)
    bare, *stores = speeds
    for name, bound, store in zip(names, bounds, stores, strict=True):
        yield at_least(
            name,
            statistics.median(mine / his for mine, his in zip(store, bare, strict=True)),
            bound,
            _UNIT,
            f"the median of {ROUNDS} pairs: {statistics.median(store) / 1e6:.0f} MB/s from the "
            f"store, {statistics.median(bare) / 1e6:.0f} MB/s from nginx with sendfile and "
            f"{nginx.WORKERS} workers, on loopback",
            {"nginx": nginx.version()},
        )


def _whole(port: int, address: str) -> float:
    return client.bytes_a_second(
        port, address, connections=CONNECTIONS, requests=WHOLE_REQUESTS, ranges=[]
    )


def _ranges(port: int, address: str) -> float:
    chosen = random.Random(1)  # the same places for everyone
    starts = [chosen.randrange(28_000_000) for _ in range(RANGE_REQUESTS)]
    return client.bytes_a_second(
        port,
        address,
        connections=CONNECTIONS,
        requests=RANGE_REQUESTS,
        ranges=[(start, start + RANGE_BYTES - 1) for start in starts],
    )


def _cached_name(port: int, address: str, renditions: Path) -> str:
    """Where the file lies below `renditions` once it has been asked for."""
    client.first_byte(port, address, whole=True)
    etag = client.fetch(port, address, {"Range": "bytes=0-0"}).headers["etag"]
    key = etag.strip('"')
    found = next(path for path in renditions.rglob(f"*{key}*") if path.is_file())
    return str(found.relative_to(renditions))
