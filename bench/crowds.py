"""Many listeners at once: one encode for sixteen of them, and the memory that fifty take."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench import bare, client
from bench.figure import Figure, at_most, exactly
from bench.processes import (
    await_quiet,
    cpu_seconds_of_tree,
    resident_bytes_of_tree,
    watching,
)
from bench.stock import ALBUM_RECIPE, CACHED_RECIPE, Stock
from bench.store import Served, forget_renditions, serving

LISTENERS, LISTENER_ROUNDS = 16, 5
DOWNLOADS = 50
DOWNLOAD_SECONDS = 20.0
# A slow listener takes so much, so often: a line of about 5 Mbit/s.
_SIP_BYTES, _SIP_SECONDS = 32_768, 0.05
_GULP_BYTES = 262_144
_SETTLE_SECONDS = 2.0
_MEMORY_LOOK_SECONDS = 0.1


def figures(stock: Stock) -> Iterator[Figure]:
    """On two server processes."""
    with serving(processes=2) as served:
        yield from _one_encode(stock, served)
        yield _memory(stock, served)


def _one_encode(stock: Stock, served: Served) -> Iterator[Figure]:
    encodes, ratios, crowd_seconds, bare_seconds = [], [], [], []
    for item in stock.of(ALBUM_RECIPE)[: LISTENER_ROUNDS + 1]:
        await_quiet(served.process_id)
        forget_renditions()
        before = cpu_seconds_of_tree(served.process_id)
        with (
            watching(served.process_id, master=item.master) as watched,
            ThreadPoolExecutor(LISTENERS) as pool,
        ):
            addresses = [item.address] * LISTENERS
            bodies = set(pool.map(lambda one: client.fetch(served.port, one).body, addresses))
            await_quiet(served.process_id)
        if len(bodies) != 1:
            raise RuntimeError("sixteen listeners were given different files")
        encodes.append(len(watched.encoders))
        crowd_seconds.append(cpu_seconds_of_tree(served.process_id) - before)
        bare_seconds.append(bare.cpu_seconds(item.master, item.recipe))
        ratios.append(crowd_seconds[-1] / bare_seconds[-1])
    what = f"a cold file asked by {LISTENERS} over two server processes"
    yield exactly(
        f"{what}: encodes",
        max(encodes[1:]),
        1,
        "encoder processes",
        f"{ALBUM_RECIPE}, the most of {LISTENER_ROUNDS} rounds, as seen in the process tree; all "
        "were given the same bytes",
    )
    yield at_most(
        f"{what}: CPU ÷ one bare encode's",
        statistics.median(ratios[1:]),
        1.1,
        "ratio",
        f"{ALBUM_RECIPE}, the median of {LISTENER_ROUNDS} pairs: "
        f"{statistics.median(crowd_seconds[1:]):.2f} s of the server, its encoder and "
        f"{LISTENERS} deliveries, {statistics.median(bare_seconds[1:]):.2f} s of ffmpeg alone",
    )


def _memory(stock: Stock, served: Served) -> Figure:
    cached = stock.of(CACHED_RECIPE)[0].address
    # Those whose tags are largest come first: Ogg holds a cover as text.
    others = [item for item in stock.items if item.recipe not in (ALBUM_RECIPE, CACHED_RECIPE)]
    cold = [item.address for item in others + stock.of(ALBUM_RECIPE)]
    client.fetch(served.port, cached)
    for address in cold[:2]:  # Both kinds of download have been in use before.
        client.fetch(served.port, address)
    await_quiet(served.process_id)
    forget_all_but_cached(served, cached)
    time.sleep(_SETTLE_SECONDS)
    idle = resident_bytes_of_tree(served.process_id)
    with watching(served.process_id, look_seconds=_MEMORY_LOOK_SECONDS) as watched:
        _download(served.port, cached, cold)
    over = watched.resident_bytes_most - idle
    await_quiet(served.process_id)
    return at_most(
        f"resident memory over idle while {DOWNLOADS} downloads run",
        over / 1e6,
        30,
        "MB",
        f"the most in {DOWNLOAD_SECONDS:.0f} s, encoders left out, of the server's whole process "
        f"tree, which takes {idle / 1e6:.0f} MB idle; of the downloads half are of a cached file "
        "of 30 MB, a quarter of its ranges, a quarter of cold files, MP3, Opus, Vorbis and "
        "FLAC, that are encoded meanwhile; "
        "every second listener is slow",
    )


def forget_all_but_cached(served: Served, cached: str) -> None:
    """A cache that holds one finished file."""
    forget_renditions()
    client.fetch(served.port, cached)
    await_quiet(served.process_id)


def _download(port: int, cached: str, cold: list[str]) -> None:
    ends_at = time.monotonic() + DOWNLOAD_SECONDS
    ready = threading.Barrier(DOWNLOADS)

    def listen(number: int) -> None:
        ready.wait(client.TIMEOUT_SECONDS)
        headers = {"Range": f"bytes={number * 100_000}-"} if number % 4 == 1 else {}
        address = cold[number // 4 % len(cold)] if number % 4 == 3 else cached
        while time.monotonic() < ends_at:
            _take(port, address, headers, ends_at, is_slow=number % 8 < 4)

    with ThreadPoolExecutor(DOWNLOADS) as pool:
        list(pool.map(listen, range(DOWNLOADS)))


def _take(
    port: int, address: str, headers: dict[str, str], ends_at: float, *, is_slow: bool
) -> None:
    """One download, to its end or to the end of the time."""
    sip = _SIP_BYTES if is_slow else _GULP_BYTES
    with client.asking(port, address, headers, buffer_bytes=_SIP_BYTES * is_slow) as answer:
        while time.monotonic() < ends_at and answer.read1(sip):
            if is_slow:
                time.sleep(_SIP_SECONDS)
