"""Masters on local disk, each under the SHA-256 of its bytes, byte for byte.

The layout is `<root>/ab/cd/<sha256>`. A file appears under its name whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import BinaryIO

from pennywhistle.adapters.storage.arriving import arriving, sweep

_PIECE_BYTES = 1 << 20
# A file that was found whole is not read for it again for so long, unless it was touched since.
TRUSTED_SECONDS = 3600.0
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MasterMissingError(LookupError):
    """The store holds no file of this hash."""


class MasterChangedError(ValueError):
    """The bytes are not those that the hash was taken of."""


class MasterDamagedError(MasterMissingError):
    """The file of this hash is not any more what it was taken of."""


def hashed_place(root: Path, sha256: str) -> Path:
    """`<root>/ab/cd/<sha256>`. Raises ValueError for what is no SHA-256, such as a path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal")
    return root / sha256[:2] / sha256[2:4] / sha256


class MasterStore:
    """Keeps files by their hash. Any number of processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # What each file looked like when it was last found whole, and when that was.
        self._found_whole: dict[str, tuple[tuple[int, int, int], float]] = {}

    def keep(self, *, source: Path, sha256: str) -> None:
        """Copy the file at `source`, whose hash is `sha256`; what is kept and whole stays as it is.

        Raises `MasterChangedError` where `source` has another hash by now, OSError where it cannot
        be read or the disk is full. In both cases nothing is left behind.
        """
        with source.open("rb") as file:
            self._keep(file, sha256)

    def keep_bytes(self, *, content: bytes) -> str:
        """Keep a small file and return its SHA-256. Raises OSError where the disk is full."""
        sha256 = hashlib.sha256(content).hexdigest()
        final = hashed_place(self._root, sha256)
        if not final.exists():
            with arriving(final) as file:
                file.write(content)
        return sha256

    def path(self, *, sha256: str) -> Path:
        """Where the file lies. It is for reading only. Raises `MasterMissingError`."""
        final = hashed_place(self._root, sha256)
        if not final.is_file():
            raise MasterMissingError(
                f"no file {sha256} under {self._root}; restore it from a backup or ingest it again"
            )
        return final

    def check(self, *, sha256: str) -> None:
        """Hold the file against its hash, if that was not done within `TRUSTED_SECONDS`.

        Raises `MasterDamagedError`, `MasterMissingError`.
        """
        path = self.path(sha256=sha256)
        about = path.stat()
        looks, now = (about.st_ino, about.st_size, about.st_mtime_ns), time.monotonic()
        looked, found_at = self._found_whole.get(sha256, (None, now))
        if looked == looks and now - found_at < TRUSTED_SECONDS:
            return
        if not _is_whole(path, sha256):
            self._found_whole.pop(sha256, None)
            raise MasterDamagedError(
                f"the master {path} is damaged: its bytes are not those that were ingested; restore it "
                "from a backup, or delete it and ingest it again"
            )
        self._found_whole[sha256] = (looks, now)

    def holds(self, *, sha256: str) -> bool:
        """True where `path` would answer."""
        return hashed_place(self._root, sha256).is_file()

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left before `older_than` (seconds since the epoch); see `sweep`."""
        return sweep(self._root, older_than=older_than)

    def _keep(self, source: BinaryIO, sha256: str) -> None:
        final = hashed_place(self._root, sha256)
        if final.exists() and _is_whole(final, sha256):
            return
        digest = hashlib.sha256()
        with arriving(final) as file:
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
            if digest.hexdigest() != sha256:
                raise MasterChangedError(
                    f"the file's hash is {digest.hexdigest()} and was {sha256}: it was changed "
                    "while it was read; deliver it again once it is written"
                )


def _is_whole(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
