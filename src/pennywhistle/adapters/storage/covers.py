"""Covers on local disk: the picture as delivered, and the sizes cut from it for pages.

The layout is `<root>/ab/cd/<sha256>` for the delivered picture, and beside it
`<sha256>-<size>.jpg` for each size. Names hold the hash of the delivered picture, so a browser may
keep them for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pennywhistle.adapters.storage.arriving import arriving, sweep
from pennywhistle.adapters.storage.masters import hashed_place


class CoverMissingError(LookupError):
    """The store holds no such cover, or not in that size."""


class CoverStore:
    """Keeps covers by their hash. Any number of processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, *, content: bytes, sizes: Mapping[str, bytes]) -> str:
        """Keep a cover with its `sizes` by name and return its SHA-256. Kept ones stay.

        The sizes come first: where the delivered picture is there, they are too. Raises OSError
        where the disk is full.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        final = hashed_place(self._root, sha256)
        files = {self._sized(final, size): jpeg for size, jpeg in sizes.items()}
        for place, data in [*files.items(), (final, content)]:
            if not place.exists():
                with arriving(place) as file:
                    file.write(data)
        return sha256

    def path(self, *, sha256: str, size: str | None = None) -> Path:
        """Where the cover lies: as delivered, or as the JPEG of a size. For reading only.

        Raises `CoverMissingError`.
        """
        final = hashed_place(self._root, sha256)
        place = final if size is None else self._sized(final, size)
        if not place.is_file():
            raise CoverMissingError(
                f"no cover {place.name} under {self._root}; restore it from a backup or ingest "
                "its release again"
            )
        return place

    def holds(self, *, sha256: str) -> bool:
        """True where the cover is there, as delivered and in its sizes."""
        return hashed_place(self._root, sha256).is_file()

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left before `older_than` (seconds since the epoch); see `sweep`."""
        return sweep(self._root, older_than=older_than)

    def _sized(self, final: Path, size: str) -> Path:
        if not size.isalnum():
            raise ValueError(f"{size!r} is not the name of a size")
        return final.with_name(f"{final.name}-{size}.jpg")
