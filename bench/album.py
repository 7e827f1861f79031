"""A cold album as a ZIP, against the bare encoder run twice side by side over the same masters."""

from __future__ import annotations

import io
import os
import shutil
import statistics
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench import bare, client
from bench.figure import Figure, at_most
from bench.processes import await_quiet
from bench.stock import ALBUM_RECIPE, TRACKS, Stock, stock_album
from bench.store import Served, forget_renditions, open_store, serving

ROUNDS = 5
SIDE_BY_SIDE = 2


def run() -> Iterator[Figure]:
    """Measure; yields the figures."""
    home = open_store()
    stock = stock_album(home)
    scratch = home / "bare"
    scratch.mkdir(exist_ok=True)
    try:
        with serving(processes=2) as served:
            yield from _album(stock, served, scratch)
    finally:
        shutil.rmtree(scratch)


def _album(stock: Stock, served: Served, scratch: Path) -> Iterator[Figure]:
    address = stock.album_address
    masters = [item.master for item in stock.of(ALBUM_RECIPE)]
    theirs, ours, firsts, ratios = [], [], [], []
    for number in range(ROUNDS + 1):
        await_quiet(served.process_id)
        forget_renditions()
        first, whole = _fetch(served.port, address, check=number == 0)
        alone = bare.side_by_side_seconds(masters, ALBUM_RECIPE, scratch, at_once=SIDE_BY_SIDE)
        if number:  # The first round warms up.
            theirs.append(alone)
            ours.append(whole)
            firsts.append(first)
            ratios.append(whole / alone)
    yield at_most(
        f"{TRACKS}-track album as a ZIP, cold ÷ {SIDE_BY_SIDE} bare encoders side by side",
        statistics.median(ratios),
        1.10,
        "ratio",
        f"{ALBUM_RECIPE}, the median of {ROUNDS} pairs on {os.cpu_count()} cores: "
        f"{statistics.median(ours):.2f} s over HTTP, {statistics.median(theirs):.2f} s of ffmpeg "
        "into files",
    )
    yield at_most(
        "first byte of a cold album ÷ the whole of it",
        statistics.median(firsts) / statistics.median(ours),
        None,
        "ratio",
        f"{statistics.median(firsts) * 1000:.0f} ms, the median of {ROUNDS}",
    )


def _fetch(port: int, address: str, *, check: bool) -> tuple[float, float]:
    """Seconds to its first byte and to its last. `check` looks whether it is the whole album."""
    started = time.perf_counter()
    pieces, first = [], None
    with client.asking(port, address) as answer:
        if answer.status != 200:
            raise RuntimeError(f"the album was answered with {answer.status}")
        while piece := answer.read1(1024 * 1024):
            first = first or time.perf_counter() - started
            if check:
                pieces.append(piece)
    seconds = time.perf_counter() - started
    if check:
        names = zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()
        if sum(name.endswith(".mp3") for name in names) != TRACKS:
            raise RuntimeError(f"the album holds {names}")
    assert first is not None
    return first, seconds
