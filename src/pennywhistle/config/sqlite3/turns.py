"""Whose turn it is to write to a file, among the threads of many processes, first come first served.

Threads of one process wait in a line. The first of them waits among the processes, in a row of
places: each is a byte of a lock file that one process at a time can lock, and who has one waits for
the next. A process that dies gives its places back by itself, since the system drops its locks:
https://man7.org/linux/man-pages/man2/fcntl_locking.2.html

The lock that SQLite takes on its file still decides who writes; this only says in which order they
ask for it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path
from sqlite3 import OperationalError

# How long a writer waits for its turn. What is slower than that is stuck.
WAIT_SECONDS_MAX = 20.0

# How many threads of one process write in a row while another process waits. Counted, not timed: a
# process that is slow would else get fewer of them.
KEPT_TURNS_MAX = 8

# Processes that wait in order; those beyond wait for the last place, in any order.
PLACES = 8

# How long who is next but one looks away; each place behind it twice as long as the one before.
GLANCE_SECONDS = 0.0001
GLANCE_SECONDS_MAX = 0.005


class NoTurnError(OperationalError):
    """Somebody kept the right to write for longer than `WAIT_SECONDS_MAX`."""


class Turns:
    """The line of one process before one database file. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._row = _Row(path)
        self._mutex = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._is_taken = False
        self._kept_turns = 0  # Since the process came to the first place; 0 where it is not there.

    def take(self) -> None:
        """Wait for the turn; `NoTurnError` where it does not come. Who takes it gives it back."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        self._line_up(deadline)
        if not self._kept_turns:
            try:
                self._row.walk(deadline)
            except BaseException:
                self.give()
                raise
        self._kept_turns += 1

    def give(self) -> None:
        """Let the next one write: a thread of this process, or another process."""
        with self._mutex:
            if self._kept_turns and (self._kept_turns >= KEPT_TURNS_MAX or not self._line):
                self._kept_turns = 0
                self._row.leave()
            if self._line:
                self._line.popleft().release()
            else:
                self._is_taken = False

    def _line_up(self, deadline: float) -> None:
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._line.append(ticket)
        if ticket.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
        with self._mutex:
            if ticket in self._line:
                self._line.remove(ticket)
                raise _no_turn()
        # It came in the very moment that it was given up: it is taken.


class _Row:
    """The places of one lock file, as this process holds them. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def walk(self, deadline: float) -> None:
        """From the last place to the first, which is the turn; at once there where nobody is."""
        if self._lock(0, PLACES):
            fcntl.lockf(self._file, fcntl.LOCK_UN, PLACES - 1, 1)
            return
        for place in reversed(range(PLACES)):
            try:
                self._wait(place, deadline)
            except BaseException:
                self.leave()
                raise
            if place + 1 < PLACES:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place + 1)

    def leave(self) -> None:
        """Give back every place."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, PLACES, 0)

    def _wait(self, place: int, deadline: float) -> None:
        pause = min(GLANCE_SECONDS * 2**place, GLANCE_SECONDS_MAX)
        while not self._lock(place, 1):
            if time.monotonic() > deadline:
                raise _no_turn()
            time.sleep(pause)

    def _lock(self, place: int, count: int) -> bool:
        """Lock so many places from this one on, all or none, without waiting."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, count, place)
        except (BlockingIOError, PermissionError):
            return False
        return True


def _no_turn() -> NoTurnError:
    return NoTurnError(
        f"the database is busy: no turn to write came within {WAIT_SECONDS_MAX:.0f} s. Another "
        "process of the store holds it; see which one is stuck, end it, and try again"
    )


_known: dict[str, Turns] = {}
_known_mutex = threading.Lock()


def turns_of(database: str) -> Turns:
    """The line before a database file: one for each file in each process."""
    with _known_mutex:
        if database not in _known:
            _known[database] = Turns(Path(f"{database}-turns"))
        return _known[database]


# A forked process has none of the locks and threads of the one that it came from.
os.register_at_fork(after_in_child=_known.clear)
