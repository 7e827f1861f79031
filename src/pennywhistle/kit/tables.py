"""Cells of tables that spreadsheets open."""

from __future__ import annotations

import re

# What a spreadsheet may read as the start of a formula; the wide forms are those of Japanese
# keyboards. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_AMOUNT = re.compile(r"-?[0-9]+\.[0-9]{6}")


def plain_cell(cell: str) -> str:
    """A title that begins like a formula must not become one in a spreadsheet; an amount is none."""
    is_risky = cell[:1] in _FORMULA_STARTS and not _AMOUNT.fullmatch(cell)
    return f"'{cell}" if is_risky else cell
