"""Coverage: may this track be used so, there, then? (law 4)"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import COUNTRIES, TerritorySet

# The finest rate that a tariff may have: it fits the columns it is kept in.
RATE_DENOMINATOR_MOST = 10**15

# As their columns hold.
NUMBER_LETTERS_MOST = 40
TARIFF_CODE_LETTERS_MOST = 80
TEXT_LETTERS_MOST = 200
REASON_LETTERS_MOST = 300

# How much of a track may be heard where a contract does not say; and what one may say.
PREVIEW_SECONDS = 30
PREVIEW_SECONDS_LEAST = 5
PREVIEW_SECONDS_MOST = 3600

# Parts between slashes, each begun by a letter or a digit: no `..`, and nothing that breaks a line.
_NUMBER = re.compile(r"\w[\w .:+&#()-]*(/\w[\w .:+&#()-]*)*")

# Joiners that the spelling of some languages needs; every other invisible letter is refused.
_JOINERS = "\u200c\u200d"


class Right(StrEnum):
    """The two rights in a recording of music; both must be covered."""

    RECORDING = "RECORDING"
    WORK = "WORK"


class Use(StrEnum):
    """What a licence may open."""

    DOWNLOAD = "DOWNLOAD"
    PREVIEW = "PREVIEW"
    STREAM_OWNED = "STREAM_OWNED"


class Basis(StrEnum):
    """What a licence stands on."""

    CONTRACT = "contract"
    PUBLIC_DOMAIN = "public-domain"
    CREATIVE_COMMONS = "creative-commons"


class Payer(StrEnum):
    """Who pays the royalty of a work that is sold with its recording."""

    STORE = "store"
    LABEL = "label"


class LicensingError(Exception):
    """A licence that cannot be recorded as asked."""


class TariffCurrencyError(LicensingError):
    """A floor in another currency than the price that is to pay it."""


class UnknownLicensorError(LicensingError):
    """No licensor of that name."""


class LicenceStateError(LicensingError):
    """A change that a licence does not take."""


class UnknownLicenceError(LicensingError):
    """No licence of that number."""


def check_number(number: str) -> None:
    """Raise `LicensingError` for a number that an address, a list or a statement could not hold."""
    check_text(number, "number", letters_most=NUMBER_LETTERS_MOST)
    if not _NUMBER.fullmatch(number):
        raise LicensingError(
            f"the licence's number {number!r} does not read as one: write letters, digits, spaces "
            "and . : + & # ( ) - with parts after a slash begun by a letter or a digit"
        )


def check_text(text: str, what: str, *, letters_most: int = TEXT_LETTERS_MOST) -> None:
    """Raise `LicensingError` for a text that is empty, too long, or holds what cannot be seen."""
    if not text.strip():
        raise LicensingError(f"a licence needs the {what}")
    if len(text) > letters_most:
        raise LicensingError(f"the {what} has at most {letters_most} letters, not {len(text)}")
    for letter in text:
        if unicodedata.category(letter) in _UNSEEN and letter not in _JOINERS:
            raise LicensingError(
                f"the {what} {text!r} holds a letter that cannot be seen, U+{ord(letter):04X}: "
                "take it out"
            )


# Control, format, surrogate, private and unassigned letters; ends of lines and of paragraphs.
# https://www.unicode.org/reports/tr44/#General_Category_Values
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_preview(seconds: int | None) -> None:
    """Raise `LicensingError` for a preview that is too short to be one, or longer than any."""
    if seconds is not None and not PREVIEW_SECONDS_LEAST <= seconds <= PREVIEW_SECONDS_MOST:
        raise LicensingError(
            f"a preview lasts {PREVIEW_SECONDS_LEAST} to {PREVIEW_SECONDS_MOST} seconds, or the "
            f"whole track, and not {seconds} seconds"
        )


def rate_text(rate: Fraction) -> str:
    """`15%` or `8.75%`; a rate finer than hundredths of a percent stays the exact ratio."""
    percent = rate * 100
    if (percent * 100).denominator == 1:
        return f"{float(percent):g}%"
    return f"{rate.numerator}/{rate.denominator}"


def fold_name(name: str) -> str:
    """A licensor's name as the ear has it: no capitals, accents, stops or spaces."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) or name


@dataclass(frozen=True, slots=True)
class TariffTerms:
    """`max(rate × base, floor)`: `base` is `gross` or `net-of-tax`; the floor is per track."""

    code: str
    version: int
    rate: Fraction
    base: str
    floor_per_track: Money | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise LicensingError(f"the rate {self.rate} is not between 0 and 1")
        if self.rate.denominator > RATE_DENOMINATOR_MOST:
            raise LicensingError(
                f"the rate {self.rate} is finer than one in {RATE_DENOMINATOR_MOST:,}"
            )
        if self.floor_per_track is not None and self.floor_per_track.micros < 0:
            raise LicensingError(f"the floor {self.floor_per_track} is below zero")
        if self.base not in {"gross", "net-of-tax"}:
            raise LicensingError(f"the base {self.base!r} is neither gross nor net-of-tax")


def royalty_micros(*, tariff: TariffTerms, gross: Money, net_micros: Fraction) -> Fraction:
    """`max(rate × base, floor)` in micros, exactly. Raises `TariffCurrencyError`."""
    base = Fraction(gross.micros) if tariff.base == "gross" else net_micros
    return max(tariff.rate * base, floor_micros(tariff=tariff, currency=gross.currency))


def floor_micros(*, tariff: TariffTerms, currency: str) -> Fraction:
    """The least that a tariff asks for one track, in micros. Raises `TariffCurrencyError`."""
    floor = tariff.floor_per_track
    if floor is None:
        return Fraction(0)
    if floor.currency != currency:
        raise TariffCurrencyError(
            f"the floor of tariff {tariff.code} is in {floor.currency}, and the price is in "
            f"{currency}: agree a floor in that currency"
        )
    return Fraction(floor.micros)


@dataclass(frozen=True, slots=True)
class Repertoire:
    """What a licence speaks of: the whole catalogue, or the label, release or track of that id."""

    kind: str
    id: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in _BREADTH:
            raise LicensingError(
                f"the repertoire {self.kind!r} is not one of {', '.join(_BREADTH)}"
            )
        if (self.kind == "whole") != (self.id is None):
            raise LicensingError(f"the repertoire {self.kind!r} does not go with id {self.id}")


# The narrower contract speaks first.
_BREADTH = {"track": 0, "release": 1, "label": 2, "whole": 3}


@dataclass(frozen=True, slots=True)
class Footing:
    """What a licence stands on, where that is seen, who pays its royalty; `deed` as in SPDX's list."""

    basis: Basis = Basis.CONTRACT
    deed: str = ""
    evidence: str = ""
    mechanical_by: Payer = Payer.STORE


ON_CONTRACT = Footing()


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """A licence as coverage reads it. `[starts_at, ends_at)`; None means until it is ended.

    `suspended` is when it opens nothing in between. `preview_seconds` is how much of a track may be heard where PREVIEW is among the uses; None is
    all of it.
    """

    id: int
    number: str
    licensor_id: int
    licensor: str
    right: Right
    repertoire: Repertoire
    uses: frozenset[Use]
    territories: TerritorySet
    starts_at: datetime
    ends_at: datetime | None
    tariff: TariffTerms
    document_reference: str
    preview_seconds: int | None = PREVIEW_SECONDS
    suspended: tuple[Period, ...] = ()
    footing: Footing = ON_CONTRACT

    @property
    def owed(self) -> TariffTerms:
        """What the store owes for a sale: its tariff, or nothing where the label pays it."""
        if self.footing.mechanical_by is Payer.STORE:
            return self.tariff
        return replace(self.tariff, rate=Fraction(0), floor_per_track=None)

    def is_in_force(self, instant: datetime) -> bool:
        """True within its period, unless it is suspended."""
        return (
            self.starts_at <= instant
            and (self.ends_at is None or instant < self.ends_at)
            and not any(instant in span for span in self.suspended)
        )


@dataclass(frozen=True, slots=True)
class TrackRef:
    """Where a track stands: enough to see which repertoires it belongs to."""

    track_id: int
    release_id: int
    label_id: int

    def belongs_to(self, repertoire: Repertoire) -> bool:
        """True where a licence of that repertoire speaks of this track."""
        own = {
            "whole": None,
            "label": self.label_id,
            "release": self.release_id,
            "track": self.track_id,
        }
        return own[repertoire.kind] == repertoire.id


@dataclass(frozen=True, slots=True)
class Covered:
    """Yes, by these two licences."""

    recording: LicenceTerms
    work: LicenceTerms

    @property
    def preview_seconds(self) -> int | None:
        """How much may be heard: what the stricter of the two grants. None is all of it."""
        said = (self.recording.preview_seconds, self.work.preview_seconds)
        return min((seconds for seconds in said if seconds is not None), default=None)


class Why(StrEnum):
    """Why not, in a word."""

    TERRITORY_UNKNOWN = "territory-unknown"
    BLOCKED = "blocked"
    NO_LICENCE = "no-licence"
    USE = "use"
    TERRITORY = "territory"
    NOT_YET = "not-yet"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class NotCovered:
    """No, and why. `right` is the one that lacks; `opens_at` is set where waiting helps."""

    why: Why
    right: Right | None = None
    opens_at: datetime | None = None
    ended_at: datetime | None = None


Coverage = Covered | NotCovered


def cover(
    *,
    track: TrackRef,
    use: Use,
    territory: str | None,
    instant: datetime,
    licences: Iterable[LicenceTerms],
) -> Coverage:
    """Both rights must be covered for that use, territory and instant; anything else is a no.

    Where several licences cover one right, the narrowest repertoire speaks, then the latest start,
    then the lowest id, so that the answer never depends on the order of rows.
    """
    if territory is None or territory not in COUNTRIES:
        return NotCovered(Why.TERRITORY_UNKNOWN)
    mine = [licence for licence in licences if track.belongs_to(licence.repertoire)]
    chosen: dict[Right, LicenceTerms] = {}
    for right in Right:
        of_right = [licence for licence in mine if licence.right is right]
        covering = [licence for licence in of_right if _opens(licence, use, territory, instant)]
        if not covering:
            return _why_not(of_right, right, use, territory, instant)
        chosen[right] = min(covering, key=_precedence)
    return Covered(recording=chosen[Right.RECORDING], work=chosen[Right.WORK])


def open_territories(
    *, track: TrackRef, use: Use, instant: datetime, licences: Iterable[LicenceTerms]
) -> dict[Right, frozenset[str]]:
    """Where each right is covered for that use and instant; `cover` says yes where both are."""
    mine = [
        licence
        for licence in licences
        if track.belongs_to(licence.repertoire) and _runs(licence, use, instant)
    ]
    return {
        right: frozenset(
            country
            for country in COUNTRIES
            if any(licence.right is right and country in licence.territories for licence in mine)
        )
        for right in Right
    }


def _opens(licence: LicenceTerms, use: Use, territory: str, instant: datetime) -> bool:
    return territory in licence.territories and _runs(licence, use, instant)


def _runs(licence: LicenceTerms, use: Use, instant: datetime) -> bool:
    return use in licence.uses and licence.is_in_force(instant)


def _precedence(licence: LicenceTerms) -> tuple[int, float, int]:
    return (_BREADTH[licence.repertoire.kind], -licence.starts_at.timestamp(), licence.id)


def _why_not(
    licences: list[LicenceTerms], right: Right, use: Use, territory: str, instant: datetime
) -> NotCovered:
    """The reason nearest to a yes, so that what a listener is told can be acted on."""
    if not licences:
        return NotCovered(Why.NO_LICENCE, right)
    licences = [licence for licence in licences if use in licence.uses]
    if not licences:
        return NotCovered(Why.USE, right)
    licences = [licence for licence in licences if territory in licence.territories]
    if not licences:
        return NotCovered(Why.TERRITORY, right)
    if coming := [
        at
        for licence in licences
        for at in (licence.starts_at, *(span.ends_at for span in licence.suspended))
        if at is not None and at > instant and licence.is_in_force(at)
    ]:
        return NotCovered(Why.NOT_YET, right, opens_at=min(coming))
    ends = [licence.ends_at for licence in licences if _is_over(licence, instant)]
    if len(ends) < len(licences):
        return NotCovered(Why.SUSPENDED, right)
    return NotCovered(Why.ENDED, right, ended_at=max(end for end in ends if end is not None))


def _is_over(licence: LicenceTerms, instant: datetime) -> bool:
    """True where it has ended, or will before it starts."""
    return licence.ends_at is not None and licence.ends_at <= max(instant, licence.starts_at)
