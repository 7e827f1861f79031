"""Masters and covers on local disk, each under the SHA-256 of its bytes, byte for byte.

The layout is `<root>/ab/cd/<sha256>`. A file appears under its name whole or not at all: it is
written beside it under a temporary name, hashed on the way, forced to the disk and then renamed. A
crash leaves temporary files only, which `sweep` takes away.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

_PIECE_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY_PREFIX = ".arriving-"


class MasterMissingError(LookupError):
    """The store holds no file of this hash."""


class MasterChangedError(ValueError):
    """The bytes are not those that the hash was taken of."""


class MasterStore:
    """Keeps files by their hash. Any number of processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, *, source: Path, sha256: str) -> None:
        """Copy the file at `source`, whose hash is `sha256`; what is already kept stays as it is.

        Raises `MasterChangedError` where `source` has another hash by now, OSError where it cannot
        be read or the disk is full. In both cases nothing is left behind.
        """
        with source.open("rb") as file:
            self._keep(file, sha256)

    def keep_bytes(self, *, content: bytes) -> str:
        """Keep a small file, such as a cover, and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        final = self._place(sha256)
        if not final.exists():
            with self._arriving(final) as arriving:
                arriving.write(content)
        return sha256

    def path(self, *, sha256: str) -> Path:
        """Where the file lies. It is for reading only. Raises `MasterMissingError`."""
        final = self._place(sha256)
        if not final.is_file():
            raise MasterMissingError(
                f"no file {sha256} under {self._root}; restore it from a backup or ingest it again"
            )
        return final

    def holds(self, *, sha256: str) -> bool:
        """True where `path` would answer."""
        return self._place(sha256).is_file()

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left: temporary files last written before `older_than`, in seconds
        since the epoch. Younger ones may belong to a copy that is still running. Returns how many.
        """
        removed = 0
        for leftover in self._root.glob(f"??/??/{_TEMPORARY_PREFIX}*"):
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < older_than:
                    leftover.unlink()
                    removed += 1
        return removed

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal")
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, source: BinaryIO, sha256: str) -> None:
        final = self._place(sha256)
        if final.exists():
            return
        digest = hashlib.sha256()
        with self._arriving(final) as arriving:
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                arriving.write(piece)
            if digest.hexdigest() != sha256:
                raise MasterChangedError(
                    f"the file's hash is {digest.hexdigest()} and was {sha256}: it was changed "
                    "while it was read; deliver it again once it is written"
                )

    @contextmanager
    def _arriving(self, final: Path) -> Iterator[IO[bytes]]:
        """A temporary file that becomes `final` if the block ends well, and is gone if not."""
        final.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=final.parent, prefix=_TEMPORARY_PREFIX, delete=False) as file:
            temporary = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(0o444)
                temporary.replace(final)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        for folder in (final.parent, final.parent.parent, self._root):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Force a folder's new names to the disk, or a power cut could lose them."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
