"""How many bytes and files a folder holds, kept for all processes, so that nobody need count them.

A file of two numbers and when they were last counted, behind a mark, and the lock on it that whoever adds or removes files holds
meanwhile. The numbers may be wrong after a crash, or where somebody else changed the folder; a count
of the folder puts them right. What is added is counted before it appears, and what is removed after
it went: a crash in between leaves them too high, never too low.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_NUMBERS = struct.Struct("=qqqd")
# Stands first, so that a file of other content is not taken for ours.
_MARK = 0x70656E6E79


@dataclass(frozen=True, slots=True)
class Usage:
    """What a folder holds."""

    size_bytes: int = 0
    files: int = 0

    def plus(self, *, size_bytes: int, files: int) -> Usage:
        """With so much more; less where negative. Never below nothing."""
        return replace(
            self,
            size_bytes=max(0, self.size_bytes + size_bytes),
            files=max(0, self.files + files),
        )


class Book:
    """The open, locked file. `usage` is None until the folder was counted for the first time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def usage(self) -> Usage | None:
        """What was last written."""
        known = self._read()
        return None if known is None else known[0]

    @property
    def counted_at(self) -> float:
        """When the folder was last counted, in seconds since 1970; 0 where it never was."""
        known = self._read()
        return 0.0 if known is None else known[1]

    def _read(self) -> tuple[Usage, float] | None:
        data = os.pread(self._descriptor, _NUMBERS.size, 0)
        if len(data) < _NUMBERS.size:
            return None
        mark, size_bytes, files, counted_at = _NUMBERS.unpack(data)
        return (Usage(size_bytes, files), counted_at) if mark == _MARK else None

    def write(self, usage: Usage, *, counted_at: float | None = None) -> None:
        """Write what the folder holds now, and when it was counted, if it was.

        On a full disk the book is emptied: not known is right.
        """
        at = self.counted_at if counted_at is None else counted_at
        try:
            os.pwrite(self._descriptor, _NUMBERS.pack(_MARK, usage.size_bytes, usage.files, at), 0)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            os.ftruncate(self._descriptor, 0)


@contextlib.contextmanager
def open_book(path: Path) -> Iterator[Book]:
    """The book, with nobody else at it, in this process or another, until the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Book(descriptor)
    finally:
        os.close(descriptor)
