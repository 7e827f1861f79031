"""Print vouchers and gifts as cards to cut out. Doors fill the cards in and import no adapter."""

from __future__ import annotations

from pennywhistle.adapters.papers.cards import CardSheet, PrintedCard, draw_cards

__all__ = ["CardSheet", "PrintedCard", "print_cards"]


def print_cards(*, sheet: CardSheet) -> bytes:
    """The sheet as a PDF. Writes nothing."""
    return draw_cards(sheet)
