"""Times as contracts write them, by the clocks of a place, and the instants that they mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

UTC_NAME = "UTC"
ZONE_LETTERS_MOST = 60

_MICROSECOND = timedelta(microseconds=1)


class UnknownZoneError(ValueError):
    """A time zone that the IANA database does not know, or a time that cannot be read."""


@lru_cache(maxsize=1_024)
def get_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, such as `Europe/Berlin`. Raises `UnknownZoneError`."""
    try:
        return ZoneInfo(name[: ZONE_LETTERS_MOST + 1])
    except (OSError, ValueError, LookupError):
        raise UnknownZoneError(
            f"{name!r} is not a time zone; write it as IANA does, such as Europe/Berlin"
        ) from None


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What a clock on a wall shows, without a zone of its own, and the zone that the wall is in.

    >>> str(LocalTime.parse("2026-01-01 Europe/Berlin"))
    '2026-01-01 Europe/Berlin'
    >>> LocalTime.parse("2026-01-01 Europe/Berlin").first_instant.isoformat()
    '2025-12-31T23:00:00+00:00'
    """

    wall: datetime
    zone: str = UTC_NAME

    def __post_init__(self) -> None:
        if self.wall.tzinfo is not None:
            raise ValueError(f"{self.wall} has a zone of its own")
        get_zone(self.zone)

    @classmethod
    def parse(cls, text: str, *, zone: str = UTC_NAME) -> LocalTime:
        """Read `2026-01-01`, `2026-01-01T12:00` or `2026-01-01 Europe/Berlin`; the inverse of `str`.

        `zone` is meant where none is written. An offset is read as the instant that it means, in UTC.
        """
        when, _, named = text.strip().partition(" ")
        try:
            wall = datetime.fromisoformat(when)
        except ValueError:
            raise UnknownZoneError(
                f"{text!r} is not a time; write 2026-01-01 or 2026-01-01T12:00, and a zone behind "
                "it such as Europe/Berlin"
            ) from None
        if wall.tzinfo is not None and not named:
            return cls.of(wall)
        return cls(wall.replace(fold=0), named.strip() or zone)

    @classmethod
    def of(cls, moment: datetime) -> LocalTime:
        """The same moment as the clocks of its own zone show it; in UTC where it has an offset only."""
        if isinstance(moment.tzinfo, ZoneInfo) and moment.tzinfo.key:
            return cls(moment.replace(tzinfo=None, fold=0), moment.tzinfo.key)
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no zone")
        return cls(moment.astimezone(UTC).replace(tzinfo=None))

    @property
    def first_instant(self) -> datetime:
        """The first instant, in UTC, at which clocks there show this time or a later one.

        So a time that clocks show twice is the first of the two, and one that they leap over is the
        leap; and what ends at a written time meets what begins at it.
        """
        zone = get_zone(self.zone)
        readings = [self.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        early, late = min(readings), max(readings)
        if early == late or _shown(early, zone) == self.wall:
            return early
        # It is leapt over, between the two readings: halve the span until the leap is found.
        early -= _MICROSECOND
        while late - early > _MICROSECOND:
            middle = early + (late - early) // 2
            early, late = (early, middle) if _shown(middle, zone) >= self.wall else (middle, late)
        return late

    @property
    def moment(self) -> datetime:
        """With the zone on it; the inverse of `of`."""
        return self.wall.replace(tzinfo=get_zone(self.zone))

    @property
    def is_midnight(self) -> bool:
        """True where it is a day without a time of its own."""
        return self.wall.time() == time()

    def __str__(self) -> str:
        when = self.wall.date().isoformat() if self.is_midnight else self.wall.isoformat()
        return f"{when} {self.zone}"


def _shown(instant: datetime, zone: timezone | ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
