"""What a tree of processes uses, as Linux counts it, and what it starts."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pennywhistle.adapters.audio.ready import MASTER

_LOOK_SECONDS = 0.004
QUIET_SECONDS_MAX = 120
_ENCODER = "ffmpeg"
# What stands in the command of one that was started ahead.
_WAITS = f" file:{MASTER} ".encode()
_TICKS = os.sysconf("SC_CLK_TCK")


def tree_of(root: int) -> list[int]:
    """`root` and its living descendants."""
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                pending += [int(child) for child in (task / "children").read_text().split()]
            found.append(pid)
    return found


def cpu_seconds_of_tree(root: int) -> float:
    """CPU of a process, its living descendants, and the ended ones that they waited for."""
    total = 0
    for pid in tree_of(root):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def encoders_of_tree(root: int, *, master: Path | None = None) -> set[int]:
    """The encoders that run below `root`; of one master, where that is given.

    One that is asked for its version alone, or still waits for its master, is none.
    """
    return {
        pid for pid in tree_of(root) if _name(pid).startswith(_ENCODER) and _is_at_work(pid, master)
    }


def _is_at_work(pid: int, master: Path | None) -> bool:
    """By its master, which stands in its command, or is put into its folder once it is needed."""
    command = _command(pid)
    if _WAITS not in command:
        return (master.name.encode() if master else b" -i ") in command
    try:
        given = Path(f"/proc/{pid}/cwd", MASTER).stat()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return master is None or given.st_ino == master.stat().st_ino


def await_quiet(root: int) -> None:
    """Wait until no encoder runs below `root`: one who leaves does not stop it."""
    ends_at = time.monotonic() + QUIET_SECONDS_MAX
    while encoders_of_tree(root):
        if time.monotonic() > ends_at:
            raise TimeoutError(f"an encoder of process {root} does not end")
        time.sleep(0.02)


def resident_bytes_of_tree(root: int) -> int:
    """Resident memory of a process and its descendants, encoders left out."""
    total = 0
    for pid in tree_of(root):
        if not _name(pid).startswith(_ENCODER):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


@dataclass(slots=True)
class Watched:
    """What was seen below a process: encoders by their ids, and the most memory."""

    encoders: set[int] = field(default_factory=set)
    resident_bytes_most: int = 0


@contextlib.contextmanager
def watching(
    root: int, *, master: Path | None = None, look_seconds: float = _LOOK_SECONDS
) -> Iterator[Watched]:
    """Look at the tree below `root` again and again until the block ends.

    Encoders are counted that read `master`, or all.
    """
    watched, ended = Watched(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            watched.encoders |= encoders_of_tree(root, master=master)
            now_bytes = resident_bytes_of_tree(root)
            watched.resident_bytes_most = max(watched.resident_bytes_most, now_bytes)
            ended.wait(look_seconds)

    watcher = threading.Thread(target=look, name="watching")
    watcher.start()
    try:
        yield watched
    finally:
        ended.set()
        watcher.join()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
