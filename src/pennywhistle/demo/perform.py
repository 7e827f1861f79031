"""From a written tune to playing: tempo, swing, breath, ornaments, and a pulse to accompany.

Pure: the same score, arrangement and generator give the same performance. Times are in seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import pi, sin

import numpy as np

from pennywhistle.demo.abc import Line, Note, Score
from pennywhistle.demo.tunes import Rhythm

EIGHTH = Fraction(1, 8)
LEAD_IN_S = 0.35  # quiet before the first note
RING_OUT_S = 2.6  # the last chord and the room die away
LOWEST_PITCH = 62  # written D, all holes closed: nothing below it to tap
TAP_SEMITONES = -2
CUT_SEMITONES = 4
GRACE_S = 0.036
PHRASE_BARS = 4

# How far into its beat an eighth note falls: the lilt that makes a jig a jig.
SWING: dict[Rhythm, tuple[tuple[float, ...], tuple[float, ...]]] = {
    Rhythm.JIG: ((0, 1 / 3, 2 / 3, 1), (0, 0.375, 0.675, 1)),
    Rhythm.REEL: ((0, 0.5, 1), (0, 0.535, 1)),
    Rhythm.HORNPIPE: ((0, 0.5, 1), (0, 0.62, 1)),
    Rhythm.POLKA: ((0, 0.5, 1), (0, 0.515, 1)),
    Rhythm.WALTZ: ((0, 1), (0, 1)),
    Rhythm.AIR: ((0, 1), (0, 1)),
}


class Backing(StrEnum):
    """Who plays along."""

    GUITAR = "guitar"
    BOUZOUKI = "bouzouki"
    HARP = "harp"
    DRONE = "drone"
    BODHRAN = "bodhran"


@dataclass(frozen=True, slots=True)
class Round:
    """Once through the tune: with its repeats or without, and who plays along."""

    backing: tuple[Backing, ...] = ()
    with_repeats: bool = True
    ornaments: float = 0.4  # 0 plain to 1 every chance taken


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a tune is played. Tempo counts beats: dotted quarters in 6/8, else quarters."""

    tempo_bpm: float
    rounds: tuple[Round, ...]
    transpose: int = 12  # a D whistle sounds an octave above what is written; a low one, 0
    room: float = 0.2  # how much of the room is heard


@dataclass(frozen=True, slots=True)
class Grace:
    """A finger lifted or tapped for a moment: where in the note, and how far off its pitch."""

    at_s: float
    semitones: int


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note of the whistle. `level` is 1 for an ordinary one."""

    at_s: float
    length_s: float
    pitch: int
    level: float
    tongued: bool
    graces: tuple[Grace, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulse:
    """An eighth note to accompany: its place in the bar, and the chord and players there."""

    at_s: float
    length_s: float
    step: int
    steps: int
    chord: str
    backing: tuple[Backing, ...]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Performance:
    """All that is to be heard, and for how long."""

    notes: tuple[PlayedNote, ...]
    pulses: tuple[Pulse, ...]
    tonic: int
    rhythm: Rhythm
    length_s: float


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds for each place in the score of one round."""

    beat: Fraction
    beat_times_s: tuple[float, ...]
    swing: tuple[tuple[float, ...], tuple[float, ...]]
    pickup: Fraction

    def at(self, place: Fraction) -> float:
        """When `place` (whole notes from the start of the round) sounds."""
        beats = float((place - self.pickup) / self.beat) + _lead_beats(self.pickup, self.beat)
        whole = int(beats // 1)
        within = float(np.interp(beats - whole, *self.swing))
        whole = min(whole, len(self.beat_times_s) - 2)
        start, end = self.beat_times_s[whole : whole + 2]
        return start + within * (end - start)


def perform(
    *, score: Score, rhythm: Rhythm, arrangement: Arrangement, random: np.random.Generator
) -> Performance:
    """Play the rounds of an arrangement one after another."""
    notes: list[PlayedNote] = []
    pulses: list[Pulse] = []
    at_s = LEAD_IN_S
    for number, turn in enumerate(arrangement.rounds):
        last = number == len(arrangement.rounds) - 1
        line = score.play(with_repeats=turn.with_repeats)
        clock = _clock(score, line, rhythm, arrangement.tempo_bpm, at_s, slows_down=last)
        notes += _whistle_notes(line, score, clock, rhythm, turn, random)
        pulses += _pulses(line, score, clock, turn, last=last)
        at_s = clock.at(line.length)
    return Performance(tuple(notes), tuple(pulses), score.tonic, rhythm, at_s + RING_OUT_S)


def _pickup(score: Score) -> Fraction:
    first = score.parts[0].bars[0].length
    return first if first < score.meter else Fraction(0)


def _lead_beats(pickup: Fraction, beat: Fraction) -> int:
    """How many beats of the clock the pickup needs before the first full bar."""
    return int(-(-pickup // beat))


def _clock(
    score: Score, line: Line, rhythm: Rhythm, tempo_bpm: float, at_s: float, *, slows_down: bool
) -> _Clock:
    beat = Fraction(3, 8) if score.meter_text == "6/8" else Fraction(1, 4)
    pickup = _pickup(score)
    beats_in_bar = int(score.meter / beat)
    lead = _lead_beats(pickup, beat)
    count = int((line.length - pickup) / beat) + lead + 1
    lengths = np.full(count, 60.0 / tempo_bpm)
    if rhythm is Rhythm.AIR:  # a singer breathes at the end of each line
        phrase = PHRASE_BARS * beats_in_bar
        for end in range(lead + phrase, count - 1, phrase):
            lengths[end - 2 : end] *= (1.08, 1.22)
    if slows_down:
        slow = min(2 * beats_in_bar, count - 1)
        lengths[-slow - 1 :] *= np.linspace(1.0, 1.32, slow + 1)
    times = np.concatenate(([0.0], np.cumsum(lengths)))
    clock = _Clock(beat, tuple(times), SWING[rhythm], pickup)
    shift = at_s - clock.at(Fraction(0))
    return _Clock(beat, tuple(times + shift), SWING[rhythm], pickup)


def _whistle_notes(
    line: Line,
    score: Score,
    clock: _Clock,
    rhythm: Rhythm,
    turn: Round,
    random: np.random.Generator,
) -> list[PlayedNote]:
    played: list[PlayedNote] = []
    before: Note | None = None
    for note in line.notes:
        if note.pitch is None:
            before = None
            continue
        start_s, end_s = clock.at(note.start), clock.at(note.start + note.length)
        in_beat = (note.start - clock.pickup) % clock.beat
        same = before is not None and before.pitch == note.pitch
        level = (1.06 if in_beat == 0 else 0.95) * (1 + 0.05 * (random.random() - 0.5))
        level *= _phrasing(note, clock, score.meter)
        tongued = before is None or (in_beat == 0 and random.random() < 0.45)
        graces = _graces(note, end_s - start_s, same, rhythm, turn.ornaments, random)
        late_s = 0.006 * (random.random() - 0.4)
        at_s = max(0.0, start_s + late_s)
        tongued = tongued or (same and not graces)
        played.append(PlayedNote(at_s, end_s - at_s, note.pitch, level, tongued, graces))
        before = note
    return played


def _phrasing(note: Note, clock: _Clock, meter: Fraction) -> float:
    """A phrase leans towards its middle, and high notes need more breath than low ones."""
    within = float((note.start - clock.pickup) / (meter * PHRASE_BARS)) % 1.0
    height = ((note.pitch or LOWEST_PITCH) - LOWEST_PITCH) / 21
    return (0.93 + 0.13 * sin(pi * within)) * (0.92 + 0.14 * height)


def _graces(
    note: Note,
    length_s: float,
    same: bool,
    rhythm: Rhythm,
    ornaments: float,
    random: np.random.Generator,
) -> tuple[Grace, ...]:
    """A cut parts two like notes; a long note may be rolled: cut at a third, tapped at two."""
    chance = random.random()
    pitch = note.pitch or 0
    dance = rhythm not in (Rhythm.AIR, Rhythm.WALTZ)
    if dance and note.length >= 2 * EIGHTH and length_s > 0.25 and chance < ornaments:
        tap = (Grace(length_s * 0.66, TAP_SEMITONES),) if pitch > LOWEST_PITCH else ()
        return (Grace(length_s * 0.33, CUT_SEMITONES), *tap)
    if (same and chance < 0.85) or (length_s > 0.3 and chance < ornaments * 0.5):
        return (Grace(0.0, CUT_SEMITONES),)
    return ()


def _pulses(line: Line, score: Score, clock: _Clock, turn: Round, *, last: bool) -> list[Pulse]:
    if not line.chords:
        return []  # nothing says what to play
    steps = int(score.meter / EIGHTH)
    count = int((line.length - clock.pickup) / EIGHTH)
    chord_starts = [mark.start for mark in line.chords]
    pulses: list[Pulse] = []
    places = [clock.pickup + EIGHTH * number for number in range(count + 1)]
    for number, (here, following) in enumerate(pairwise(places)):
        which = bisect_right(chord_starts, here) - 1
        chord = line.chords[max(which, 0)].name
        start_s, end_s = clock.at(here), clock.at(following)
        pulses.append(Pulse(start_s, end_s - start_s, number % steps, steps, chord, turn.backing))
    if last:  # everyone lands on the last note together
        final = line.notes[-1]
        pulses = [pulse for pulse in pulses if pulse.at_s < clock.at(final.start) - 0.01]
        end_s = clock.at(final.start)
        chord = line.chords[-1].name
        pulses.append(Pulse(end_s, 2.0, 0, steps, chord, turn.backing, last=True))
    return pulses
