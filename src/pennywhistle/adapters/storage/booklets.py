"""Booklets on local disk: the PDF that a label delivers with an album, byte for byte, under its hash;
see `hashed.py`."""

from __future__ import annotations

import hashlib

from pennywhistle.adapters.storage.hashed import HashedStore, keep_content

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


class BookletStore(HashedStore):
    """Keeps booklets. `path` raises `BookletMissingError`."""

    noun, missing, remedy = "booklet", BookletMissingError, "ingest its release again"

    def keep(self, *, content: bytes) -> str:
        """Keep a booklet and return its SHA-256. Raises OSError where the disk is full."""
        sha256 = hashlib.sha256(content).hexdigest()
        keep_content(self._place(sha256), content)
        return sha256
