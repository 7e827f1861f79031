"""Writes to libraries."""

from __future__ import annotations

from collections.abc import Sequence

from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.sales.rules import LineFacts


def add_items(*, lines: Sequence[LineFacts]) -> None:
    """Put what was bought into its buyer's library. Transaction: the caller's.

    The database refuses a track that the buyer owns in that recipe already.
    """
    OwnedItem.objects.bulk_create(
        OwnedItem(
            person_id=line.person_id,
            track_id=line.track_id,
            recipe=line.recipe,
            sale_line_id=line.id,
            acquired_at=line.purchased_at,
        )
        for line in lines
    )
