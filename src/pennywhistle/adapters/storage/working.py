"""Folders for what is at work: one for each piece of it, gone when it ends.

A crash leaves its folder behind. The lock on it went with the process, so that `sweep_working` tells
such a folder from one where work goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WORKING_PREFIX = "encode-"
# One that is just being made is not locked yet, for a moment.
NEW_LASTS_SECONDS_MAX = 60


@contextlib.contextmanager
def working_below(root: Path) -> Iterator[Path]:
    """An empty folder below `root`, by its absolute path, for the length of the block."""
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.absolute(), prefix=WORKING_PREFIX) as name:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(descriptor)


def sweep_working(root: Path) -> int:
    """Remove the folders below `root` in which nobody works any more, and return how many."""
    return sum(_remove_leftover(folder) for folder in root.glob(f"{WORKING_PREFIX}*"))


def _remove_leftover(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        if time.time() - os.fstat(descriptor).st_ctime < NEW_LASTS_SECONDS_MAX:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
