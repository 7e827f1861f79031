"""The cache keeps within its bytes, also where the disk is full and processes are many."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.storage.growing import telling_full, with_room
from pennywhistle.adapters.storage.rendition_cache import (
    DiskFullError,
    RenditionCache,
    Swept,
    Usage,
    heard_extension,
)
from pennywhistle.adapters.storage.worth import WorthPolicy

_TIMEOUT_SECONDS = 60
DAY = 86_400.0
# Every ask counts, and nothing is fresh.
EAGER = WorthPolicy(asks_apart_seconds=0, fresh_seconds=0)


def key_of(number: int) -> str:
    return f"{number:02x}" * 32


def put(cache: RenditionCache, number: int, size_bytes: int) -> Path:
    claim = cache.claim(key=key_of(number), extension="mp3")
    assert claim is not None
    with claim:
        claim.write(bytes(size_bytes))
        return claim.finish()


def numbers_in(root: Path) -> list[int]:
    return sorted(int(path.name[:2], 16) for path in root.glob("*/*.mp3"))


def asked(path: Path, *, days_ago: float) -> None:
    at = time.time() - days_ago * DAY
    os.utime(path, (at, at))


# --- the folder ---------------------------------------------------------------------------------


def test_a_sweep_keeps_the_often_asked_over_the_lately_asked(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=20, policy=EAGER)
    for number in (1, 2, 3):
        asked(put(RenditionCache(tmp_path), number, 10), days_ago=30 - number)
    for _ in range(3):
        assert cache.find(key=key_of(1), extension="mp3") is not None
    assert cache.find(key=key_of(2), extension="mp3") is not None
    assert cache.sweep() == Swept(leftovers=0, evicted=1, evicted_bytes=10)
    assert numbers_in(tmp_path) == [1, 2]
    assert cache.usage() == Usage(20, 2)


def test_what_anybody_may_hear_makes_room_for_itself_alone(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=30)
    sold = put(cache, 1, 10)
    # Within the hour that it is fresh.
    asked(sold, days_ago=1)
    for number in range(2, 9):
        claim = cache.claim(key=key_of(number), extension=heard_extension("mp3"))
        assert claim is not None
        with claim:
            claim.write(bytes(10))
            heard = claim.finish()
        assert heard.exists()
    assert sold.exists()
    assert len(list(tmp_path.glob("*/*.heardmp3"))) <= 2


def test_what_it_cost_is_asked_for_only_when_there_is_no_room(tmp_path: Path) -> None:
    asked_for: list[list[str]] = []

    def costs_of(keys: Collection[str]) -> dict[str, float]:
        asked_for.append(sorted(keys))
        return {key_of(1): 10.0, key_of(2): 30.0, key_of(3): 20.0}

    told: list[Swept] = []
    cache = RenditionCache(
        tmp_path, bytes_max=30, costs_of=costs_of, on_evicted=told.append, policy=EAGER
    )
    for number in (1, 2, 3):
        put(cache, number, 10)
    assert asked_for == []
    put(cache, 4, 10)
    assert asked_for == [[key_of(1), key_of(2), key_of(3)]]
    # A little more is freed than is needed at once.
    assert numbers_in(tmp_path) == [2, 4]
    assert told == [Swept(evicted=2, evicted_bytes=20)]
    assert cache.usage() == Usage(20, 2)


def test_one_download_counts_once_however_many_ranges_it_asks(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path)
    path = put(cache, 1, 10)
    made = path.stat().st_mtime_ns
    for _ in range(3):
        assert cache.find(key=key_of(1), extension="mp3") == path
    assert path.stat().st_mtime_ns == made


@given(sizes=st.lists(st.integers(0, 60), min_size=1, max_size=6))
def test_the_finished_files_never_take_more_than_they_may(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("cache")
    cache = RenditionCache(root, bytes_max=100)
    for number, size in enumerate(sizes):
        path = put(cache, number, size)
        files = list(root.glob("*/*"))
        assert sum(file.stat().st_size for file in files) <= 100
        assert path in files
        assert cache.usage() == Usage(sum(file.stat().st_size for file in files), len(files))


def test_a_file_larger_than_everything_may_take_stays_until_the_next_sweep(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=100)
    put(cache, 1, 60)
    path = put(cache, 2, 150)
    assert numbers_in(tmp_path) == [2]
    descriptor = os.open(path, os.O_RDONLY)
    assert cache.sweep().evicted == 1
    assert len(os.pread(descriptor, 1000, 0)) == 150  # Who reads it goes on reading.
    os.close(descriptor)
    assert cache.usage() == Usage(0, 0)


def test_a_file_that_is_not_what_it_should_be_is_discarded(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path)
    put(cache, 1, 40)
    put(cache, 2, 30)
    for _ in range(2):
        cache.discard(key=key_of(1), extension="mp3")
        assert numbers_in(tmp_path) == [2]
        assert cache.usage() == Usage(30, 1)


def test_what_somebody_else_put_there_is_left_alone(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=100)
    put(cache, 1, 60)
    for name in ("notes", ".hidden", "a b.mp3"):
        (tmp_path / "01" / name).write_bytes(bytes(90))
    put(cache, 2, 60)
    assert sorted(path.name for path in tmp_path.glob("01/*")) == [".hidden", "a b.mp3", "notes"]
    assert cache.usage() == Usage(60, 1)
    assert cache.sweep() == Swept()


def test_a_folder_emptied_by_hand_is_counted_anew(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, policy=EAGER, recount_seconds=0)
    put(cache, 1, 30).unlink()
    put(cache, 1, 30)
    put(cache, 2, 10).unlink()
    assert cache.usage() == Usage(30, 1)
    assert RenditionCache(tmp_path, policy=EAGER).usage() == Usage(30, 1)


def test_nothing_is_evicted_for_files_that_were_removed_by_hand(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=100, policy=EAGER)
    put(cache, 1, 50).unlink()
    for number in (2, 3):
        put(cache, number, 48)
    assert numbers_in(tmp_path) == [2, 3]
    assert cache.usage() == Usage(96, 2)


def test_a_lost_or_wrong_book_is_put_right(tmp_path: Path) -> None:
    cache = RenditionCache(tmp_path, bytes_max=100)
    put(cache, 1, 40)
    book = tmp_path / "usage"
    book.unlink()
    assert cache.usage() == Usage(40, 1)
    book.write_bytes(b"what is this, some other file?")
    assert cache.usage() == Usage(40, 1)
    # Emptied behind its back: too high a number leads to a count, not to a loss.
    put(cache, 2, 40)
    for path in tmp_path.glob("*/*"):
        path.unlink()
    put(cache, 3, 40)
    assert numbers_in(tmp_path) == [3]
    assert cache.usage() == Usage(40, 1)


# --- a disk that is full ------------------------------------------------------------------------


def full(limit: int) -> OSError:
    return OSError(limit, os.strerror(limit), "/there")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_by_its_own_error(number: int) -> None:
    with pytest.raises(DiskFullError, match="no room for another rendition"), telling_full():
        raise full(number)
    with pytest.raises(OSError, match="Input/output") as other, telling_full():
        raise full(errno.EIO)
    assert not isinstance(other.value, DiskFullError)


def test_room_is_made_and_the_work_tried_again() -> None:
    made: list[int] = []

    def work() -> str:
        if len(made) < 2:
            raise full(errno.ENOSPC)
        return "done"

    def make_room(needed_bytes: int) -> bool:
        made.append(needed_bytes)
        return True

    assert with_room(work, make_room=make_room, needed_bytes=7) == "done"
    assert made == [7, 7]


def test_room_that_cannot_be_made_is_not_waited_for() -> None:
    def work() -> str:
        raise full(errno.ENOSPC)

    tries: list[int] = []

    def nothing_left(needed_bytes: int) -> bool:
        tries.append(needed_bytes)
        return False

    def in_vain(needed_bytes: int) -> bool:
        tries.append(needed_bytes)
        return True

    with pytest.raises(DiskFullError):
        with_room(work, make_room=nothing_left, needed_bytes=7)
    assert tries == [7]
    with pytest.raises(DiskFullError):
        with_room(work, make_room=in_vain, needed_bytes=7)
    assert tries == [7] * 4


# A disk of 1 MB of its own, in namespaces of its own. Songs of 300 kB: the fourth finds it full, and
# goes on once the first has given way. One of 2 MB finds no room, and leaves nothing behind.
FULL_DISK = """
import os, subprocess, sys
from pathlib import Path
from pennywhistle.adapters.storage.rendition_cache import DiskFullError, RenditionCache
root = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", root]).returncode:
    print("no mount here"); sys.exit()
cache = RenditionCache(root)
def put(number, size):
    with cache.claim(key=f"{number:02x}" * 32, extension="mp3") as claim:
        for at in range(0, size, 50_000):
            claim.write(os.urandom(50_000))
        return claim.finish()
for number in range(1, 6):
    assert put(number, 300_000).stat().st_size == 300_000
names = sorted(int(path.name[:2]) for path in root.glob("*/*"))
assert len(names) <= 3 and names[-1] == 5, names
try:
    put(9, 2_000_000)
except DiskFullError:
    print("full", [path.name for path in root.glob("*/*.part")], cache.usage().files)
put(1, 300_000)
print("well")
"""


def test_on_a_disk_that_is_full_the_cache_gives_way(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            sys.executable,
            "-c",
            FULL_DISK,
            tmp_path,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if "unshare" in result.stderr or "no mount here" in result.stdout:
        pytest.skip("no file system may be mounted here")
    assert result.stdout.splitlines() == ["full [] 0", "well"], result.stderr


# --- several processes --------------------------------------------------------------------------

# Makes, finds and sweeps at random, and never finds more than may be there, nor half a file.
WORKER = """
import os, random, sys
from pathlib import Path
from pennywhistle.adapters.storage.rendition_cache import RenditionCache, Usage
root, seed = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
cache = RenditionCache(root, bytes_max=200)
made = 0
for _ in range(150):
    number = chance.randrange(24)
    key = f"{number:02x}" * 32
    if chance.random() < 0.1:
        cache.sweep()
    path = cache.find(key=key, extension="mp3")
    if path is None:
        claim = cache.claim(key=key, extension="mp3")
        if claim is not None:
            with claim:
                claim.write(bytes([number]) * (10 + number))
                if chance.random() < 0.9:
                    claim.finish()
                    made += 1
    else:
        try:
            assert path.read_bytes() == bytes([number]) * (10 + number)
        except FileNotFoundError:
            pass
    assert cache.usage().size_bytes <= 200
print(made)
"""


def test_several_processes_keep_it_together(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(seed)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    made = [int(worker.communicate(timeout=_TIMEOUT_SECONDS)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert min(made) > 0
    files = list(tmp_path.glob("*/*"))
    assert all(file.suffix == ".mp3" for file in files)
    kept = Usage(sum(file.stat().st_size for file in files), len(files))
    cache = RenditionCache(tmp_path, bytes_max=200)
    assert cache.usage() == kept
    assert kept.size_bytes <= 200
    assert cache.sweep() == Swept()
