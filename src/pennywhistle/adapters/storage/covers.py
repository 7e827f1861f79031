"""Covers on local disk: the picture as delivered, and the sizes cut from it for pages.

The layout is `<root>/ab/cd/<sha256>` for the delivered picture, and beside it
`<sha256>-<size>.jpg` for each size. Names hold the hash of the delivered picture, so a browser may
keep them for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pennywhistle.adapters.storage.hashed import HashedStore, keep_content


class CoverMissingError(LookupError):
    """The store holds no such cover, or not in that size."""


class CoverStore(HashedStore):
    """Keeps covers; one is held with all its sizes."""

    noun, missing, remedy = "cover", CoverMissingError, "ingest its release again"

    def keep(self, *, content: bytes, sizes: Mapping[str, bytes]) -> str:
        """Keep a cover with its `sizes` by name and return its SHA-256. Kept ones stay.

        The sizes come first: where the delivered picture is there, they are too. Raises OSError
        where the disk is full.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        final = self._place(sha256)
        for size, jpeg in sizes.items():
            keep_content(_sized(final, size), jpeg)
        keep_content(final, content)
        return sha256

    def path(self, *, sha256: str, size: str | None = None) -> Path:
        """Where the cover lies: as delivered, or as the JPEG of a size. For reading only.

        Raises `CoverMissingError`.
        """
        final = self._place(sha256)
        return self._found(final if size is None else _sized(final, size))


def _sized(final: Path, size: str) -> Path:
    if not size.isalnum():
        raise ValueError(f"{size!r} is not the name of a size")
    return final.with_name(f"{final.name}-{size}.jpg")
