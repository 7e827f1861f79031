"""Check a picture and keep it as a cover, with the sizes that pages show."""

from __future__ import annotations

import hashlib

from pennywhistle.adapters.images.cover import (
    COVER_BYTES_MAX,
    CoverRefusedError,
    check_cover,
    cover_sizes,
)
from pennywhistle.adapters.storage.covers import CoverStore

__all__ = ["COVER_BYTES_MAX", "CoverRefusedError", "keep_cover"]


def keep_cover(*, content: bytes, covers: CoverStore) -> tuple[str, str]:
    """(SHA-256, media type) of a picture that is a cover and is kept now. May be repeated.

    Raises `CoverRefusedError`, OSError where the disk is full.
    """
    checked = check_cover(content)
    sha256 = hashlib.sha256(content).hexdigest()
    if not covers.holds(sha256=sha256):
        covers.keep(content=content, sizes=cover_sizes(content))
    return sha256, checked.media_type
