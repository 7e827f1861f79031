"""Instants and half-open periods, always UTC inside (law 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


def utc_now() -> datetime:
    """The wall clock. Only doors call it; everything below is given its time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """`[starts_at, ends_at)`: the first instant is inside, the last is not. None means no end."""

    starts_at: datetime
    ends_at: datetime | None

    def __post_init__(self) -> None:
        for instant in (self.starts_at, self.ends_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{instant} has no time zone; give UTC")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError(f"a period must end after it starts: {self}")

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


def month_period(text: str) -> Period:
    """`month_period("2026-11")` is November 2026 in UTC."""
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        raise ValueError(f"{text!r} is not a month; write it as 2026-11") from None
    return Period(first, following)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year in UTC, as returns of tax have it."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read `2026-Q4`; the inverse of `str`."""
        year, _, number = text.strip().upper().partition("-Q")
        if len(year) != 4 or not year.isdecimal() or number not in {"1", "2", "3", "4"}:
            raise ValueError(f"{text!r} is not a quarter; write it as 2026-Q4")
        return cls(int(year), int(number))

    @classmethod
    def of(cls, instant: datetime) -> Quarter:
        """The one that holds an instant."""
        utc = instant.astimezone(UTC)
        return cls(utc.year, (utc.month + 2) // 3)

    @property
    def period(self) -> Period:
        """Its instants."""
        return Period(self._first_day(self), self._first_day(self.next))

    @property
    def next(self) -> Quarter:
        """The one after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        """The one before it."""
        return Quarter(self.year - (self.number == 1), (self.number + 2) % 4 + 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return (self._first_day(self.next) - timedelta(days=1)).date()

    @staticmethod
    def _first_day(quarter: Quarter) -> datetime:
        return datetime(quarter.year, 3 * quarter.number - 2, 1, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


def year_period(year: int) -> Period:
    """A calendar year in UTC."""
    return Period(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
