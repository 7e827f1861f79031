"""Files that are kept open for the server below, each under a name that no other file ever has.

A file of the cache may be evicted between the answer and the moment in which the server opens what it
was told to send. So it is kept open here, and Linux lets the server find it by its descriptor:
https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html. But numbers of descriptors are given out
again, and a server that comes late, because the machine slept or had too much to do, would send another
file. Therefore what it is told is a symbolic link in a folder of this process, and that is never made
again. The name goes first and the descriptor some time later: who comes too late finds nothing.

A hard link would change the times of the file's inode, in which the cache keeps when and how often it
was asked for.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path

from pennywhistle.adapters.storage.working import working_below

# So long can a file be found after it was last held, and so many at once; the server opens it a moment
# after it was told to. For one beyond that, the one that was held longest ago gives its name up.
HELD_SECONDS = 60.0
HELD_MOST = 200
# A link that is being followed has been followed by then. As many as have names may wait for that;
# where they do, in a rush of forty other files a second, a file is told by its own path, and is not
# found if it is evicted in that very moment.
CLOSED_AFTER_SECONDS = 5.0

_OPEN_HERE = Path("/proc/self/fd")
_IS_LINUX = _OPEN_HERE.is_dir()


@dataclass(slots=True)
class _Held:
    """An open file and its name, until an instant of the caller's clock."""

    path: Path
    descriptor: int
    until: float


class HeldFiles:
    """The files that one process holds, by names below a folder of its own in `root`.

    Times are seconds of any clock that does not go back. For one thread. What a killed process leaves
    in `root` is for `sweep_working`; its names lead nowhere.
    """

    def __init__(self, root: Path, *, most: int = HELD_MOST) -> None:
        self._root = root
        self._most = most
        self._names = map(str, itertools.count())
        self._folder: Path | None = None
        self._leaving = contextlib.ExitStack()
        # By device and inode, the one that is let go of first at the front.
        self._held: OrderedDict[tuple[int, int], _Held] = OrderedDict()
        # Without a name by now: until when they stay open, and their descriptors.
        self._nameless: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        """How many descriptors are open."""
        return len(self._held) + len(self._nameless)

    def hold(self, descriptor: int, *, now: float) -> Path | None:
        """Where this process finds the file for `HELD_SECONDS`, or until many others were held,
        whatever becomes of its own path.

        `descriptor` stays the caller's, to be closed at any time. None where no more can be held, or
        the system cannot.
        """
        self._close_nameless(now)
        status = os.fstat(descriptor)
        file = (status.st_dev, status.st_ino)
        held = self._held.get(file)
        if held is not None and not os.path.lexists(held.path):  # Somebody emptied `root`.
            self._leave_nameless(self._held.pop(file), now)
            held = None
        held = held or self._name(descriptor, now)
        if held is None:
            return None
        held.until = now + HELD_SECONDS
        self._held[file] = held
        self._held.move_to_end(file)
        return held.path

    def let_go(self, *, now: float) -> bool:
        """Let go of what was held long enough. True where this is to be called again after
        `CLOSED_AFTER_SECONDS`."""
        self._close_nameless(now)
        while self._held and next(iter(self._held.values())).until <= now:
            self._leave_nameless(self._held.popitem(last=False)[1], now)
        return bool(self._nameless)

    def close(self) -> None:
        """Let go of all, and leave no folder. It may be used again."""
        self._leaving.close()
        self._folder = None
        descriptors = [held.descriptor for held in self._held.values()]
        descriptors.extend(descriptor for _, descriptor in self._nameless)
        self._held.clear()
        self._nameless.clear()
        for descriptor in descriptors:
            os.close(descriptor)

    def _close_nameless(self, now: float) -> None:
        while self._nameless and self._nameless[0][0] <= now:
            os.close(self._nameless.popleft()[1])

    def _leave_nameless(self, held: _Held, now: float) -> None:
        held.path.unlink(missing_ok=True)
        self._nameless.append((now + CLOSED_AFTER_SECONDS, held.descriptor))

    def _name(self, descriptor: int, now: float) -> _Held | None:
        if not _IS_LINUX or len(self._nameless) >= self._most:
            return None
        if len(self._held) >= self._most:
            self._leave_nameless(self._held.popitem(last=False)[1], now)
        try:
            kept = os.dup(descriptor)
        except OSError:
            return None
        try:
            path = self._own_folder() / next(self._names)
            path.symlink_to(_OPEN_HERE / str(kept))
        except OSError as error:
            os.close(kept)
            if isinstance(
                error, FileNotFoundError
            ):  # Somebody did just now: the next has a new one.
                self._folder = None
            return None
        return _Held(path, kept, 0.0)

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._leaving.close()
            self._folder = self._leaving.enter_context(working_below(self._root))
        return self._folder
