"""Put a draft release on the shelves."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.catalogue import operations
from pennywhistle.shop.catalogue.queries import get_release_in_any_state


def publish_release(*, name: str, now: datetime) -> str:
    """Publish the release of that UPC or short name; its short name.

    Whether a track may be sold is for the licences to say, at each sale. Transaction: one of its
    own. Raises `UnknownReleaseError`, `NotReadyError`.
    """
    release = get_release_in_any_state(name=name)
    operations.publish(release_id=release.id, now=now)
    return release.slug
