"""Files that are held open for the server below: found after they are evicted, and never mistaken."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pennywhistle.adapters.storage import working as working_module
from pennywhistle.adapters.storage.held import CLOSED_AFTER_SECONDS, HELD_SECONDS, HeldFiles
from pennywhistle.adapters.storage.working import sweep_working

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors have paths on Linux")

LATER = HELD_SECONDS + CLOSED_AFTER_SECONDS


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldFiles]:
    files = HeldFiles(tmp_path / "working", most=3)
    yield files
    files.close()
    assert not list((tmp_path / "working").iterdir())


def hold(held: HeldFiles, path: Path, *, now: float = 0.0) -> Path | None:
    """Hold a file as an answer does, which closes it at once."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return held.hold(descriptor, now=now)
    finally:
        os.close(descriptor)


def song(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(name)
    return path


def open_descriptors() -> set[str]:
    return names_in(Path("/proc/self/fd"))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_evicted_file_is_found_until_it_was_held_long_enough(
    held: HeldFiles, tmp_path: Path
) -> None:
    found = hold(held, song(tmp_path, "evicted"))
    assert found is not None
    (tmp_path / "evicted").unlink()
    assert not held.let_go(now=HELD_SECONDS - 1)
    assert found.read_text() == "evicted"
    assert held.let_go(now=HELD_SECONDS)
    assert not os.path.lexists(found)


def test_whoever_comes_late_finds_nothing_and_never_another_file(
    held: HeldFiles, tmp_path: Path
) -> None:
    before = open_descriptors()
    late = hold(held, song(tmp_path, "first"))
    assert late is not None
    held.let_go(now=HELD_SECONDS)
    assert held.let_go(now=LATER - 1)
    assert not held.let_go(now=LATER)
    assert (len(held), len(open_descriptors() - before)) == (0, 1)  # That of the working folder.
    again = hold(held, song(tmp_path, "second"), now=LATER)
    assert again is not None
    assert again.read_text() == "second"
    assert not os.path.lexists(late)


def test_a_name_goes_before_its_descriptor_does(held: HeldFiles, tmp_path: Path) -> None:
    found = hold(held, song(tmp_path, "followed"))
    assert found is not None
    followed = found.readlink()
    held.let_go(now=HELD_SECONDS)
    assert not os.path.lexists(found)
    assert followed.read_text() == "followed"


def test_a_file_that_many_fetch_is_held_once_from_the_last_of_them_on(
    held: HeldFiles, tmp_path: Path
) -> None:
    path = song(tmp_path, "loved")
    found = [hold(held, path, now=float(now)) for now in (0, 10, 20)]
    assert (len(held), len(set(found))) == (1, 1)
    held.let_go(now=HELD_SECONDS + 15)
    assert found[0] is not None
    assert found[0].read_text() == "loved"
    held.let_go(now=HELD_SECONDS + 20)
    assert not names_in(found[0].parent)


def test_the_file_that_was_held_last_is_let_go_of_last(held: HeldFiles, tmp_path: Path) -> None:
    one, two = song(tmp_path, "one"), song(tmp_path, "two")
    for now, path in enumerate((one, two, one)):
        hold(held, path, now=float(now))
    held.let_go(now=HELD_SECONDS + 1)
    found = hold(held, one, now=HELD_SECONDS + 1)
    assert found is not None
    assert names_in(found.parent) == {found.name}


def test_only_so_many_are_held_and_the_oldest_gives_way(held: HeldFiles, tmp_path: Path) -> None:
    paths = [song(tmp_path, str(number)) for number in range(7)]
    found = [hold(held, path) for path in paths]
    assert [each is not None and os.path.lexists(each) for each in found] == [
        *(False, False, False),
        *(True, True, True),
        False,
    ]
    assert (found[-1], len(held)) == (None, 6)
    assert hold(held, paths[-1], now=CLOSED_AFTER_SECONDS) is not None
    assert len(held) == 4


def test_the_cache_s_own_times_of_a_file_stay_as_they_are(held: HeldFiles, tmp_path: Path) -> None:
    path = song(tmp_path, "asked for")
    before = path.stat()
    hold(held, path)
    held.let_go(now=LATER)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)


def test_a_working_folder_that_is_emptied_by_hand_is_made_again(
    held: HeldFiles, tmp_path: Path
) -> None:
    path = song(tmp_path, "kept")
    hold(held, path)
    shutil.rmtree(tmp_path / "working")
    assert hold(held, path, now=1.0) is None
    found = hold(held, path, now=2.0)
    assert found is not None
    assert found.read_text() == "kept"


def test_where_nothing_can_be_held_the_file_has_its_own_path_alone(tmp_path: Path) -> None:
    path = song(tmp_path, "plain")
    assert hold(HeldFiles(path), path) is None  # No folder can be made in a file.
    held = HeldFiles(tmp_path / "working")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + 1, limits[1]))
        assert held.hold(descriptor, now=0.0) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(descriptor)
    assert len(held) == 0


def test_what_a_killed_server_held_is_swept_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_module, "NEW_LASTS_SECONDS_MAX", 0)
    path, root = song(tmp_path, "held"), tmp_path / "working"
    mine = HeldFiles(root)
    found = hold(mine, path)
    if (child := os.fork()) == 0:
        theirs = HeldFiles(root)
        hold(theirs, path)
        os._exit(0)
    os.waitpid(child, 0)
    assert len(names_in(root)) == 2
    assert sweep_working(root) == 1
    assert found is not None
    assert found.read_text() == "held"
    mine.close()
    assert not names_in(root)
