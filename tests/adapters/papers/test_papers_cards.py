"""Cards to cut out: ten on a sheet, each with its code, the same bytes each time."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from pennywhistle.adapters.papers.cards import CardSheet, PrintedCard, draw_cards
from tests.cast import NOW

CARD = PrintedCard(
    shop="The Whistle Stop",
    worth="5,00 €",
    code="K7QM-2D9X-HV4T-P3RC",
    address="https://songs.example.org/wallet/?code=K7QM-2D9X-HV4T-P3RC",
    notes=("Einlösen auf songs.example.org/wallet/", "vor dem 31.12.2027"),
)


def sheet_of(*cards: PrintedCard) -> CardSheet:
    return CardSheet("Gutscheine", cards, "de", NOW)


def read(sheet: CardSheet) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(draw_cards(sheet))).pages]


def test_each_card_tells_its_worth_its_code_and_where_to_go() -> None:
    other = replace(CARD, code="AAAA-BBBB-CCCC-DDDD", greeting="С днём рождения!")
    (page,) = read(sheet_of(CARD, other))
    for said in (CARD.shop, CARD.worth, CARD.code, other.code, *CARD.notes, other.greeting):
        assert said in page


def test_ten_stand_on_a_sheet() -> None:
    assert len(read(sheet_of(*[CARD] * 10))) == 1
    assert len(read(sheet_of(*[CARD] * 11))) == 2


def test_a_greeting_that_does_not_fit_is_cut_and_says_so() -> None:
    (page,) = read(sheet_of(replace(CARD, greeting="Happy birthday to you. " * 20)))
    assert "…" in page
    assert CARD.code in page


def test_the_same_cards_are_the_same_bytes() -> None:
    assert draw_cards(sheet_of(CARD)) == draw_cards(sheet_of(CARD))


def test_no_cards_are_no_sheet() -> None:
    with pytest.raises(ValueError, match="1 to"):
        draw_cards(sheet_of())
