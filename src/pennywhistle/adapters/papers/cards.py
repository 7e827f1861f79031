"""Vouchers and gifts as cards to cut out, by fpdf2 and segno: ten on a sheet, of the size of a bank
card with a margin for the scissors.

The same cards give the same bytes, as with `pdf.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import segno
from fpdf import FPDF

from pennywhistle.adapters.papers.letters import Speller, font_path

# ISO/IEC 7810 ID-1 is 85.6 × 54 mm: https://www.iso.org/standard/70483.html
_CARD_MM = (85.0, 54.0)
_COLUMNS, _ROWS = 2, 5
_MARGIN_MM = ((210.0 - _COLUMNS * _CARD_MM[0]) / 2, (297.0 - _ROWS * _CARD_MM[1]) / 2)
_INSET_MM = 5.0
_SQUARE_MM = 23.0

CARDS_MOST = 10_000
GREETING_LINES_MOST = 4

_INK = (35, 28, 21)
_SOFT = (98, 84, 63)
_HAIRLINE = (170, 156, 128)
_COPPER = (150, 67, 23)


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """One card in the reader's words. `address` is what its square says to a telephone; `notes`
    stand below the code, `greeting` above it."""

    shop: str
    worth: str
    code: str
    address: str
    notes: tuple[str, ...]
    greeting: str = ""


@dataclass(frozen=True, slots=True)
class CardSheet:
    """Cards in their order, and what the file says of itself. `language` is a tag such as `de`."""

    title: str
    cards: tuple[PrintedCard, ...]
    language: str
    dated_at: datetime


def draw_cards(sheet: CardSheet) -> bytes:
    """The cards as a PDF. About 20 ms a card."""
    if not 1 <= len(sheet.cards) <= CARDS_MOST:
        raise ValueError(f"a file holds 1 to {CARDS_MOST} cards, not {len(sheet.cards)}")
    paper = FPDF(format="A4")
    paper.set_auto_page_break(auto=False)
    paper.set_margins(0, 0, 0)
    for style, name in (("", "Regular"), ("B", "Medium")):
        paper.add_font("Roboto", style, font_path(name))
    paper.set_creation_date(sheet.dated_at)
    paper.set_title(sheet.title)
    paper.set_lang(sheet.language)
    speller = Speller()
    for number, card in enumerate(sheet.cards):
        place = number % (_COLUMNS * _ROWS)
        if place == 0:
            paper.add_page()
        row, column = divmod(place, _COLUMNS)
        left = _MARGIN_MM[0] + column * _CARD_MM[0]
        told = replace(speller.spell_all(card), address=card.address)
        _draw_card(paper, told, left, _MARGIN_MM[1] + row * _CARD_MM[1])
    return bytes(paper.output())


def _draw_card(paper: FPDF, card: PrintedCard, left: float, top: float) -> None:
    width, height = _CARD_MM
    paper.set_draw_color(*_HAIRLINE)
    paper.set_line_width(0.1)
    paper.set_dash_pattern(dash=1, gap=1)
    paper.rect(left, top, width, height)
    paper.set_dash_pattern()
    left, text_mm = left + _INSET_MM, width - 2 * _INSET_MM - _SQUARE_MM - 4
    _write(paper, card.shop, (left, top + 5), (text_mm, 4), 8.5, _COPPER, style="B", lines_most=2)
    _write(paper, card.worth, (left, top + 13), (text_mm, 9), 20, _INK, style="B")
    _write(
        paper,
        card.greeting,
        (left, top + 23),
        (text_mm, 3.4),
        7.5,
        _SOFT,
        lines_most=GREETING_LINES_MOST,
    )
    _write(paper, card.code, (left, top + 38), (width - 2 * _INSET_MM, 5.5), 13, _INK, style="B")
    for number, note in enumerate(card.notes[:2]):
        place = (left, top + 44 + 3.4 * number)
        _write(paper, note, place, (width - 2 * _INSET_MM, 3.4), 6.8, _SOFT)
    _draw_square(paper, card.address, left + text_mm + 4, top + 6)


def _write(
    paper: FPDF,
    text: str,
    place: tuple[float, float],
    size_mm: tuple[float, float],
    points: float,
    colour: tuple[int, int, int],
    *,
    style: str = "",
    lines_most: int = 1,
) -> None:
    """Text in its box: what does not fit into its lines is left out, and marked so."""
    paper.set_font("Roboto", style, points)
    paper.set_text_color(*colour)
    width, height = size_mm
    told = paper.multi_cell(width, height, text, dry_run=True, output="LINES") if text else []
    lines = [str(line) for line in told] if isinstance(told, list) else []
    shown = lines[:lines_most]
    if len(lines) > lines_most:
        shown[-1] = f"{shown[-1][:-1]}…"
    for number, line in enumerate(shown):
        paper.set_xy(place[0], place[1] + number * height)
        paper.cell(width, height, line)


def _draw_square(paper: FPDF, address: str, left: float, top: float) -> None:
    """The address as a QR code, drawn as bars: one for each run of dark squares."""
    matrix = [list(row) for row in segno.make_qr(address, error="m").matrix_iter(border=0)]
    side = _SQUARE_MM / len(matrix)
    paper.set_fill_color(0, 0, 0)
    for row, squares in enumerate(matrix):
        at = 0
        for is_dark, run in groupby(squares):
            count = len(list(run))
            if is_dark:
                paper.rect(left + at * side, top + row * side, count * side, side, style="F")
            at += count
