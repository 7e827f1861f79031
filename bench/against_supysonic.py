"""The first byte of a transcoded file from the store and from supysonic, and what that one lacks.

Both are given the same masters, the same ffmpeg and the same bitrate, two processes each, cold.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench import client, supysonic
from bench.figure import Figure, at_most, exactly, not_measured
from bench.processes import await_quiet, watching
from bench.stock import ALBUM_RECIPE, TRACKS, Item, Stock
from bench.store import Served, forget_renditions, serving
from bench.supysonic import Supysonic

ROUNDS = 7
KBPS = 192
_FIRST = "first byte of a cold track ÷ supysonic's, same file, same codec"
_LISTENERS = 6
_BETWEEN_SECONDS = 0.05


def figures(stock: Stock, home: Path) -> Iterator[Figure]:
    """The ratio, and then each thing that it was said to lack, by asking both for it."""
    environment = home / "supysonic"
    try:
        supysonic.install(environment)
    except supysonic.NotToBeHadError as error:
        yield not_measured(_FIRST, "≤ 0.7", "ratio", str(error))
        return
    scratch = home / "supysonic-run"
    shutil.rmtree(scratch, ignore_errors=True)
    items = stock.of(ALBUM_RECIPE)
    with ExitStack() as running:
        running.callback(shutil.rmtree, scratch, ignore_errors=True)
        music = _music(items, scratch / "music")
        theirs = running.enter_context(
            supysonic.running(environment=environment, folder=scratch / "home", music=music)
        )
        ours = running.enter_context(serving(processes=2))
        yield _first_bytes(items, ours, theirs)
        yield from _lacks(items, ours, theirs)


def _music(items: list[Item], folder: Path) -> Path:
    """The masters as tagged files, as supysonic wants them."""
    folder.mkdir(parents=True)
    for number, item in enumerate(items, start=1):
        shutil.copy(item.master, folder / f"{number:02}.flac")
    return folder


def _first_bytes(items: list[Item], ours: Served, theirs: Supysonic) -> Figure:
    store: list[float] = []
    other: list[float] = []
    forget_renditions()
    for number, item in enumerate(items[: ROUNDS + 2], start=1):
        for port, address, measured, root in (
            (theirs.port, theirs.address(f"Length {number}", kbps=KBPS), other, theirs.process_id),
            (ours.port, item.address, store, ours.process_id),
        ):
            measured.append(client.first_byte(port, address).first)
            await_quiet(root)
    # The first two rounds warm up both processes of each.
    mine, his = statistics.median(store[2:]), statistics.median(other[2:])
    return at_most(
        _FIRST,
        mine / his,
        0.7,
        "ratio",
        f"{ALBUM_RECIPE}, medians of {ROUNDS}: {mine * 1000:.1f} ms from the store, "
        f"{his * 1000:.1f} ms from supysonic under gunicorn, two processes each",
        theirs.versions,
    )


def _lacks(items: list[Item], ours: Served, theirs: Supysonic) -> Iterator[Figure]:
    """Range on a cold file, a second worker, an estimated length: each with a track of its own."""
    forget_renditions()
    yield _cold_range(items[-3], ours, theirs, f"Length {TRACKS - 2}")
    yield _encodes(items[-2], ours, theirs, f"Length {TRACKS - 1}")
    yield _told_length(items[-1], ours, theirs, f"Length {TRACKS}")


def _cold_range(item: Item, ours: Served, theirs: Supysonic, title: str) -> Figure:
    part = {"Range": "bytes=100000-100999"}
    mine = client.fetch(ours.port, item.address, part)
    his = client.fetch(theirs.port, theirs.address(title, kbps=KBPS), part)
    return exactly(
        "a range of a cold file: status of the answer",
        mine.status,
        206,
        "HTTP status",
        f"1,000 bytes were asked for: {len(mine.body)} came from the store; supysonic answered "
        f"{his.status} with {len(his.body)}",
        theirs.versions,
    )


def _encodes(item: Item, ours: Served, theirs: Supysonic, title: str) -> Figure:
    counts = []
    for port, root, address in (
        (ours.port, ours.process_id, item.address),
        (theirs.port, theirs.process_id, theirs.address(title, kbps=KBPS)),
    ):
        await_quiet(root)
        with watching(root) as watched, ThreadPoolExecutor(_LISTENERS) as pool:
            for _ in range(_LISTENERS):
                pool.submit(client.fetch, port, address)
                time.sleep(_BETWEEN_SECONDS)
        counts.append(len(watched.encoders))
    return exactly(
        f"encodes of a cold file asked by {_LISTENERS}, one shortly after another",
        counts[0],
        1,
        "encoder processes",
        f"supysonic ran {counts[1]} on its two processes",
        theirs.versions,
    )


def _told_length(item: Item, ours: Served, theirs: Supysonic, title: str) -> Figure:
    mine = client.fetch(ours.port, item.address)
    told = int(mine.headers["content-length"])
    cut = client.fetch(theirs.port, theirs.address(title, kbps=KBPS, is_estimated=True))
    whole = client.fetch(theirs.port, theirs.address(title, kbps=KBPS))
    return exactly(
        "bytes missing from a cold file whose length was told",
        told - len(mine.body),
        0,
        "bytes",
        f"the store told {told} and sent them; supysonic, asked for its estimate, told "
        f"{cut.headers.get('content-length')} and sent {len(cut.body)} of {len(whole.body)}",
        theirs.versions,
    )
