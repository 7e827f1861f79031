"""Find the file of a cover for a door to send."""

from __future__ import annotations

from pathlib import Path

from pennywhistle.adapters.storage.covers import CoverMissingError, CoverStore

__all__ = ["CoverMissingError", "find_cover"]


def find_cover(*, sha256: str, size: str, covers: CoverStore) -> Path:
    """The JPEG of a cover in a size of `adapters.images.cover.COVER_SIDES`: `large` or `small`.

    Changes nothing. Raises `CoverMissingError`, also for what is no hash and no size.
    """
    try:
        return covers.path(sha256=sha256, size=size)
    except ValueError as error:
        raise CoverMissingError(str(error)) from error
