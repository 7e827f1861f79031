"""Masters on local disk, each under the SHA-256 of its bytes, byte for byte.

The layout is `<root>/ab/cd/<sha256>`. A file appears under its name whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import BinaryIO

from pennywhistle.adapters.storage.arriving import arriving, sweep

_PIECE_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MasterMissingError(LookupError):
    """The store holds no file of this hash."""


class MasterChangedError(ValueError):
    """The bytes are not those that the hash was taken of."""


def hashed_place(root: Path, sha256: str) -> Path:
    """`<root>/ab/cd/<sha256>`. Raises ValueError for what is no SHA-256, such as a path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal")
    return root / sha256[:2] / sha256[2:4] / sha256


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

    def holds(self, *, sha256: str) -> bool:
        """True where `path` would answer."""
        return hashed_place(self._root, sha256).is_file()

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left before `older_than` (seconds since the epoch); see `sweep`."""
        return sweep(self._root, older_than=older_than)

    def _keep(self, source: BinaryIO, sha256: str) -> None:
        final = hashed_place(self._root, sha256)
        if final.exists():
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
