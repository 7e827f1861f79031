"""Discard a draft release that was a mistake."""

from __future__ import annotations

from dataclasses import dataclass

from pennywhistle.shop.catalogue import operations
from pennywhistle.shop.catalogue.queries import get_release_in_any_state


@dataclass(frozen=True, slots=True)
class DiscardedDraft:
    """What is gone from the catalogue."""

    title: str
    artist: str
    track_count: int


def discard_draft(*, name: str) -> DiscardedDraft:
    """Forget the draft of that UPC or short name, so that it can be delivered again.

    Its tracks go, and the measurements of recordings that stand on no other release; the masters'
    files stay in their folder. Transaction: one of its own. Raises `UnknownReleaseError`,
    `NotDraftError`, `StillNamedError`.
    """
    release = get_release_in_any_state(name=name)
    count = operations.discard(release_id=release.id)
    return DiscardedDraft(release.title, release.artist, count)
