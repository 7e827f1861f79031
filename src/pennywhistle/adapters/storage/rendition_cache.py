"""Renditions on disk, readable while they are written, by any process on the machine.

A rendition is one file under `<root>/ab/<key>.<extension>`. While it is written its name ends in
`.part`, and its one writer holds an exclusive `flock` on it, which the system frees when the writer
dies. All else is told by the file itself:

- locked: it grows;
- read-only (mode 0444): it is finished. It is synced to disk, then marked, then renamed;
- neither: its writer is gone. Who wants it next takes it over and begins anew.

So a reader needs no word from the writer: it follows the open file, and knows in the end whether it
has the whole. Locks of this kind are local: the folder must lie on a disk of this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import stat
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

_PART = ".part"
_NEW = ".new"
_FINISHED_MODE = 0o444
# A reader that asks whether the writer lives holds the lock itself for some microseconds.
_CLAIM_TRIES = 3
_CLAIM_PAUSE_SECONDS = 0.001

FOLLOW_CHUNK_BYTES = 256 * 1024
# How often a reader looks for more by itself. A writer in the same process rings for it at first,
# while somebody waits for the music to begin; later a ring would cost more than it gains.
FOLLOW_LOOK_SECONDS = 0.02
FOLLOW_RINGS_MAX = 32
# A writer that lives but writes nothing for so long is given up.
FOLLOW_STALL_SECONDS_MAX = 180.0
DEFAULT_CACHE_BYTES_MAX = 20_000_000_000


class RenditionBrokenError(RuntimeError):
    """A rendition that will not be finished by the writer it had, or is not as long as promised."""


class State(StrEnum):
    """What a rendition's file says of itself."""

    GROWING = "growing"
    FINISHED = "finished"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Swept:
    """What `sweep` removed: files that a crash left, and finished ones beyond the budget."""

    leftovers: int
    evicted: int


class _Bells:
    """By which a writer calls the readers that wait in this process for the same file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hung: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def ring(self, name: str) -> None:
        """Wake who waits; may be called from any thread."""
        if name not in self._hung:
            return
        with self._lock:
            for loop, event in self._hung.get(name, ()):
                with contextlib.suppress(RuntimeError):  # Its loop was closed.
                    loop.call_soon_threadsafe(event.set)

    @contextlib.contextmanager
    def hung(self, name: str) -> Iterator[asyncio.Event]:
        """An event that is set at every ring until the block ends."""
        bell = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._hung.setdefault(name, set()).add(bell)
        try:
            yield bell[1]
        finally:
            with self._lock:
                self._hung[name].discard(bell)
                if not self._hung[name]:
                    del self._hung[name]


class Claim:
    """The one writer of a rendition. Use it as a context: what is not finished is abandoned."""

    def __init__(self, descriptor: int, part: Path, final: Path, bells: _Bells) -> None:
        self._descriptor: int | None = descriptor
        self._bells = bells
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
        """Append; readers see it at once."""
        assert self._descriptor is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._bells.ring(self._final.name)

    def finish(self) -> Path:
        """Sync, mark as whole, and give the file its name. Raises OSError where the disk fails."""
        assert self._descriptor is not None
        os.fsync(self._descriptor)
        os.fchmod(self._descriptor, _FINISHED_MODE)
        self._part.rename(self._final)
        _sync_folder(self._final.parent)
        self._close(self._descriptor)
        return self._final

    def _close(self, descriptor: int) -> None:
        os.close(descriptor)
        self._descriptor = None
        self._bells.ring(self._final.name)


class Reader:
    """An open rendition, growing or finished. It keeps reading the same file whatever its name."""

    def __init__(self, descriptor: int, name: str, bells: _Bells) -> None:
        self._descriptor: int | None = descriptor
        self._name = name
        self._bells = bells

    def bell(self) -> contextlib.AbstractContextManager[asyncio.Event]:
        """An event that a writer in this process sets whenever there is more to see."""
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


class RenditionCache:
    """The folder of renditions. Every file in it can be made again, so all of it may be deleted."""

    def __init__(self, root: Path, *, bytes_max: int = DEFAULT_CACHE_BYTES_MAX) -> None:
        self._root = root
        self._bytes_max = bytes_max
        self._bells = _Bells()

    def find(self, *, key: str, extension: str) -> Path | None:
        """The finished file, or None. Counts as use, which `sweep` goes by."""
        path = self._final(key, extension)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def claim(self, *, key: str, extension: str) -> Claim | None:
        """Become the one writer. None where there is another, or where the file is finished."""
        final = self._final(key, extension)
        part = final.with_name(final.name + _PART)
        final.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _create_locked(part)
        if descriptor is None:
            descriptor = _take_over(part, final)
        if descriptor is None:
            return None
        with contextlib.ExitStack() as unless_claimed:
            claim = unless_claimed.enter_context(Claim(descriptor, part, final, self._bells))
            if final.exists():
                return None
            unless_claimed.pop_all()
        return claim

    def open_reader(self, *, key: str, extension: str) -> Reader | None:
        """The file as it is, finished or growing; None where there is neither. Close it."""
        final = self._final(key, extension)
        # Between the two looks a growing file may be renamed, so the finished name is tried last too.
        for path in (final, final.with_name(final.name + _PART), final):
            with contextlib.suppress(FileNotFoundError):
                return Reader(os.open(path, os.O_RDONLY), final.name, self._bells)
        return None

    def sweep(self) -> Swept:
        """Remove what a crash left behind, then the least lately used beyond the budget."""
        leftovers = sum(_remove_leftover(path) for path in self._files() if _is_unfinished(path))
        finished = []
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                if not _is_unfinished(path):
                    finished.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        kept_bytes, evicted = 0, 0
        for _, size_bytes, path in sorted(finished, reverse=True):
            kept_bytes += size_bytes
            if kept_bytes > self._bytes_max:
                path.unlink(missing_ok=True)
                evicted += 1
        return Swept(leftovers, evicted)

    def _final(self, key: str, extension: str) -> Path:
        if not (key.isalnum() and extension.isalnum()):
            raise ValueError(f"{key!r}, {extension!r} do not name a rendition")
        return self._root / key[:2] / f"{key}.{extension}"

    def _files(self) -> Iterator[Path]:
        return (path for path in self._root.glob("*/*") if path.is_file())


async def follow(
    reader: Reader, *, start: int = 0, stop: int | None = None, total: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The bytes `[start, stop)` as they come; to the end where `stop` is None. Closes the reader.

    Where `total` was promised, the last byte of it is held back until the file is finished and is
    as long as that: nobody is left with a file that only looks whole. Raises
    `RenditionBrokenError`. Reads are of pages just written, so they do not leave the event loop.
    """
    offset, rings, moved_at = start, 0, time.monotonic()
    with contextlib.closing(reader), reader.bell() as bell:
        while stop is None or offset < stop:
            bell.clear()
            # The state is read before the data: what was finished then has all its bytes now.
            state = reader.state()
            wanted = FOLLOW_CHUNK_BYTES if stop is None else min(FOLLOW_CHUNK_BYTES, stop - offset)
            data = reader.read_at(offset, wanted)
            if data and offset + len(data) == total:
                data = _but_for_the_last(data, reader, state, total)
            if data:
                yield data
                offset, moved_at = offset + len(data), time.monotonic()
                continue
            if state is State.FINISHED and stop is None:
                return
            _check_that_more_comes(state, offset, stop, time.monotonic() - moved_at)
            if rings < FOLLOW_RINGS_MAX:
                rings += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), FOLLOW_LOOK_SECONDS)
            else:
                await asyncio.sleep(FOLLOW_LOOK_SECONDS)


def _check_that_more_comes(
    state: State, offset: int, stop: int | None, idle_seconds: float
) -> None:
    if state is State.FINISHED:
        raise RenditionBrokenError(f"{stop} bytes were promised, and {offset} were made")
    if state is State.BROKEN:
        raise RenditionBrokenError("the encoder did not finish; ask again")
    if idle_seconds > FOLLOW_STALL_SECONDS_MAX:
        raise RenditionBrokenError("the encoder has stalled; ask again")


def _but_for_the_last(data: bytes, reader: Reader, state: State, total: int) -> bytes:
    """`data`, which would complete the file, without its last byte until that is sure."""
    if state is not State.FINISHED:
        return data[:-1]
    if reader.size_bytes != total:
        raise RenditionBrokenError(f"{total} bytes were promised, {reader.size_bytes} were made")
    return data


def _create_locked(part: Path) -> int | None:
    """A new file that is locked before anyone can see it under its name; None if the name is taken."""
    descriptor, name = tempfile.mkstemp(dir=part.parent, prefix=part.stem[:8], suffix=_NEW)
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


def _take_over(part: Path, final: Path) -> int | None:
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
            part.rename(final)
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


def _is_unfinished(path: Path) -> bool:
    return path.suffix in (_PART, _NEW)


def _remove_leftover(path: Path) -> bool:
    """Whether a file without a writer was there to be removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        if not _lock(descriptor) or not _is_named(descriptor, path):
            return False
        path.unlink()
        return True
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
