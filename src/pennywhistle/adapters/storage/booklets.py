"""Booklets on local disk: the PDF that a label delivers with an album, byte for byte.

The layout is `<root>/ab/cd/<sha256>`. A file appears under its name whole or not at all.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pennywhistle.adapters.storage.arriving import arriving, sweep
from pennywhistle.adapters.storage.masters import hashed_place

# Beyond this a booklet would outweigh the music that it comes with.
BOOKLET_BYTES_MAX = 50_000_000
# The header may stand behind some other bytes, which readers skip: ISO 32000-1, annex H, 3.4.1.
# https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf
_SIGN = b"%PDF-"
_SIGN_WITHIN_BYTES = 1024


class BookletMissingError(LookupError):
    """The store holds no such booklet."""


class BookletRefusedError(ValueError):
    """A file that no booklet can be. `reason` says what is wrong, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


def check_booklet(content: bytes) -> None:
    """Raise `BookletRefusedError` for what is no PDF, or larger than `BOOKLET_BYTES_MAX`."""
    if len(content) > BOOKLET_BYTES_MAX:
        raise BookletRefusedError(
            f"a booklet has at most {BOOKLET_BYTES_MAX // 1_000_000} MB",
            "make its pictures smaller",
        )
    if _SIGN not in content[:_SIGN_WITHIN_BYTES]:
        raise BookletRefusedError("it is not a PDF, whatever its name says", "export it as PDF")


class BookletStore:
    """Keeps booklets by their hash. Any number of processes may use one root at the same time."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, *, content: bytes) -> str:
        """Keep a booklet and return its SHA-256. Raises OSError where the disk is full."""
        sha256 = hashlib.sha256(content).hexdigest()
        final = hashed_place(self._root, sha256)
        if not final.exists():
            with arriving(final) as file:
                file.write(content)
        return sha256

    def path(self, *, sha256: str) -> Path:
        """Where the booklet lies. It is for reading only. Raises `BookletMissingError`."""
        final = hashed_place(self._root, sha256)
        if not final.is_file():
            raise BookletMissingError(
                f"no booklet {sha256} under {self._root}; restore it from a backup or ingest its "
                "release again"
            )
        return final

    def sweep(self, *, older_than: float) -> int:
        """Remove what crashes left before `older_than` (seconds since the epoch); see `sweep`."""
        return sweep(self._root, older_than=older_than)
