"""Writes to libraries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import IntegrityError

from pennywhistle.shop.ledger.statements import insert_rows
from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.sales.rules import AlreadyOwnedError, LineFacts

_ITEM_COLUMNS = ("person_id", "track_id", "recipe", "sale_line_id", "acquired_at")


def add_items(*, lines: Sequence[LineFacts]) -> None:
    """Put what was bought into its buyer's library. Transaction: the caller's.

    The database refuses what the buyer owns already: `AlreadyOwnedError`, and the caller's
    transaction cannot go on.
    """
    items = [
        (line.person_id, line.track_id, line.recipe, line.id, line.purchased_at) for line in lines
    ]
    try:
        insert_rows(table="library_owneditem", columns=_ITEM_COLUMNS, rows=items)
    except IntegrityError as error:
        raise AlreadyOwnedError(
            "Part of this offer is in your library by now. Look at your basket again."
        ) from error


def remove_items(*, sale_line_ids: Collection[int]) -> None:
    """Take what was given back out of its buyer's library. Transaction: the caller's."""
    OwnedItem.objects.filter(sale_line_id__in=sale_line_ids).delete()
