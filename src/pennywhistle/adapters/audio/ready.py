"""Encoders that were started before they were asked for, and wait for their master.

Most of the time to a first byte goes into ffmpeg loading itself. One of these has done so: it stops at
its first option, whose value it is to read from its standard input. By then, it sits in a folder of
its own, the only place where it may read. Whoever takes it puts the master in there, as a hard link,
and what to do with it (the filters), and says the value. So the master is the same file as ever to
it, and the bytes are those of an encoder that was started the usual way.

What was asked for lately is kept ready: of the last so many orders, an encoder for each.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import logging
import os
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pennywhistle.adapters.audio.process import (
    AUDIT_EVENT,
    Process,
    ProcessFailedError,
    Run,
    running,
)
from pennywhistle.adapters.storage.working import working_below

log = logging.getLogger(__name__)

# Names in the folder of an encoder that waits, and the value that it waits for.
MASTER, FILTERS = "master", "filters"
GO = b"1"

# The next is started when nobody took one for so long: those who were started just now go first.
REST_SECONDS = 0.25
# And one after the other, so that few of them load themselves at the same time.
BETWEEN_SECONDS = 0.05
# When nobody has asked for anything for so long, none is kept.
IDLE_SECONDS_MAX = 600.0
# So many ended while they waited, and none in between did not: so will the next.
DEATHS_MAX = 100
# A master of another disk, or on one that knows no hard links, will not be linked the next time.
_LINKED_NEVER = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class Kind:
    """What encoders that wait may differ in: the command, and below which folder they have theirs.

    The command reads `MASTER` and `FILTERS` by these names, and `GO` from its standard input first.
    """

    command: tuple[str, ...]
    root: Path


class _Ready:
    """An encoder that waits, in its folder. Raises `ProcessFailedError`, OSError."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        with contextlib.ExitStack() as held:
            self._folder = held.enter_context(working_below(kind.root))
            run = Run(
                command=kind.command,
                about="a song",
                reads=(self._folder,),
                inside=self._folder,
                is_told=True,
            )
            self.process = held.enter_context(running(run))
            self._held = held.pop_all()

    def begin(self, master: Path, filters: str) -> None:
        """Raises OSError where it cannot, such as across file systems."""
        os.link(os.path.realpath(master), self._folder / MASTER)
        (self._folder / FILTERS).write_text(filters)
        self.process.tell(GO)

    def close(self) -> None:
        """Kill it if it still runs; its folder goes too."""
        self._held.close()


class ReadyEncoders:
    """Keeps encoders that wait: none, until it is told to `keep` some. From any thread.

    A thread of its own starts and ends them; it lives as long as there are any. `taken` counts
    those that were of use.
    """

    def __init__(
        self, *, rest_seconds: float = REST_SECONDS, idle_seconds_max: float = IDLE_SECONDS_MAX
    ) -> None:
        self._rest_seconds = rest_seconds
        self._idle_seconds_max = idle_seconds_max
        self._changed = threading.Condition()
        self._most = 0
        self._asked: deque[Kind] = deque(maxlen=0)
        self._asked_at = time.monotonic()
        self._waiting: list[_Ready] = []
        self._deaths = 0
        self._keeper: threading.Thread | None = None
        self.taken = 0

    def keep(self, *, most: int) -> None:
        """From now on, have at most so many wait. 0 ends them all."""
        with self._changed:
            self._most = most
            self._asked = deque(self._asked, maxlen=most)
            surplus = self._remove_surplus()
            self._changed.notify_all()
        for ready in surplus:
            ready.close()

    def count(self) -> int:
        """How many wait."""
        with self._changed:
            return len(self._waiting)

    @contextlib.contextmanager
    def take(self, kind: Kind, *, master: Path, filters: str) -> Iterator[Process | None]:
        """One that has begun with `master`, to be gone with the block; or None if there is none.

        Either way there will be one more for whoever asks next.
        """
        ready = self._pop(kind)
        if ready is None:
            yield None
            return
        with contextlib.closing(ready):
            sys.audit(AUDIT_EVENT, kind.command[0])
            try:
                ready.begin(master, filters)
            except OSError as error:
                log.warning("an encoder that was started ahead is of no use: %s", error)
                if error.errno in _LINKED_NEVER:
                    self.keep(most=0)
                yield None
            else:
                self.taken += 1
                yield ready.process

    def forget(self) -> None:
        """In a fork, where nobody will free the lock: what waits is the other process's.

        It must not be closed here, and so not be forgotten quite.
        """
        self._others = self._waiting
        self.__init__(  # type: ignore[misc]
            rest_seconds=self._rest_seconds, idle_seconds_max=self._idle_seconds_max
        )

    def _pop(self, kind: Kind) -> _Ready | None:
        dead: list[_Ready] = []
        with self._changed:
            if not self._most:
                return None
            found = self._find(kind, dead)
            self._asked.append(kind)
            self._asked_at = time.monotonic()
            self._wake_keeper()
        for ready in dead:
            ready.close()
        return found

    def _find(self, kind: Kind, dead: list[_Ready]) -> _Ready | None:
        for ready in [each for each in self._waiting if each.kind == kind]:
            self._waiting.remove(ready)
            if not ready.process.has_ended():
                self._deaths = 0
                return ready
            dead.append(ready)
        self._deaths += len(dead)
        if self._deaths >= DEATHS_MAX:
            log.warning("encoders that are started ahead end at once: no more are started")
            self._most, self._asked = 0, deque(maxlen=0)
        return None

    def _wake_keeper(self) -> None:
        if self._keeper is not None:
            self._changed.notify_all()
            return
        keeper = threading.Thread(target=self._keep, name="encoders-ready", daemon=True)
        with contextlib.suppress(RuntimeError):  # No thread to be had: whoever asks next tries.
            keeper.start()
            self._keeper = keeper

    def _keep(self) -> None:
        while True:
            with self._changed:
                if self._asked:
                    self._changed.wait(self._seconds_to_wait())
                surplus, wanted = self._remove_surplus(), self._next_to_start()
                if not self._asked:
                    self._keeper = None
            for ready in surplus:
                ready.close()
            if wanted is not None:
                self._start(wanted)
            elif not self._asked:
                return

    def _seconds_to_wait(self) -> float:
        since = time.monotonic() - self._asked_at
        until = self._rest_seconds if self._missing() else self._idle_seconds_max
        return max(BETWEEN_SECONDS, until - since)

    def _missing(self) -> Counter[Kind]:
        return Counter(self._asked) - Counter(ready.kind for ready in self._waiting)

    def _next_to_start(self) -> Kind | None:
        """Of what is missing, what was asked for last; nothing while somebody is just served."""
        missing = self._missing()
        if time.monotonic() - self._asked_at < self._rest_seconds:
            return None
        return next((kind for kind in reversed(self._asked) if missing[kind]), None)

    def _remove_surplus(self) -> list[_Ready]:
        """What nobody asked for lately."""
        if time.monotonic() - self._asked_at > self._idle_seconds_max:
            self._asked.clear()
        left = Counter(self._asked)
        kept: list[_Ready] = []
        surplus: list[_Ready] = []
        for ready in self._waiting:
            left[ready.kind] -= 1
            (surplus if left[ready.kind] < 0 else kept).append(ready)
        self._waiting = kept
        return surplus

    def _start(self, kind: Kind) -> None:
        try:
            ready = _Ready(kind)
        except (ProcessFailedError, OSError) as error:
            log.warning("no encoder could be started ahead: %s", error)
            with self._changed:  # Until somebody asks again.
                self._asked.clear()
            return
        with self._changed:
            self._waiting.append(ready)
            surplus = self._remove_surplus()  # What is wanted may have changed meanwhile.
        for each in surplus:
            each.close()


ready_encoders = ReadyEncoders()
# Before the host ends, and with it all encoders: their folders go too.
atexit.register(ready_encoders.keep, most=0)
os.register_at_fork(after_in_child=ready_encoders.forget)
