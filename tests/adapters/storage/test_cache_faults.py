"""Whatever call fails, and whenever a process is killed: within its bytes, and no half file."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pennywhistle.adapters.storage import growing
from pennywhistle.adapters.storage.rendition_cache import RenditionCache, Usage
from pennywhistle.adapters.storage.worth import WorthPolicy
from tests.faults import fail_each_call

BYTES_MAX = 100
_SEED = 20261124


def put(cache: RenditionCache, number: int, size_bytes: int) -> None:
    """As an encode does: make it, unless it is there."""
    name = {"key": f"{number:02x}" * 32, "extension": "mp3"}
    if cache.find(**name) is None:
        claim = cache.claim(**name)
        if claim is not None:
            with claim:
                claim.write(bytes([number]) * size_bytes)
                claim.finish()


def check_files(root: Path) -> int:
    """Every finished file is whole, and together they take what they may; how much they take."""
    taken = 0
    for path in root.glob("*/*.mp3"):
        data = path.read_bytes()
        assert data == bytes([int(path.name[:2], 16)]) * 40, path
        taken += len(data)
    assert taken <= BYTES_MAX
    return taken


@pytest.mark.django_db(transaction=True)
def test_whatever_call_fails_the_cache_is_sound_and_the_next_run_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "NEW_LASTS_SECONDS_MAX", 0.0)
    policy = WorthPolicy(asks_apart_seconds=0)
    fresh = itertools.count()

    def prepare() -> RenditionCache:
        root = tmp_path / str(next(fresh))
        cache = RenditionCache(root, bytes_max=BYTES_MAX, policy=policy)
        put(cache, 1, 40)
        put(cache, 2, 40)
        (root / "01" / f"{'03' * 32}.mp3.part").write_bytes(b"left by a crash")
        return cache

    def run(cache: RenditionCache) -> None:
        put(cache, 1, 40)
        put(cache, 4, 40)
        cache.sweep()

    def check(cache: RenditionCache, escaped: Exception | None) -> None:
        root = cache._root
        taken = check_files(root)
        assert cache.usage().size_bytes >= taken
        run(cache)
        assert sorted(path.name[:2] for path in root.glob("*/*")) in (["01", "04"], ["02", "04"])
        assert cache.usage() == Usage(80, 2)

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=run, check=check) > 10


# Makes and finds files without end.
MAKER = """
import random, sys
from pathlib import Path
from pennywhistle.adapters.storage.rendition_cache import RenditionCache
cache = RenditionCache(Path(sys.argv[1]), bytes_max=100)
chance = random.Random(int(sys.argv[2]))
print("begun", flush=True)
while True:
    number = chance.randrange(1, 9)
    name = {"key": f"{number:02x}" * 32, "extension": "mp3"}
    if chance.random() < 0.05:
        cache.sweep()
    if cache.find(**name) is None and (claim := cache.claim(**name)) is not None:
        with claim:
            claim.write(bytes([number]) * 15)
            claim.write(bytes([number]) * 25)
            claim.finish()
"""


def test_processes_that_are_killed_leave_a_sound_cache(tmp_path: Path) -> None:
    chance = random.Random(_SEED)
    for round_number in range(4):
        makers = [
            subprocess.Popen(
                [sys.executable, "-c", MAKER, str(tmp_path), str(10 * round_number + seed)],
                stdout=subprocess.PIPE,
            )
            for seed in range(3)
        ]
        try:
            for maker in makers:
                assert maker.stdout is not None
                assert maker.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.05, 0.3))
        finally:
            for maker in makers:
                maker.kill()
                maker.communicate()
        cache = RenditionCache(tmp_path, bytes_max=BYTES_MAX)
        assert cache.usage().size_bytes >= check_files(tmp_path)
        cache.sweep()
        files = list(tmp_path.glob("*/*.mp3"))
        assert cache.usage() == Usage(sum(path.stat().st_size for path in files), len(files))
        assert not list(tmp_path.glob("*/*.part"))
