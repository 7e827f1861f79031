"""Instants and half-open periods, always UTC inside (law 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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
