"""A year that fails says how to play it again, and so it fails again."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PLANTED = "a code is worth twice what it says"
YEAR = ("--seed", "1", "--steps", "160", "--people", "10", "--days", "70")
SECONDS_MOST = 300


def _fail(*words: str) -> str:
    """What a year with a planted bug ends with."""
    command = [sys.executable, "-m", "tests.simulation", *words, "--planted", PLANTED]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS_MOST, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.partition("YearError: ")[2]


def test_a_failing_seed_prints_the_command_that_replays_it() -> None:
    first = _fail(*YEAR)
    replay = first.splitlines()[-1].removeprefix("replay it: ")
    python, *words = shlex.split(replay)
    assert (python, words[:2]) == ("python", ["-m", "tests.simulation"])
    assert words[2:] == [*YEAR]
    assert _fail(*words[2:]) == first
