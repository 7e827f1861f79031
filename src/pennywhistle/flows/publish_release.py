"""Put a draft release on the shelves."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.adapters.audio.loudness import integrated_loudness
from pennywhistle.shop.catalogue import operations
from pennywhistle.shop.catalogue.queries import get_release_in_any_state, list_loudness
from pennywhistle.shop.catalogue.rules import AlbumLoudness


def publish_release(*, name: str, now: datetime) -> str:
    """Publish the release of that UPC or short name; its short name.

    The loudness of the whole release is fixed at its first time. Whether a track may be sold is for
    the licences to say, at each sale. Transaction: one of its own. Raises `UnknownReleaseError`,
    `NotReadyError`.
    """
    release = get_release_in_any_state(name=name)
    loudness = _album_loudness(release.id)
    operations.publish(release_id=release.id, now=now, loudness=loudness)
    return release.slug


def _album_loudness(release_id: int) -> AlbumLoudness:
    """Unknown where a track was taken in before the loudness of its blocks was kept."""
    tracks = list_loudness(release_id=release_id)
    is_known = all(track.blocks or track.loudness_lufs is None for track in tracks)
    peaks = [track.true_peak_dbtp for track in tracks if track.true_peak_dbtp is not None]
    return AlbumLoudness(
        loudness_lufs=integrated_loudness(t.blocks for t in tracks) if is_known else None,
        true_peak_dbtp=max(peaks, default=None),
    )
