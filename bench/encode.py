"""What encoding through the store costs over the bare encoder: time to the first byte, and CPU.

The bare encoder is the same ffmpeg on the same master, called as one would by hand. Both take turns
within one run; every figure is a ratio of medians.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, at_most
from bench.store import open_store, serving

RECIPE = "mp3-192"
BUYER = "regular@example.org"
ROUNDS = 15
CPU_ROUNDS = 5
_PIECE_BYTES = 65_536
_TIMEOUT_SECONDS = 60
# What ffmpeg itself writes before the music of an MP3: an ID3 head with its name, and an Info frame.
_BARE_HEAD_BYTES = 45 + 626


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is encoded: where its master lies, its address, and what comes before its music.

    `head_bytes` are the tags and the Info frame, which the encoder has no part in.
    """

    master: Path
    address: str
    head_bytes: int
    renditions: Path


def run() -> Iterator[Figure]:
    """Measure; yields the figures."""
    home = open_store()
    subject = _subject(home)
    with serving() as (port, server):
        yield from _first_bytes(subject, port)
        yield _cpu(subject, port, server)


def _first_bytes(subject: _Subject, port: int) -> Iterator[Figure]:
    _through_store(subject, port)  # Imports, caches of the disk, and connections are warm.
    bare, store = [], []
    for _ in range(ROUNDS):
        bare.append(_bare(subject.master))
        store.append(_through_store(subject, port))
    for number, what in enumerate(("first byte", "first byte of music")):
        ours, theirs = (
            statistics.median(each[number] for each in measured) for measured in (store, bare)
        )
        yield at_most(
            f"{what} of a cold track over HTTP ÷ the bare encoder's",
            ours / theirs,
            1.3,
            "ratio",
            f"{RECIPE}, medians of {ROUNDS}: {ours * 1000:.1f} ms through the store, "
            f"{theirs * 1000:.1f} ms of ffmpeg on a pipe",
        )


def _cpu(subject: _Subject, port: int, server: int) -> Figure:
    before = _cpu_of_tree(server)
    bare_seconds = 0.0
    for _ in range(CPU_ROUNDS):
        started = _cpu_of_children()
        _bare(subject.master, whole=True)
        bare_seconds += _cpu_of_children() - started
        _through_store(subject, port, whole=True)
    store_seconds = _cpu_of_tree(server) - before
    return at_most(
        "CPU of one encode through the store ÷ the bare encoder's",
        store_seconds / bare_seconds,
        1.05,
        "ratio",
        f"{RECIPE}, {CPU_ROUNDS} encodes, each with its whole HTTP delivery: {store_seconds:.2f} s "
        f"of the server and its encoders, {bare_seconds:.2f} s of ffmpeg alone",
    )


def _bare(master: Path, *, whole: bool = False) -> tuple[float, float]:
    """Seconds to the first byte and to the first byte of music."""
    from pennywhistle.adapters.audio.binary import ffmpeg_path

    command = [ffmpeg_path(), "-nostdin", "-v", "quiet", "-i", str(master), "-map", "0:a"]
    command += ["-c:a", "libmp3lame", "-b:a", "192k", "-f", "mp3", "pipe:1"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        times = _arrivals(process.stdout.read, _BARE_HEAD_BYTES, started)
        while whole and process.stdout.read(_PIECE_BYTES):
            pass
        process.kill()
    return times


def _through_store(subject: _Subject, port: int, *, whole: bool = False) -> tuple[float, float]:
    """The same over HTTP, with an empty cache."""
    shutil.rmtree(subject.renditions, ignore_errors=True)
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
        request = f"GET {subject.address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        with connection.makefile("rb", buffering=0) as answer:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += answer.read(1) or b""
            if b" 200 " not in head[:20]:
                raise RuntimeError(f"the store answered {head[:80]!r}")
            times = _arrivals(answer.read, subject.head_bytes, started)
            # The rest is read also where it is not counted, so that the next round is alone.
            while answer.read(_PIECE_BYTES):
                pass
    return times


def _arrivals(read: object, head_bytes: int, started: float) -> tuple[float, float]:
    """When the first byte came, and the first behind `head_bytes`."""
    first = None
    got = 0
    while got <= head_bytes:
        piece = read(_PIECE_BYTES)  # type: ignore[operator]
        if not piece:
            raise RuntimeError(f"the music ended after {got} bytes")
        first = first or time.perf_counter() - started
        got += len(piece)
    assert first is not None
    return first, time.perf_counter() - started


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of_tree(root: int) -> float:
    """Seconds of CPU of a process, its living descendants, and the ended ones they waited for."""
    total, pending = 0, [root]
    while pending:
        pid = pending.pop()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
        for task in Path(f"/proc/{pid}/task").iterdir():
            pending += [int(child) for child in (task / "children").read_text().split()]
    return total / os.sysconf("SC_CLK_TCK")


def _subject(home: Path) -> _Subject:
    """What the demo's regular has bought as MP3."""
    from django.conf import settings

    from pennywhistle.flows.deliver_rendition import download_address
    from pennywhistle.flows.encode_rendition import want_rendition
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.accounts.queries import find_person
    from pennywhistle.shop.encoding.rules import get_recipe
    from pennywhistle.shop.library.queries import list_owned

    person = find_person(email=BUYER)
    if person is None:
        raise LookupError(f"the store in {home} has no {BUYER}; remove it, and it is made anew")
    item = next(item for item in list_owned(person_id=person.id) if item.recipe == RECIPE)
    recipe = get_recipe(code=RECIPE)
    wanted = want_rendition(track=item.track, recipe=recipe, outfit=get_outfit())
    info_frame_bytes = 144_000 * wanted.order.info_kbps // item.track.master.sample_rate_hz
    return _Subject(
        master=wanted.order.source,
        address=download_address(item_id=item.id, file_name="song.mp3", now=utc_now()),
        head_bytes=len(wanted.order.tag_block) + info_frame_bytes,
        renditions=Path(settings.RENDITIONS_FOLDER),
    )
