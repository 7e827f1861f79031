from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.demo.abc import AbcError, Note, lay_out, parse, write_notes
from pennywhistle.demo.tunes import TUNES

HEAD = "M:4/4\nL:1/8\nK:C\n"
LENGTHS = [Fraction(n, 16) for n in (1, 2, 3, 4, 6, 8)]


def pitches(body: str, *, key: str = "C") -> list[int | None]:
    return [note.pitch for note in parse(f"M:4/4\nL:1/8\nK:{key}\n{body}").play().notes]


def lengths(body: str) -> list[Fraction]:
    return [note.length * 8 for note in parse(HEAD + body).play().notes]


@st.composite
def lines(draw: st.DrawFn) -> list[Note]:
    """Notes and rests one after another, never tied."""
    at = Fraction(0)
    notes = []
    for _ in range(draw(st.integers(1, 24))):
        length = draw(st.sampled_from(LENGTHS))
        notes.append(Note(draw(st.none() | st.integers(48, 95)), at, length))
        at += length
    return notes


@given(lines())
def test_notes_written_as_abc_are_read_back_as_they_were(notes: list[Note]) -> None:
    line = parse(HEAD + write_notes(notes)).play()
    assert list(line.notes) == notes
    assert line.length == sum((note.length for note in notes), Fraction(0))


@given(st.lists(lines(), min_size=1, max_size=4), st.booleans())
def test_a_repeat_is_heard_as_the_same_bars_again(bars: list[list[Note]], repeated: bool) -> None:
    text = "|".join(write_notes(bar) for bar in bars)
    score = parse(f"{HEAD}|:{text}:|" if repeated else f"{HEAD}{text}|]")
    once = score.play(with_repeats=False)
    assert score.play().length == once.length * (2 if repeated else 1)
    assert [note.pitch for note in score.play().notes] == [n.pitch for n in once.notes] * (
        2 if repeated else 1
    )


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_an_error_of_its_own(body: str) -> None:
    try:
        line = parse(HEAD + body).play()
    except AbcError as error:
        assert "line " in str(error) or "field" in str(error)
    else:
        assert line.length == sum((note.length for note in line.notes), Fraction(0))


@pytest.mark.parametrize("name", TUNES)
@pytest.mark.parametrize("with_repeats", [True, False])
def test_every_tune_lasts_a_whole_number_of_its_bars(name: str, with_repeats: bool) -> None:
    score = parse(TUNES[name].abc)
    assert score.play(with_repeats=with_repeats).length % score.meter == 0


@pytest.mark.parametrize("name", TUNES)
def test_every_bar_is_full_but_a_pickup_and_the_bar_that_makes_up_for_it(name: str) -> None:
    score = parse(TUNES[name].abc)
    for part in score.parts:
        bars = [*part.bars, *part.second_ending]
        assert all(bar.length == score.meter for bar in bars[1:-1])
        assert lay_out(bars).length % score.meter == 0


def test_the_key_gives_its_sharps_and_flats() -> None:
    assert pitches("F f c B", key="D") == [66, 78, 73, 71]
    assert pitches("F c", key="Edor") == pitches("^F ^c")
    assert pitches("F c", key="Em") == pitches("^F c")
    assert pitches("F G", key="Ador") == pitches("^F G")
    assert pitches("B E", key="Bb") == pitches("_B _E")


def test_an_accidental_holds_to_the_end_of_its_bar_and_at_its_own_height() -> None:
    assert pitches("^C C c|C") == [61, 61, 72, 60]
    assert pitches("=F F|F", key="G") == [65, 65, 66]


def test_octave_marks_move_by_octaves() -> None:
    assert pitches("C, C c c'") == [48, 60, 72, 84]


def test_lengths_multiply_the_unit() -> None:
    assert lengths("C2 C/ C3/2 C// C/2 z4") == [2, Fraction(1, 2), Fraction(3, 2), Fraction(1, 4),
                                                Fraction(1, 2), 4]  # fmt: skip


def test_broken_rhythm_takes_from_one_note_what_it_gives_the_other() -> None:
    half = Fraction(1, 2)
    assert lengths("C>D C<D") == [3 * half, half, half, 3 * half]


def test_a_triplet_puts_three_in_the_time_of_two() -> None:
    assert lengths("(3CDE F") == [Fraction(2, 3)] * 3 + [1]


def test_a_tie_joins_across_the_bar_line() -> None:
    assert lengths("C4-|C4 D") == [8, 1]


def test_first_and_second_endings_are_taken_in_turn() -> None:
    text = "|:C|1D:|2E|]F"
    assert pitches(text) == [60, 62, 60, 64, 65]
    assert parse(HEAD + text).play(with_repeats=False).length == Fraction(3, 8)


def test_chords_stand_at_the_note_they_are_written_over() -> None:
    chords = parse(HEAD + 'C2"G"D2|"Am"E4').play().chords
    assert [(mark.start, mark.name) for mark in chords] == [
        (Fraction(1, 4), "G"),
        (Fraction(1, 2), "Am"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("M:4/4\nK:C\nCD!E", "line 3, column 3"),
        ("M:4/4\nK:C\nCD|\nE(5F", "line 4, column 2"),
        ("M:4/4\nK:C\nC0", "line 3, column 1"),
        ("M:4/4\nK:C\n>C", "line 3, column 1"),
        ("M:4/4\nK:C\n(3CD|E", "line 3, column 5"),
        ("M:4/4\nK:C\nC>", "line 3, column 3"),
        ("M:4/4\nK:H\nC", "field K"),
        ("M:4/4\nL:x\nK:C\nC", "field L"),
        ("M:4/4\nCDE", "no K: field"),
    ],
)
def test_what_is_not_known_is_refused_by_its_place(text: str, place: str) -> None:
    with pytest.raises(AbcError, match=place):
        parse(text)
