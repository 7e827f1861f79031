"""A file that others read while its one writer still writes it, in any process of the machine.

While it is written, its name ends in `.part`, and its writer holds an exclusive `flock` on it, which
the system frees when the writer dies. All else is told by the file itself:

- locked: it grows;
- read-only (mode 0444): it is finished. It is synced to disk, then marked, then renamed;
- neither: its writer is gone. Who wants it next takes it over and begins anew.

So a reader needs no word from the writer: it follows the open file, and knows in the end whether it
has the whole. Locks of this kind are local: the folder must lie on a disk of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")
# Told that the disk is full, and for how many bytes; returns whether anything was removed.
MakeRoom = Callable[[int], bool]

PART_SUFFIX = ".part"
NEW_SUFFIX = ".new"
_FINISHED_MODE = 0o444
# A new file has its name `.part` within moments. After so long it was left by a crash.
NEW_LASTS_SECONDS_MAX = 60.0
# A reader that asks whether the writer lives holds the lock itself for some microseconds.
_CLAIM_TRIES = 3
_CLAIM_PAUSE_SECONDS = 0.001

# How often room is made on a full disk before it is given up: what was removed may still be open.
ROOM_TRIES = 3


class DiskFullError(OSError):
    """The disk has no room for a rendition, also after the cache gave way."""


class State(StrEnum):
    """What a rendition's file says of itself."""

    GROWING = "growing"
    FINISHED = "finished"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, eq=False)
class Bell:
    """By which one reader is called: `more` when something was written, both when it has ended.

    Who leaves `more` set is not called for each piece any more.
    """

    loop: asyncio.AbstractEventLoop
    more: asyncio.Event
    end: asyncio.Event

    async def wait_for_more(self, seconds: float) -> None:
        """Until it is rung since `more` was cleared, or so long."""
        await waited(self.more, seconds)


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or so long. `asyncio.wait_for` makes a task of its own for each."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


class Bells:
    """By which a writer calls the readers that wait in this process for the same file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hung: dict[str, set[Bell]] = {}

    def ring(self, name: str, *, has_ended: bool = False) -> None:
        """Wake who waits; may be called from any thread."""
        if name not in self._hung:
            return
        with self._lock:
            for bell in self._hung.get(name, ()):
                with contextlib.suppress(RuntimeError):  # Its loop was closed.
                    # Who has yet to look, or looks by itself by now, need not be woken.
                    if not bell.more.is_set():
                        bell.loop.call_soon_threadsafe(bell.more.set)
                    if has_ended:
                        bell.loop.call_soon_threadsafe(bell.end.set)

    @contextlib.contextmanager
    def hung(self, name: str) -> Iterator[Bell]:
        """A bell that is rung until the block ends."""
        bell = Bell(asyncio.get_running_loop(), asyncio.Event(), asyncio.Event())
        with self._lock:
            self._hung.setdefault(name, set()).add(bell)
        try:
            yield bell
        finally:
            with self._lock:
                self._hung[name].discard(bell)
                if not self._hung[name]:
                    del self._hung[name]


@dataclass(frozen=True, slots=True)
class Keeper:
    """What a writer asks of the cache that it writes for.

    `admit` gives a finished file its name: `(part, final, size_bytes)`.
    """

    make_room: MakeRoom
    admit: Callable[[Path, Path, int], None]


class Claim:
    """The one writer of a rendition. Use it as a context: what is not finished is abandoned."""

    def __init__(
        self, descriptor: int, part: Path, final: Path, *, bells: Bells, keeper: Keeper
    ) -> None:
        self._descriptor: int | None = descriptor
        self._bells = bells
        self._keeper = keeper
        self._part = part
        self._final = final

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            try:
                self._part.unlink(missing_ok=True)
            finally:
                self._close(self._descriptor)

    def write(self, data: bytes) -> None:
        """Append; readers see it at once. Raises `DiskFullError`, or OSError where the disk fails."""
        assert self._descriptor is not None
        view = memoryview(data)
        while view:
            written = with_room(
                partial(os.write, self._descriptor, view),
                make_room=self._keeper.make_room,
                needed_bytes=len(view),
            )
            view = view[written:]
        self._bells.ring(self._final.name)

    def finish(self) -> Path:
        """Sync, mark as whole, and give the file its name. Raises as `write` does."""
        assert self._descriptor is not None
        with telling_full():
            os.fsync(self._descriptor)
        os.fchmod(self._descriptor, _FINISHED_MODE)
        self._keeper.admit(self._part, self._final, os.fstat(self._descriptor).st_size)
        _sync_folder(self._final.parent)
        self._close(self._descriptor)
        return self._final

    def _close(self, descriptor: int) -> None:
        os.close(descriptor)
        self._descriptor = None
        self._bells.ring(self._final.name, has_ended=True)


class Reader:
    """An open rendition, growing or finished. It keeps reading the same file whatever its name."""

    def __init__(self, descriptor: int, name: str, bells: Bells) -> None:
        self._descriptor: int | None = descriptor
        self._name = name
        self._bells = bells

    def bell(self) -> contextlib.AbstractContextManager[Bell]:
        """A bell that a writer in this process rings whenever there is more to see."""
        return self._bells.hung(self._name)

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        return os.fstat(self._open()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; none where nothing is written yet."""
        return os.pread(self._open(), length, offset)

    def state(self) -> State:
        """Whether more is to come."""
        descriptor = self._open()
        if _is_finished(descriptor):
            return State.FINISHED
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return State.GROWING
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        # It may have been finished between the two looks.
        return State.FINISHED if _is_finished(descriptor) else State.BROKEN

    def close(self) -> None:
        """May be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("this rendition was closed")
        return self._descriptor


def no_room(_: int) -> bool:
    """For who has nothing to remove."""
    return False


def with_room(work: Callable[[], T], *, make_room: MakeRoom, needed_bytes: int) -> T:
    """What `work` returns; where it finds the disk full, once there is room again.

    Raises `DiskFullError` where nothing is left to be removed, or `ROOM_TRIES` were in vain.
    """
    for _ in range(ROOM_TRIES):
        try:
            with telling_full():
                return work()
        except DiskFullError:
            if not make_room(needed_bytes):
                raise
    with telling_full():
        return work()


@contextlib.contextmanager
def telling_full() -> Iterator[None]:
    """Tell a full disk, or a quota that is used up, by an error of its own."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            error.errno,
            "the disk has no room for another rendition; make some, or set a smaller "
            "PENNYWHISTLE_CACHE_BYTES",
            error.filename,
        ) from error


def create_locked(part: Path) -> int | None:
    """A new file that is locked before anyone can see it under its name; None if the name is taken."""
    descriptor, name = tempfile.mkstemp(dir=part.parent, prefix=part.stem[:8], suffix=NEW_SUFFIX)
    with contextlib.ExitStack() as on_error:
        on_error.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.link(name, part)
        except FileExistsError:
            return None
        finally:
            Path(name).unlink()
        on_error.pop_all()
    return descriptor


def take_over(part: Path, final: Path, keeper: Keeper) -> int | None:
    """Begin anew a file whose writer is gone; None where the writer lives or it is finished."""
    try:
        descriptor = _open_leftover(part)
    except FileNotFoundError:
        return None
    with contextlib.ExitStack() as on_return:
        on_return.callback(os.close, descriptor)
        if not _lock(descriptor) or not _is_named(descriptor, part):
            return None
        if _is_finished(descriptor):
            # Marked as whole, but the rename was lost.
            keeper.admit(part, final, os.fstat(descriptor).st_size)
            return None
        os.ftruncate(descriptor, 0)
        on_return.pop_all()
    return descriptor


def _open_leftover(part: Path) -> int:
    """For writing; what is marked as whole can be opened for reading only, unless by root."""
    try:
        return os.open(part, os.O_RDWR)
    except PermissionError:
        return os.open(part, os.O_RDONLY)


def _lock(descriptor: int) -> bool:
    for _ in range(_CLAIM_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_CLAIM_PAUSE_SECONDS)
        else:
            return True
    return False


def _is_finished(descriptor: int) -> bool:
    return stat.S_IMODE(os.fstat(descriptor).st_mode) == _FINISHED_MODE


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def is_unfinished(name: str) -> bool:
    """Whether a file goes by a name that is none yet."""
    return name.endswith((PART_SUFFIX, NEW_SUFFIX))


def remove_leftover(path: Path) -> bool:
    """Whether a file without a writer was there to be removed.

    One that is just being made is not locked yet, for a moment.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        if path.suffix == NEW_SUFFIX:
            if time.time() - os.fstat(descriptor).st_ctime < NEW_LASTS_SECONDS_MAX:
                return False
        elif not _lock(descriptor) or not _is_named(descriptor, path):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
