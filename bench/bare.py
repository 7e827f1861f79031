"""The bare encoder: the same ffmpeg on the same master, called as one would by hand."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from bench.client import Arrival, arrival

_PIECE_BYTES = 65_536
_WHOLE_SECONDS_MAX = 300
# Every packet is handed over at once: the quickest that the encoder can be on a pipe.
_COMMANDS = {
    "mp3-192": ("-c:a", "libmp3lame", "-b:a", "192k", "-f", "mp3"),
    "mp3-v0": ("-c:a", "libmp3lame", "-q:a", "0", "-f", "mp3"),
    "opus-128": ("-c:a", "libopus", "-b:a", "128k", "-f", "ogg"),
    "vorbis-q6": ("-c:a", "libvorbis", "-q:a", "6", "-f", "ogg"),
    "flac": ("-c:a", "flac", "-f", "flac"),
    "wav": ("-c:a", "pcm_s16le", "-f", "wav"),
}
RECIPES = tuple(_COMMANDS)
# What ffmpeg itself writes before the music of an MP3: an ID3 head with its name, and an Info frame.
MP3_HEAD_BYTES = 45 + 626


def first_byte(master: Path, recipe: str, *, head_bytes: int = 0) -> Arrival:
    """When its first bytes come over a pipe; it is ended then."""
    started = time.perf_counter()
    with _running(master, recipe) as output:
        return arrival(lambda: output.read(_PIECE_BYTES), head_bytes, started)


def cpu_seconds(master: Path, recipe: str) -> float:
    """CPU of one whole encode over a pipe."""
    before = _cpu_of_children()
    with _running(master, recipe) as output:
        while output.read(_PIECE_BYTES):
            pass
    return _cpu_of_children() - before


def side_by_side_seconds(masters: list[Path], recipe: str, folder: Path, *, at_once: int) -> float:
    """How long it takes to encode all into files of `folder`, so many at once."""

    def encode(numbered: tuple[int, Path]) -> None:
        number, master = numbered
        target = str(folder / f"{number}.out")
        subprocess.run(_command(master, recipe, target), timeout=_WHOLE_SECONDS_MAX, check=True)

    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(encode, enumerate(masters)))
    return time.perf_counter() - started


def _command(master: Path, recipe: str, target: str) -> list[str]:
    from pennywhistle.adapters.audio.binary import ffmpeg_path

    command = [ffmpeg_path(), "-nostdin", "-v", "quiet", "-y", "-i", str(master), "-map", "0:a"]
    return [*command, *_COMMANDS[recipe], "-flush_packets", "1", target]


@contextlib.contextmanager
def _running(master: Path, recipe: str) -> Iterator[IO[bytes]]:
    command = _command(master, recipe, "pipe:1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
