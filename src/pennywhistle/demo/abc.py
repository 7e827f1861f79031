"""Tunes as text: the part of ABC notation that our tunebook uses, read into timed notes.

Read here: the fields `M:` `L:` `K:` (major, minor and the church modes), notes with accidentals,
octave marks and lengths, rests `z`, ties, broken rhythm `>` and `<`, triplets `(3`, chord names
in quotes, bar lines, repeats, and first and second endings. Anything else is refused by its place
in the text. Field standard: https://abcnotation.com/wiki/abc:standard:v2.1
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
MODE_FIFTHS = {
    "": 0, "maj": 0, "ion": 0, "lyd": 1, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3,
    "phr": -4, "loc": -5,
}  # fmt: skip
SHARPS_IN_ORDER = "FCGDAEB"
MIDDLE_C = 60  # MIDI number of ABC's `C`
SECOND_TIME = 2  # the number of the last ending that the notation here knows
TRIPLET_NOTES = 3

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\\]+)
      | "(?P<chord>[A-G][#b]?m?7?)"
      | (?P<bar>:\|[12]|:\||\|:|::|\|\]|\|\||\|[12]|\||\[[12])
      | (?P<triplet>\(3)
      | (?P<broken>[<>])
      | (?P<accidental>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-gz])(?P<octave>[,']*)
        (?P<times>\d*)(?P<slashes>/*)(?P<over>\d*)(?P<tie>-?)
    """,
    re.VERBOSE,
)
_FIELD = re.compile(r"(?P<name>[A-Z]):[ \t]*(?P<value>[^\n]*)\n?")


class AbcError(ValueError):
    """The text is not the ABC that this reader knows; the message names line and column."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note or, with no pitch, a rest. Times are in whole notes; pitch is a MIDI number."""

    pitch: int | None
    start: Fraction
    length: Fraction
    tied: bool = False


@dataclass(frozen=True, slots=True)
class ChordMark:
    """From `start` on (in whole notes) the accompaniment plays the chord so named, e.g. `Am`."""

    start: Fraction
    name: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands between two bar lines; times count from the bar's own beginning."""

    notes: tuple[Note, ...]
    chords: tuple[ChordMark, ...] = ()

    @property
    def length(self) -> Fraction:
        """The sum of its notes and rests, in whole notes."""
        return sum((note.length for note in self.notes), Fraction(0))


@dataclass(frozen=True, slots=True)
class Part:
    """A strain of a tune: its bars and, if it is played twice, the bars of each ending."""

    bars: tuple[Bar, ...]
    repeated: bool = False
    first_ending: tuple[Bar, ...] = ()
    second_ending: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A tune laid out in time: notes without gaps, chords, and the length of the whole."""

    notes: tuple[Note, ...]
    chords: tuple[ChordMark, ...]
    length: Fraction


@dataclass(frozen=True, slots=True)
class Score:
    """A tune as written. `meter` is a bar's length in whole notes; `tonic` is 0 (C) to 11 (B)."""

    meter: Fraction
    meter_text: str
    tonic: int
    minor: bool
    parts: tuple[Part, ...]

    def play(self, *, with_repeats: bool = True) -> Line:
        """The notes in the order of playing; without repeats, each strain once, last ending."""
        bars: list[Bar] = []
        for part in self.parts:
            if part.repeated and with_repeats:
                bars += [*part.bars, *part.first_ending, *part.bars, *part.second_ending]
            else:
                bars += [*part.bars, *part.second_ending]
        return lay_out(bars)


def lay_out(bars: Iterable[Bar]) -> Line:
    """Put bars one after another and join tied notes."""
    notes: list[Note] = []
    chords: list[ChordMark] = []
    at = Fraction(0)
    for bar in bars:
        chords += [replace(mark, start=at + mark.start) for mark in bar.chords]
        for note in bar.notes:
            before = notes[-1] if notes else None
            if before is not None and before.tied and before.pitch == note.pitch:
                notes[-1] = replace(before, length=before.length + note.length, tied=note.tied)
            else:
                notes.append(replace(note, start=at + note.start))
        at += bar.length
    return Line(tuple(notes), tuple(chords), at)


def parse(text: str) -> Score:
    """Read one tune. Raises AbcError, naming line and column, for what it does not know."""
    fields, body_at = _read_fields(text)
    for name in ("M", "K"):
        if name not in fields:
            raise AbcError(f"line 1, column 1: there is no {name}: field; write one above the tune")
    meter = _read_fraction(fields["M"], field_name="M")
    unit = _read_fraction(fields.get("L", "1/8"), field_name="L")
    tonic, minor, signature = _read_key(fields["K"])
    reader = _Reader(text=text, unit=unit, signature=signature)
    return Score(meter, fields["M"], tonic, minor, reader.read(body_at))


def write_notes(notes: Iterable[Note], *, unit: Fraction = Fraction(1, 8)) -> str:
    """Notes as ABC in C major, every accidental spelt out; `parse` reads the same notes back."""
    return " ".join(
        _write_pitch(note.pitch) + str(note.length / unit) + "-" * note.tied for note in notes
    )


def _write_pitch(pitch: int | None) -> str:
    if pitch is None:
        return "z"
    octave, semitone = divmod(pitch - MIDDLE_C, 12)
    natural = semitone in SEMITONES.values()
    letter = next(
        name for name, number in SEMITONES.items() if number == semitone - (0 if natural else 1)
    )
    marks = "'" * octave if octave > 0 else "," * -octave
    return ("=" if natural else "^") + letter + marks


def _read_fields(text: str) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    at = 0
    while found := _FIELD.match(text, at):
        fields[found["name"]] = found["value"].strip()
        at = found.end()
    return fields, at


def _read_fraction(text: str, *, field_name: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise AbcError(f"field {field_name}: {text!r} is not a fraction such as 6/8") from None
    if value <= 0:
        raise AbcError(f"field {field_name}: {text!r} must be more than nothing")
    return value


def _read_key(text: str) -> tuple[int, bool, dict[str, int]]:
    found = re.fullmatch(r"([A-G])([#b]?)\s*([A-Za-z]*)", text)
    mode = "" if found is None else found[3].lower()[:3]
    if found is None or mode not in MODE_FIFTHS:
        raise AbcError(f"field K: {text!r} is not a key such as G, Em or Edor")
    bend = {"": 0, "#": 1, "b": -1}[found[2]]
    fifths = FIFTHS[found[1]] + 7 * bend + MODE_FIFTHS[mode]
    if abs(fifths) > len(SHARPS_IN_ORDER):
        raise AbcError(f"field K: {text!r} needs more sharps or flats than there are")
    sharps = dict.fromkeys(SHARPS_IN_ORDER[: max(fifths, 0)], 1)
    flats = dict.fromkeys(SHARPS_IN_ORDER[::-1][: max(-fifths, 0)], -1)
    return (SEMITONES[found[1]] + bend) % 12, MODE_FIFTHS[mode] <= -2, sharps | flats


@dataclass(slots=True)
class _Reader:
    """Walks the body once and gathers notes into bars, and bars into parts."""

    text: str
    unit: Fraction
    signature: dict[str, int]
    parts: list[Part] = field(default_factory=list)
    bars: dict[int, list[Bar]] = field(default_factory=lambda: {0: [], 1: [], 2: []})
    ending: int = 0
    notes: list[Note] = field(default_factory=list)
    chords: list[ChordMark] = field(default_factory=list)
    accidentals: dict[tuple[str, int], int] = field(default_factory=dict)
    triplet_left: int = 0
    broken: str = ""

    def read(self, at: int) -> tuple[Part, ...]:
        for found in self._tokens(at):
            if found["bar"]:
                self._bar_line(found)
            elif found["chord"]:
                self.chords.append(ChordMark(self._now(), found["chord"]))
            elif found["triplet"]:
                self.triplet_left = TRIPLET_NOTES
            elif found["broken"]:
                self._broken(found)
            elif found["letter"]:
                self._note(found)
        self._close_bar()
        self._close_part(repeated=False)
        if self.broken or self.triplet_left:
            raise self._error(len(self.text), "the tune ends inside a broken rhythm or a triplet")
        return tuple(self.parts)

    def _tokens(self, at: int) -> Iterator[re.Match[str]]:
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                raise self._error(at, f"{self.text[at]!r} is not ABC that is known here")
            yield found
            at = found.end()

    def _error(self, at: int, wrong: str) -> AbcError:
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        return AbcError(f"line {line}, column {column}: {wrong}")

    def _now(self) -> Fraction:
        return sum((note.length for note in self.notes), Fraction(0))

    def _note(self, found: re.Match[str]) -> None:
        length = self.unit * self._length(found)
        if self.triplet_left:
            self.triplet_left -= 1
            length *= Fraction(2, 3)
        if self.broken:
            length *= Fraction(1, 2) if self.broken == ">" else Fraction(3, 2)
            self.broken = ""
        self.notes.append(Note(self._pitch(found), self._now(), length, bool(found["tie"])))

    def _length(self, found: re.Match[str]) -> Fraction:
        times = int(found["times"] or 1)
        over = 2 ** len(found["slashes"])
        if found["over"]:
            if len(found["slashes"]) != 1:
                raise self._error(found.start(), f"{found[0]!r} has no length that can be read")
            over = int(found["over"])
        if not times or not over:
            raise self._error(found.start(), f"{found[0]!r} has a length of nothing")
        return Fraction(times, over)

    def _pitch(self, found: re.Match[str]) -> int | None:
        letter = found["letter"]
        if letter == "z":
            if found["accidental"] or found["octave"]:
                raise self._error(found.start(), "a rest has no pitch")
            return None
        octave = found["octave"].count("'") - found["octave"].count(",") + letter.islower()
        place = (letter.upper(), octave)
        if found["accidental"]:
            self.accidentals[place] = ACCIDENTALS[found["accidental"]]
        bend = self.accidentals.get(place, self.signature.get(place[0], 0))
        return MIDDLE_C + SEMITONES[place[0]] + 12 * octave + bend

    def _broken(self, found: re.Match[str]) -> None:
        if not self.notes or self.broken or self.triplet_left:
            raise self._error(found.start(), f"{found[0]!r} must stand between two notes")
        self.broken = found["broken"]
        factor = Fraction(3, 2) if self.broken == ">" else Fraction(1, 2)
        self.notes[-1] = replace(self.notes[-1], length=self.notes[-1].length * factor)

    def _bar_line(self, found: re.Match[str]) -> None:
        line = found["bar"]
        if self.broken or self.triplet_left:
            raise self._error(found.start(), "a bar ends inside a broken rhythm or a triplet")
        self._close_bar()
        if line in (":|", "::", ":|1", ":|2"):
            if not any(self.bars.values()):
                raise self._error(found.start(), "there is nothing here to repeat")
            if line == ":|2":
                self.ending = SECOND_TIME
            else:
                self._close_part(repeated=True)
        elif line in ("|:", "||", "|]"):
            self._close_part(repeated=False)
        elif line in ("|1", "[1"):
            self.ending = 1
        elif line in ("|2", "[2"):
            self.ending = SECOND_TIME

    def _close_bar(self) -> None:
        if self.notes:
            self.bars[self.ending].append(Bar(tuple(self.notes), tuple(self.chords)))
        self.notes, self.chords, self.accidentals = [], [], {}

    def _close_part(self, *, repeated: bool) -> None:
        if any(self.bars.values()):
            common, first, second = (tuple(self.bars[number]) for number in (0, 1, 2))
            self.parts.append(Part(common, repeated or bool(second), first, second))
        self.bars, self.ending = {0: [], 1: [], 2: []}, 0
