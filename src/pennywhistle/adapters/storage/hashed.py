"""Files on local disk, each under the SHA-256 of its bytes, byte for byte.

The layout is `<root>/ab/cd/<sha256>`. A file appears under its name whole or not at all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from pennywhistle.adapters.storage.arriving import arriving, sweep

_SHA256 = re.compile(r"[0-9a-f]{64}")


def hashed_place(root: Path, sha256: str) -> Path:
    """`<root>/ab/cd/<sha256>`. Raises ValueError for what is no SHA-256, such as a path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal")
    return root / sha256[:2] / sha256[2:4] / sha256


def keep_content(place: Path, content: bytes) -> None:
    """Write a small file, unless it is there. Raises OSError where the disk is full."""
    if not place.exists():
        with arriving(place) as file:
            file.write(content)


class HashedStore:
    """Finds files by their hash. Any number of processes may use one root at the same time.

    A kind of store says what it holds: its `noun`, the error for one that is `missing`, and what to
    do then besides restoring it.
    """

    noun: ClassVar[str]
    missing: ClassVar[type[LookupError]]
    remedy: ClassVar[str]

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, *, sha256: str) -> Path:
        """Where the file lies. It is for reading only. Raises what the store says of a missing one."""
        return self._found(self._place(sha256))

    def holds(self, *, sha256: str) -> bool:
        """True where `path` would answer."""
        return self._place(sha256).is_file()

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left before `older_than` (seconds since the epoch); see `sweep`."""
        return sweep(self._root, older_than=older_than)

    def _place(self, sha256: str) -> Path:
        return hashed_place(self._root, sha256)

    def _found(self, place: Path) -> Path:
        if not place.is_file():
            raise self.missing(
                f"no {self.noun} {place.name} under {self._root}; restore it from a backup, or "
                f"{self.remedy}"
            )
        return place
