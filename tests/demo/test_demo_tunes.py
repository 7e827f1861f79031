from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pennywhistle.demo.abc import parse
from pennywhistle.demo.perform import Arrangement, Backing, Round, perform
from pennywhistle.demo.synth import chord_pitches
from pennywhistle.demo.tunes import CAROLAN, TUNES, Rhythm

WHISTLE_IN_D = range(62, 84)  # written D to the B above the octave: what a D whistle plays well


@pytest.mark.parametrize("name", TUNES)
def test_every_tune_lies_within_a_whistle_in_d(name: str) -> None:
    notes = parse(TUNES[name].abc).play().notes
    assert {note.pitch for note in notes if note.pitch is not None} <= set(WHISTLE_IN_D)


@pytest.mark.parametrize("name", TUNES)
def test_every_tune_says_where_it_is_from_and_has_chords(name: str) -> None:
    tune = TUNES[name]
    assert tune.origin
    assert tune.composer in ("Trad.", CAROLAN)
    for mark in parse(tune.abc).play().chords:
        assert len(set(chord_pitches(mark.name, lowest=40, count=3))) == 3


def test_chords_are_spelt_from_their_names() -> None:
    assert chord_pitches("C", lowest=48, count=4) == (48, 52, 55, 60)
    assert chord_pitches("Em", lowest=50, count=3) == (52, 55, 59)
    assert chord_pitches("B7", lowest=40, count=4) == (47, 51, 54, 57)
    assert chord_pitches("Bm", lowest=40, count=3) == (47, 50, 54)


@pytest.mark.parametrize("name", TUNES)
def test_playing_keeps_the_notes_in_order_and_leaves_none_out(name: str) -> None:
    tune = TUNES[name]
    score = parse(tune.abc)
    rounds = (Round((Backing.HARP,)), Round((), with_repeats=False))
    performance = perform(
        score=score,
        rhythm=tune.rhythm,
        arrangement=Arrangement(120, rounds),
        random=np.random.default_rng(3),
    )
    written = [n for r in (True, False) for n in score.play(with_repeats=r).notes if n.pitch]
    assert [note.pitch for note in performance.notes] == [note.pitch for note in written]
    starts = [note.at_s for note in performance.notes]
    assert starts == sorted(starts)
    assert starts[0] > 0
    assert performance.length_s > starts[-1]
    assert all(note.length_s > 0 for note in performance.notes)
    for note, following in pairwise(performance.notes):
        assert following.at_s > note.at_s + note.length_s - 0.02  # one whistle, one note at a time


def test_a_hornpipe_swings_more_than_a_reel() -> None:
    def first_of_a_pair(rhythm: Rhythm) -> float:
        performance = perform(
            score=parse('M:4/4\nL:1/8\nK:C\n"C"CDEF CDEF|CDEF CDEF|CDEF CDEF|CDEF CDEF|]'),
            rhythm=rhythm,
            arrangement=Arrangement(120, (Round((Backing.GUITAR,)),)),
            random=np.random.default_rng(3),
        )
        return performance.pulses[0].length_s / performance.pulses[1].length_s

    assert first_of_a_pair(Rhythm.HORNPIPE) > first_of_a_pair(Rhythm.REEL) > 1
