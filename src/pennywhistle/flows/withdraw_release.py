"""Take a release off the shelves; whoever bought of it keeps it, and downloads it as before."""

from __future__ import annotations

from pennywhistle.shop.catalogue import operations
from pennywhistle.shop.catalogue.queries import get_release_in_any_state


def withdraw_release(*, name: str) -> str:
    """Withdraw the release of that UPC or short name; its short name.

    Publishing it again puts it back. Transaction: one of its own. Raises
    `UnknownReleaseError`, and `NotLiveError` for a draft.
    """
    release = get_release_in_any_state(name=name)
    operations.withdraw(release_id=release.id)
    return release.slug
