"""Print a receipt or a credit note as PDF."""

from __future__ import annotations

from pennywhistle.adapters.papers.pdf import Sheet, SheetRow, SheetShare, draw_pdf

__all__ = ["Sheet", "SheetRow", "SheetShare", "print_paper"]


def print_paper(*, sheet: Sheet) -> bytes:
    """The bytes of the PDF; the same sheet gives the same. No query, no transaction."""
    return draw_pdf(sheet)
