"""Counts of several processes: none is lost, and nothing is shown that nobody does."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.shared_counts import SharedCounts

_TIMEOUT_SECONDS = 20
COUNTS = ("eggs", "flour")
LEVELS = ("cooks",)

# Counts, says so, and waits to be killed or to end.
KITCHEN = """
import sys
from pathlib import Path
from pennywhistle.adapters.storage.shared_counts import SharedCounts
kept = SharedCounts(Path(sys.argv[1]), counts=("eggs", "flour"), levels=("cooks",))
kept.add("cooks")
for _ in range(int(sys.argv[2])):
    kept.add("eggs")
print("counted", flush=True)
sys.stdin.read()
"""


def open_counts(folder: Path) -> SharedCounts:
    return SharedCounts(folder, counts=COUNTS, levels=LEVELS)


def cook_elsewhere(folder: Path, eggs: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", KITCHEN, str(folder), str(eggs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def test_what_was_never_counted_is_nothing(tmp_path: Path) -> None:
    assert open_counts(tmp_path / "new").totals() == {"eggs": 0, "flour": 0, "cooks": 0}


def test_what_was_not_declared_cannot_be_counted(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        open_counts(tmp_path).add("egg")


def test_threads_lose_nothing(tmp_path: Path) -> None:
    kept = open_counts(tmp_path)

    def cook() -> None:
        for _ in range(500):
            kept.add("eggs")
            kept.add("flour", 0.5)

    threads = [threading.Thread(target=cook) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.totals() == {"eggs": 2000, "flour": 1000, "cooks": 0}
    kept.close()


def test_processes_add_up_and_a_killed_one_leaves_its_counts_and_no_levels(tmp_path: Path) -> None:
    here = open_counts(tmp_path)
    here.add("eggs", 3)
    here.add("cooks")
    killed, ended = cook_elsewhere(tmp_path, 20), cook_elsewhere(tmp_path, 100)
    try:
        assert here.totals() == {"eggs": 123, "flour": 0, "cooks": 3}
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate(timeout=_TIMEOUT_SECONDS)
        assert here.totals() == {"eggs": 123, "flour": 0, "cooks": 2}
    finally:
        killed.communicate(timeout=_TIMEOUT_SECONDS)
        ended.communicate(timeout=_TIMEOUT_SECONDS)
    assert here.totals() == {"eggs": 123, "flour": 0, "cooks": 1}
    # Of the ended ones no file is left, and they count once however often one asks.
    assert here.totals() == {"eggs": 123, "flour": 0, "cooks": 1}
    assert len(list(tmp_path.glob("*.counts"))) == 1
    here.close()
    assert open_counts(tmp_path).totals() == {"eggs": 123, "flour": 0, "cooks": 0}


def test_a_crash_between_the_adding_and_the_removing_counts_once(tmp_path: Path) -> None:
    kept = open_counts(tmp_path)
    kept.add("eggs", 3)
    kept.close()
    (path,) = tmp_path.glob("*.counts")
    past = {"counts": {"eggs": 3}, "taken": [path.name]}
    (tmp_path / "past.json").write_text(json.dumps(past), encoding="ascii")
    assert kept.totals()["eggs"] == 3
    assert not path.exists()
    assert kept.totals()["eggs"] == 3


def test_another_version_s_file_is_read_by_its_own_names(tmp_path: Path) -> None:
    older = SharedCounts(tmp_path, counts=("milk", "flour", "eggs"), levels=("ovens", "cooks"))
    older.add("eggs", 2)
    older.add("milk")
    older.add("cooks")
    kept = open_counts(tmp_path)
    assert kept.totals() == {"eggs": 2, "flour": 0, "cooks": 1}
    older.close()
    assert kept.totals() == {"eggs": 2, "flour": 0, "cooks": 0}


def test_a_file_that_is_being_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "1-new.counts").write_bytes(b"")
    assert open_counts(tmp_path).totals()["eggs"] == 0
    assert (tmp_path / "1-new.counts").exists()


def test_where_nothing_can_be_written_work_goes_on_and_is_told_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "measures"
    folder.write_text("a file in its place", encoding="ascii")
    kept = open_counts(folder)
    with caplog.at_level(logging.ERROR):
        kept.add("eggs")
        kept.add("eggs")
    assert len(caplog.records) == 1
    folder.unlink()
    kept.add("eggs")
    assert kept.totals()["eggs"] == 3
    kept.close()


def test_a_fork_counts_for_itself(tmp_path: Path) -> None:
    kept = open_counts(tmp_path)
    kept.add("eggs", 5)
    child = os.fork()
    if child == 0:
        kept.add("eggs", 2)
        os._exit(0)
    os.waitpid(child, 0)
    assert kept.totals()["eggs"] == 7
    kept.close()
