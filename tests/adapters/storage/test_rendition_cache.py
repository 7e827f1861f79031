"""Renditions that grow: one writer, many readers, and nobody is left with half a file."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pennywhistle.adapters.storage import following, growing
from pennywhistle.adapters.storage.rendition_cache import (
    RenditionBrokenError,
    RenditionCache,
    State,
    Swept,
    follow,
)

KEY = "ab" * 32
NAME = {"key": KEY, "extension": "mp3"}
_TIMEOUT_SECONDS = 20

# Holds the claim, writes, says so, and waits to be killed.
HOLDER = """
import sys
from pathlib import Path
from pennywhistle.adapters.storage.rendition_cache import RenditionCache
claim = RenditionCache(Path(sys.argv[1])).claim(key=sys.argv[2], extension="mp3")
claim.write(b"half a so")
print("written", flush=True)
sys.stdin.read()
claim.write(b"ng")
claim.finish()
"""


@pytest.fixture
def cache(tmp_path: Path) -> RenditionCache:
    return RenditionCache(tmp_path)


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("*/*"))


def write(cache: RenditionCache, data: bytes, *, key: str = KEY) -> Path:
    claim = cache.claim(key=key, extension="mp3")
    assert claim is not None
    with claim:
        claim.write(data)
        return claim.finish()


async def read(
    cache: RenditionCache, *, start: int = 0, stop: int | None = None, total: int | None = None
) -> bytes:
    reader = cache.open_reader(**NAME)
    assert reader is not None
    return b"".join([data async for data in follow(reader, start=start, stop=stop, total=total)])


def hold_in_another_process(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=_TIMEOUT_SECONDS)


def test_a_finished_rendition_is_found_and_read_only(cache: RenditionCache, tmp_path: Path) -> None:
    assert cache.find(**NAME) is None
    path = write(cache, b"a song")
    assert cache.find(**NAME) == path == tmp_path / "ab" / f"{KEY}.mp3"
    assert path.read_bytes() == b"a song"
    assert path.stat().st_mode & 0o222 == 0
    assert names(tmp_path) == [f"{KEY}.mp3"]


def test_there_is_one_writer_and_none_for_what_is_finished(cache: RenditionCache) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        assert cache.claim(**NAME) is None
        claim.finish()
    assert cache.claim(**NAME) is None


def test_what_is_not_finished_is_gone(cache: RenditionCache, tmp_path: Path) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with pytest.raises(ZeroDivisionError), claim:
        claim.write(b"half")
        raise ZeroDivisionError
    assert names(tmp_path) == []
    assert cache.open_reader(**NAME) is None


async def test_readers_follow_a_growing_file_to_its_end(cache: RenditionCache) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        claim.write(b"a ")
        readers = [asyncio.create_task(read(cache)) for _ in range(16)]
        middle = asyncio.create_task(read(cache, start=2, stop=4))
        await asyncio.sleep(0.01)
        claim.write(b"song")
        assert await middle == b"so"
        assert not any(reader.done() for reader in readers)
        claim.finish()
        assert await asyncio.gather(*readers) == [b"a song"] * 16
    assert await read(cache) == b"a song"


async def test_a_reader_who_leaves_stops_nothing(cache: RenditionCache) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        claim.write(b"a ")
        leaving, staying = (asyncio.create_task(read(cache)) for _ in range(2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        claim.write(b"song")
        claim.finish()
        assert await staying == b"a song"


async def test_a_reader_of_a_file_that_breaks_off_is_told(cache: RenditionCache) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        claim.write(b"half")
        reader = asyncio.create_task(read(cache))
        await asyncio.sleep(0.01)
    with pytest.raises(RenditionBrokenError, match="did not finish"):
        await reader


async def test_the_last_byte_of_a_promised_length_waits_for_the_end(cache: RenditionCache) -> None:
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        claim.write(b"a song")
        got = bytearray()

        async def collect() -> None:
            reader = cache.open_reader(**NAME)
            assert reader is not None
            async for data in follow(reader, stop=6, total=6):
                got.extend(data)

        reading = asyncio.create_task(collect())
        await asyncio.sleep(0.02)
        assert bytes(got) == b"a son"
        claim.finish()
        await reading
        assert bytes(got) == b"a song"


@pytest.mark.parametrize("made", [b"a so", b"a song and more"])
async def test_a_promise_of_another_length_is_broken_visibly(
    made: bytes, cache: RenditionCache
) -> None:
    write(cache, made)
    with pytest.raises(RenditionBrokenError, match="6 bytes were promised"):
        await read(cache, stop=6, total=6)


async def test_a_stalled_writer_is_given_up(
    cache: RenditionCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FOLLOW_STALL_SECONDS_MAX", 0.01)
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim, pytest.raises(RenditionBrokenError, match="stalled"):
        await read(cache)


async def test_a_reader_who_looks_seldom_is_called_at_the_end(
    cache: RenditionCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FOLLOW_RINGS_MAX", 0)
    for name in ("FOLLOW_LOOK_SECONDS", "FOLLOW_LOOK_SECONDS_MAX"):
        monkeypatch.setattr(following, name, 10.0 * _TIMEOUT_SECONDS)
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        reading = asyncio.create_task(read(cache))
        await asyncio.sleep(0.01)
        claim.write(b"a song")
        await asyncio.sleep(0.01)
        assert not reading.done()
        claim.finish()
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        assert await reading == b"a song"


async def test_another_process_writes_and_this_one_follows(
    cache: RenditionCache, tmp_path: Path
) -> None:
    process = hold_in_another_process(tmp_path)
    try:
        assert cache.claim(**NAME) is None
        reading = asyncio.create_task(read(cache))
        await asyncio.sleep(0.01)
        assert not reading.done()
        await asyncio.to_thread(end, process)
        assert await reading == b"half a song"
    finally:
        end(process) if process.poll() is None else None


async def test_a_killed_writer_is_noticed_and_the_next_one_takes_over(
    cache: RenditionCache, tmp_path: Path
) -> None:
    process = hold_in_another_process(tmp_path)
    reading = asyncio.create_task(read(cache))
    await asyncio.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=_TIMEOUT_SECONDS)
    with pytest.raises(RenditionBrokenError, match="did not finish"):
        await reading
    assert names(tmp_path) == [f"{KEY}.mp3.part"]
    write(cache, b"a song")
    assert await read(cache) == b"a song"
    assert names(tmp_path) == [f"{KEY}.mp3"]


def test_a_crash_between_the_mark_and_the_name_loses_nothing(
    cache: RenditionCache, tmp_path: Path
) -> None:
    path = write(cache, b"a song")
    path.rename(path.with_name(path.name + ".part"))
    reader = cache.open_reader(**NAME)
    assert reader is not None
    assert reader.state() is State.FINISHED
    reader.close()
    assert cache.claim(**NAME) is None
    assert cache.find(**NAME) == path


def test_a_sweep_removes_what_a_crash_left_and_nothing_that_grows(
    cache: RenditionCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cache, b"a song", key="cd" * 32)
    (tmp_path / "cd" / f"{'ef' * 32}.mp3.part").write_bytes(b"left")
    (tmp_path / "cd" / "cdx.new").write_bytes(b"left")
    claim = cache.claim(**NAME)
    assert claim is not None
    with claim:
        assert cache.sweep() == Swept(leftovers=1)
        monkeypatch.setattr(growing, "NEW_LASTS_SECONDS_MAX", 0.0)
        assert cache.sweep() == Swept(leftovers=1)
        assert names(tmp_path) == [f"{KEY}.mp3.part", f"{'cd' * 32}.mp3"]


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "ab/cd"])
def test_a_key_that_is_a_path_is_refused(key: str, cache: RenditionCache) -> None:
    with pytest.raises(ValueError, match="do not name a rendition"):
        cache.find(key=key, extension="mp3")
