"""What encoding through the store costs over the bare encoder: time to the first byte, and CPU.

The bare encoder is the same ffmpeg on the same master, called as one would by hand. Both take turns
within one run; every figure is a ratio of medians. The store keeps encoders started ahead, as it does
by default, and of the first bytes it is measured too what it does without.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import bare, client
from bench.client import Arrival
from bench.figure import Figure, at_most
from bench.processes import await_quiet, cpu_seconds_of_tree
from bench.stock import ALBUM_RECIPE, Item, Stock, stock_album
from bench.store import Served, forget_renditions, open_store, serving

ROUNDS = 9
CPU_ROUNDS = 5
CROWD, CROWD_ROUNDS = 8, 5


_NONE_READY = {"PENNYWHISTLE_ENCODERS_READY": "0"}
# Until those that were taken are there again.
_READY_SECONDS = 1.0


def run() -> Iterator[Figure]:
    """Measure; yields the figures."""
    stock = stock_album(open_store())
    with serving(environment=_NONE_READY) as served:
        yield from _first_bytes(stock, served, goal=1.3, how="none is started ahead")
    with serving() as served:
        yield from _first_bytes(stock, served, goal=0.5, how="encoders are started ahead")
        yield _in_a_crowd(stock, served)
        yield _cpu(stock.of(ALBUM_RECIPE)[0], served)


def _first_bytes(stock: Stock, served: Served, *, goal: float, how: str) -> Iterator[Figure]:
    ratios, told, music = [], [], None
    for recipe in bare.RECIPES:
        ours, theirs = _turns(stock.of(recipe)[0], served)
        ratios.append(ours.first / theirs.first)
        told.append(f"{recipe} {ours.first * 1000:.1f} ms to {theirs.first * 1000:.1f}")
        if recipe == ALBUM_RECIPE:
            music = (ours.music, theirs.music)
    yield at_most(
        f"first byte of a cold track over HTTP ÷ the bare encoder's, {how}",
        statistics.median(ratios),
        goal,
        "ratio",
        f"the median over recipes that stream, each of medians of {ROUNDS}: {', '.join(told)} of "
        "ffmpeg on a pipe",
    )
    assert music is not None
    yield at_most(
        f"first byte of music of a cold track over HTTP ÷ the bare encoder's, {how}",
        music[0] / music[1],
        1.3,
        "ratio",
        f"{ALBUM_RECIPE}, behind tags and cover, medians of {ROUNDS}: {music[0] * 1000:.1f} ms "
        f"through the store, {music[1] * 1000:.1f} ms of ffmpeg on a pipe",
    )


def _turns(item: Item, served: Served) -> tuple[Arrival, Arrival]:
    """Medians through the store, with an empty cache, and of the bare encoder."""
    _cold(item, served)  # Imports, caches of the disk, and connections are warm.
    theirs, ours = [], []
    head_bytes = bare.MP3_HEAD_BYTES if item.recipe.startswith("mp3") else 0
    for _ in range(ROUNDS):
        theirs.append(bare.first_byte(item.master, item.recipe, head_bytes=head_bytes))
        ours.append(_cold(item, served))
    return _median(ours), _median(theirs)


def _cold(item: Item, served: Served) -> Arrival:
    """From an empty cache; read to its end, so that the next round is alone."""
    _settle(served)
    return client.first_byte(served.port, item.address, head_bytes=item.head_bytes, whole=True)


def _settle(served: Served) -> None:
    """An empty cache, and nobody at work."""
    await_quiet(served.process_id)
    forget_renditions()
    time.sleep(_READY_SECONDS)


def _median(arrivals: list[Arrival]) -> Arrival:
    return Arrival(
        statistics.median(one.first for one in arrivals),
        statistics.median(one.music for one in arrivals),
    )


def _in_a_crowd(stock: Stock, served: Served) -> Figure:
    items = stock.of(ALBUM_RECIPE)[:CROWD]
    theirs: list[float] = []
    crowded: list[float] = []
    ours: list[float] = []
    for number in range(CROWD_ROUNDS + 1):
        theirs += [bare.first_byte(item.master, item.recipe).first for item in items]
        _settle(served)
        with ThreadPoolExecutor(CROWD) as pool:
            came = pool.map(lambda item: client.first_byte(served.port, item.address).first, items)
            if number:  # The first leaves encoders started for those who come next.
                ours += came
        await_quiet(served.process_id)
        with ThreadPoolExecutor(CROWD) as pool:
            crowded += pool.map(lambda item: bare.first_byte(item.master, item.recipe).first, items)
    alone = statistics.median(theirs)
    return at_most(
        f"p95 of the first byte with {CROWD} cold tracks at once ÷ the bare encoder's alone",
        _p95(ours) / alone,
        4,
        "ratio",
        f"{ALBUM_RECIPE}, {CROWD_ROUNDS} crowds after another one: {_p95(ours) * 1000:.1f} ms at p95, "
        f"{statistics.median(ours) * 1000:.1f} ms at the median; ffmpeg alone {alone * 1000:.1f} ms "
        f"at the median, and {_p95(crowded) * 1000:.1f} ms at p95 of {CROWD} at once",
    )


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _cpu(item: Item, served: Served) -> Figure:
    ratios, store_seconds, bare_seconds = [], [], []
    for _ in range(CPU_ROUNDS):
        bare_seconds.append(bare.cpu_seconds(item.master, item.recipe))
        before = cpu_seconds_of_tree(served.process_id)
        _cold(item, served)
        await_quiet(served.process_id)
        store_seconds.append(cpu_seconds_of_tree(served.process_id) - before)
        ratios.append(store_seconds[-1] / bare_seconds[-1])
    return at_most(
        "CPU of one encode through the store ÷ the bare encoder's",
        statistics.median(ratios),
        1.05,
        "ratio",
        f"{item.recipe}, the median of {CPU_ROUNDS} pairs, each with its whole HTTP delivery: "
        f"{statistics.median(store_seconds):.2f} s of the server and its encoder, "
        f"{statistics.median(bare_seconds):.2f} s of ffmpeg alone",
    )
