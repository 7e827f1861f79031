"""Working folders: gone when the work ends, and swept when it was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pennywhistle.adapters.storage import working
from pennywhistle.adapters.storage.working import sweep_working, working_below

WORKS_ON = """
import sys, time
from pathlib import Path
from pennywhistle.adapters.storage.working import working_below
with working_below(Path(sys.argv[1])) as folder:
    (folder / "audio").write_bytes(b"half of it")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_there_for_its_work_alone(tmp_path: Path) -> None:
    with working_below(tmp_path / "encoding") as one, working_below(tmp_path / "encoding") as other:
        assert one != other
        (one / "audio").write_bytes(b"x")
    assert list((tmp_path / "encoding").iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_others_work_in_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "encoding"
    killed = subprocess.Popen(
        [sys.executable, "-c", WORKS_ON, str(root)], stdout=subprocess.PIPE, text=True
    )
    with killed:
        assert killed.stdout is not None
        left = Path(killed.stdout.readline().strip())
        with working_below(root) as mine:
            monkeypatch.setattr(working, "NEW_LASTS_SECONDS_MAX", 0)
            assert sweep_working(root) == 0
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            assert (left / "audio").exists()
            assert sweep_working(root) == 1
            assert not left.exists()
            assert mine.is_dir()


def test_one_that_is_just_being_made_stays(tmp_path: Path) -> None:
    made = tmp_path / "encode-new"
    made.mkdir()
    assert sweep_working(tmp_path) == 0
    assert made.is_dir()


def test_there_need_be_no_folder_and_what_is_not_ours_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweep_working(tmp_path / "encoding") == 0
    monkeypatch.setattr(working, "NEW_LASTS_SECONDS_MAX", 0)
    (tmp_path / "somebody's").mkdir()
    (tmp_path / "encode-file").touch()
    assert sweep_working(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_its_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with working_below(Path("encoding")) as folder:
        assert folder.is_absolute()
