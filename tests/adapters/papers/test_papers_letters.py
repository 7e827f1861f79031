"""Letters that the papers' font lacks: spelled, in brackets, and never left out."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from pennywhistle.adapters.papers.cards import CardSheet, PrintedCard, draw_cards
from pennywhistle.adapters.papers.letters import Speller, font_path
from pennywhistle.adapters.papers.pdf import Sheet, SheetRow, draw_pdf
from tests.cast import NOW

NOTE = "Spelled in Latin letters."
SHEET = Sheet(
    title="Receipt R2026-000001",
    shop="The Whistle Stop",
    seller="Otto Operator",
    facts=(("Date", "1 Nov 2026"),),
    heads=("Song", "File", "Price"),
    rows=(SheetRow("Ярмарка", "Ζωή, from Größe", "MP3 192", "0,26 €"),),
    sums=(("Paid", "0,26 €"),),
    shares_title="",
    shares=(),
    notes=(),
    foot="R2026-000001",
    language="en",
    dated_at=NOW,
    spelled_note=NOTE,
)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("The Kesh", "The Kesh"),
        ("Ярмарка", "Ярмарка"),
        ("Caf\u0065\u0301", "Café"),
        ("日本語の歌", "[RiBenYunoGe]"),
        ("Live in 東京!", "Live in [DongJing]!"),
        ("موسيقى", "[mwsyqa]"),
        ("\U000f0000", "[?]"),
    ],
)
def test_what_the_font_lacks_is_spelled_between_brackets(written: str, spelled: str) -> None:
    speller = Speller()
    assert speller.spell(written) == spelled
    assert speller.has_spelled is ("[" in spelled)


@given(text=st.text(max_size=20))
def test_no_letter_is_left_out_in_silence(text: str) -> None:
    speller = Speller()
    spelled = speller.spell(text)
    assert Speller().spell(spelled) == spelled or "[" in spelled
    assert spelled.strip() or not any(letter.isalnum() for letter in text)


def test_both_weights_draw_the_same_letters() -> None:
    assert font_path("Regular").exists()
    assert font_path("Medium").exists()


def test_a_receipt_of_a_song_in_another_script_is_legible_and_says_how_it_is_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    song = SheetRow("日本語の歌", "فيروز, from موسيقى", "MP3 192", "0,26 €")
    with caplog.at_level(logging.WARNING, "fpdf"):
        text = text_of(draw_pdf(replace(SHEET, rows=(*SHEET.rows, song))))
    for said in ("[RiBenYunoGe]", "[fyrwz], from [mwsyqa]", "Ярмарка", "Ζωή", NOTE):
        assert said in text
    assert caplog.text == ""


def test_a_receipt_without_such_letters_does_not_speak_of_them() -> None:
    assert NOTE not in text_of(draw_pdf(SHEET))


def test_a_gift_s_greeting_in_another_script_is_legible() -> None:
    card = PrintedCard("店", "5,00 €", "K7QM", "https://songs.example.org/", (), "おめでとう Alice")
    text = text_of(draw_cards(CardSheet("Gift", (card,), "en", NOW)))
    assert "[omedetou] Alice" in text
    assert "[Dian]" in text
