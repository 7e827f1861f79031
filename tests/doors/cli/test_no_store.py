"""Where there is no store, a command says so in one line and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def pennywhistle(
    folder: Path, *words: str, home: str = "", decoder: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder`, as somebody who has set nothing else but a `decoder`."""
    kept = {name: value for name, value in os.environ.items() if "PENNYWHISTLE" not in name}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-m", "pennywhistle", *words],
        cwd=folder,
        env=kept
        | {"PENNYWHISTLE_HOME": home}
        | ({"IMAGEIO_FFMPEG_EXE": decoder} if decoder else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("verify-books",),
        ("worker",),
        ("publish", "reels"),
        ("licence", "list"),
        ("voucher", "issue", "5.00"),
        ("statement", "--licensor", "Lantern", "--period", "2026-11"),
    ],
)
def test_a_command_without_a_store_says_so_and_leaves_nothing(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = pennywhistle(tmp_path, *words)
    assert said.stderr == (
        f"pennywhistle: there is no store in {tmp_path / 'var'}; set PENNYWHISTLE_HOME, or begin "
        "with `pennywhistle storefront …`\n"
    )
    assert (said.stdout, said.returncode) == ("", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["verify-books", "storefront", "serve"])
def test_help_is_told_without_a_store(tmp_path: Path, command: str) -> None:
    assert pennywhistle(tmp_path, command, "--help").returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_no_store_either(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite3").touch()
    said = pennywhistle(tmp_path, "verify-books", home=str(tmp_path))
    assert said.stderr.startswith(f"pennywhistle: there is no store in {tmp_path};")
    assert said.returncode == 1


def test_a_storefront_begins_a_store_that_the_other_commands_find(tmp_path: Path) -> None:
    assert pennywhistle(tmp_path, "storefront", "The Quay").stderr == ""
    counted = pennywhistle(tmp_path, "verify-books")
    assert (counted.returncode, counted.stderr) == (0, "")
