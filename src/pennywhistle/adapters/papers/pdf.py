"""A receipt as PDF, by fpdf2, in Roboto; what that does not draw is spelled in Latin letters.

The same sheet gives the same bytes, whenever and wherever it is printed by the same fpdf2: the file
carries the paper's own date, and nothing of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, XPos, YPos

from pennywhistle.adapters.papers.letters import Speller, font_path

MARGIN_MM = 20.0
_SHEET_MM = 210.0 - 2 * MARGIN_MM
_BAR_MM = 7.0
_BAR_PARTS = 1000  # What `SheetShare.start` and `width` count in.

_INK = (35, 28, 21)
_SOFT = (98, 84, 63)
_HAIRLINE = (205, 191, 163)
_COPPER = (150, 67, 23)
_TONES = {
    "recording": (150, 67, 23),
    "work": (201, 125, 72),
    "tax": (98, 84, 63),
    "store": (224, 190, 150),
}
_NUMBERS = FontFace(emphasis=None, color=_INK)
_HEADS = FontFace(emphasis=None, color=_SOFT)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One track: `under` is what stands in small below its title."""

    title: str
    under: str
    file: str
    price: str


@dataclass(frozen=True, slots=True)
class SheetShare:
    """One share: in the bar from `start` on, `width` wide, both of a thousand, in a known tone."""

    name: str
    amount: str
    percent: str
    tone: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a paper shows, in the reader's words, top to bottom.

    `sums` are (label, amount), the last of them in bold. `language` is a tag such as `de`.
    `spelled_note` is the last note where letters had to be spelled in Latin ones (`letters.py`).
    """

    title: str
    shop: str
    seller: str
    facts: tuple[tuple[str, str], ...]
    heads: tuple[str, str, str]
    rows: tuple[SheetRow, ...]
    sums: tuple[tuple[str, str], ...]
    shares_title: str
    shares: tuple[SheetShare, ...]
    notes: tuple[str, ...]
    foot: str
    language: str
    dated_at: datetime
    spelled_note: str = ""


class _Paper(FPDF):
    """A4 with the foot and the page's number on every page."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.c_margin = 0  # Text, rules and the bar begin at one edge.
        self.set_auto_page_break(auto=True, margin=MARGIN_MM + 4)
        for style, name in (("", "Regular"), ("B", "Medium")):
            self.add_font("Roboto", style, font_path(name))

    def footer(self) -> None:
        """The foot, left, and the page's number, right."""
        self.set_y(-MARGIN_MM)
        self.write_in(_SOFT, 8)
        self.cell(_SHEET_MM - 15, 4, self._foot)
        self.cell(15, 4, f"{self.page_no()} / {{nb}}", align="R")

    def write_in(self, colour: tuple[int, int, int], size: float, style: str = "") -> None:
        """What follows is written so."""
        self.set_font("Roboto", style, size)
        self.set_text_color(*colour)


def draw_pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF. About 100 ms, and the fonts are read each time."""
    speller, title = Speller(), sheet.title
    sheet = speller.spell_all(sheet)
    if speller.has_spelled and sheet.spelled_note:
        sheet = replace(sheet, notes=(*sheet.notes, sheet.spelled_note))
    paper = _Paper(sheet.foot)
    paper.set_creation_date(sheet.dated_at)
    paper.set_title(title)
    paper.set_author(sheet.shop)
    paper.set_lang(sheet.language)
    paper.add_page()
    _draw_head(paper, sheet)
    _draw_rows(paper, sheet)
    _draw_sums(paper, sheet)
    if sheet.shares:
        _draw_shares(paper, sheet)
    _draw_notes(paper, sheet)
    return bytes(paper.output())


def _line(paper: _Paper, text: str, height: float, **more: str) -> None:
    paper.multi_cell(_SHEET_MM, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, **more)  # type: ignore[arg-type]


def _draw_head(paper: _Paper, sheet: Sheet) -> None:
    paper.write_in(_COPPER, 11, "B")
    _line(paper, sheet.shop, 6)
    paper.write_in(_SOFT, 8.5)
    _line(paper, sheet.seller, 4.2)
    paper.ln(6)
    paper.write_in(_INK, 20, "B")
    _line(paper, sheet.title, 10)
    paper.ln(2)
    for label, value in sheet.facts:
        top = paper.get_y()
        paper.write_in(_SOFT, 9)
        paper.cell(40, 5, label)
        paper.write_in(_INK, 9)
        paper.set_xy(MARGIN_MM + 40, top)
        paper.multi_cell(_SHEET_MM - 40, 5, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(4)


def _draw_rows(paper: _Paper, sheet: Sheet) -> None:
    paper.set_draw_color(*_HAIRLINE)
    paper.write_in(_INK, 9)
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=(95, 50, 25),
        headings_style=_HEADS,
        line_height=5,
        padding=(1.4, 0),
        text_align=("LEFT", "LEFT", "RIGHT"),
        width=_SHEET_MM,
    ) as table:
        for cells in (
            sheet.heads,
            *((f"{row.title}\n{row.under}", row.file, row.price) for row in sheet.rows),
        ):
            drawn = table.row()
            for cell in cells:
                drawn.cell(cell)
    paper.ln(2)


def _draw_sums(paper: _Paper, sheet: Sheet) -> None:
    for number, (label, amount) in enumerate(sheet.sums, start=1):
        is_last = number == len(sheet.sums)
        paper.write_in(_INK if is_last else _SOFT, 11 if is_last else 9, "B" if is_last else "")
        height = 8 if is_last else 5
        paper.cell(_SHEET_MM - 40, height, label, align="R")
        paper.cell(40, height, amount, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(5)


def _draw_shares(paper: _Paper, sheet: Sheet) -> None:
    if paper.will_page_break(20 + 6 * len(sheet.shares)):
        paper.add_page()
    paper.write_in(_INK, 12, "B")
    _line(paper, sheet.shares_title, 8)
    top = paper.get_y() + 1
    for share in sheet.shares:
        paper.set_fill_color(*_TONES[share.tone])
        start, width = (part / _BAR_PARTS * _SHEET_MM for part in (share.start, share.width))
        paper.rect(MARGIN_MM + start, top, width, _BAR_MM, style="F")
    paper.set_y(top + _BAR_MM + 3)
    for share in sheet.shares:
        paper.set_fill_color(*_TONES[share.tone])
        paper.rect(MARGIN_MM, paper.get_y() + 1.2, 3, 3, style="F")
        paper.set_x(MARGIN_MM + 6)
        paper.write_in(_INK, 9)
        paper.cell(_SHEET_MM - 56, 5.4, share.name)
        paper.write_in(_SOFT, 9)
        paper.cell(20, 5.4, share.percent, align="R")
        paper.write_in(_INK, 9)
        paper.cell(30, 5.4, share.amount, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(4)


def _draw_notes(paper: _Paper, sheet: Sheet) -> None:
    paper.write_in(_SOFT, 8.5)
    for note in sheet.notes:
        _line(paper, note, 4.4)
        paper.ln(1.5)
