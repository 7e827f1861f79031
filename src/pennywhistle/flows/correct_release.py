"""Correct what a release on sale says of itself: the next download says it, in the same music."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.flows.keep_cover import COVER_BYTES_MAX, CoverRefusedError, keep_cover
from pennywhistle.shop.catalogue.corrections import correct_what_was_sold
from pennywhistle.shop.catalogue.rules import ReleaseCorrection

__all__ = ["COVER_BYTES_MAX", "CoverRefusedError", "correct_release"]


def correct_release(
    *,
    release_id: int,
    correction: ReleaseCorrection,
    cover: bytes | None,
    covers: CoverStore,
    corrected_by: int | None,
    now: datetime,
) -> tuple[str, ...]:
    """Correct a release that is, or was, on sale; the names of the fields that changed.

    `cover` is the new picture, None to keep the one there is; `corrected_by` the person, None for
    the command line. Prices, licences and what was bought stay as they are: a price is that of the
    music without its tags, and what licences stand on is not among the fields. Killed anywhere, a
    run changes nothing or all, and may be repeated. Transaction: one of its own. Raises
    `CoverRefusedError`, `NotCorrectableError`, OSError where the disk is full.
    """
    kept = None if cover is None else keep_cover(content=cover, covers=covers)
    return correct_what_was_sold(
        release_id=release_id,
        correction=correction,
        cover=kept,
        corrected_by=corrected_by,
        now=now,
    )
