"""Dates of deals as instants: inclusive, local, by a country's easternmost zone. Pure.

https://kb.ddex.net/implementing-each-standard/best-practices-for-all-ddex-standards/deals-and-commercial-aspects/start-dates%2C-end-dates%2C-start-datetimes-and-end-datetimes
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from pennywhistle.kit.easternmost import easternmost_zone

# What lies before or after is as good as always: no clock needs to be asked.
_YEAR_LEAST, _YEAR_MOST = 1900, 9000
_ALWAYS = datetime(_YEAR_LEAST, 1, 1, tzinfo=UTC)
_NEVER = datetime(_YEAR_MOST, 1, 1, tzinfo=UTC)

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
# https://www.w3.org/TR/xmlschema-2/#dateTime
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class DealDateError(ValueError):
    """What is neither a date nor an instant that a deal may hold."""


def begins_at(*, text: str, country: str) -> datetime:
    """The first instant of a start in a country, in UTC. Raises `DealDateError`.

    Of a date without its day or month the last day counts, so that less is open.
    """
    if "T" in text:
        return _instant(text, country)
    return _midnight(_days(text)[1], country)


def ends_at(*, text: str, country: str) -> datetime | None:
    """The first instant after an end in a country, in UTC; None for the year 9000 and later.

    Of a date without its day or month the first day counts. Raises `DealDateError`.
    """
    if "T" in text:
        ends = _instant(text, country)
    else:
        day = _days(text)[0]
        ends = _NEVER if day.year >= _YEAR_MOST else _midnight(day + timedelta(days=1), country)
    return None if ends == _NEVER else ends


def _days(text: str) -> tuple[date, date]:
    """The first and the last day that a date may mean: one where it is whole."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise DealDateError(f"{text[:40]!r} is not a date such as 2026-01-31")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError:
        raise DealDateError(f"{text!r} is not in the calendar") from None


def _midnight(day: date, country: str) -> datetime:
    """A day's first instant; where clocks skip midnight, it is when they do."""
    return _utc(datetime(day.year, day.month, day.day, tzinfo=easternmost_zone(country)))


def _instant(text: str, country: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise DealDateError(f"{text[:40]!r} is not an instant such as 2026-01-31T00:00:00Z")
    day, hour, minute, second, fraction, offset = found.groups()
    # 24:00:00 is the end of its day.
    is_end_of_day = (hour, minute, second) == ("24", "00", "00")
    clock = f"{'00' if is_end_of_day else hour}:{minute}:{second}.{(fraction or '0'):0<6.6}"
    try:
        local = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    except ValueError:
        raise DealDateError(f"{text[:40]!r} is not in the calendar, or not on the clock") from None
    if not offset:
        local = local.replace(tzinfo=easternmost_zone(country))
    return _utc(local + timedelta(days=1) if is_end_of_day and local.year < _YEAR_MOST else local)


def _utc(local: datetime) -> datetime:
    if local.year < _YEAR_LEAST:
        return _ALWAYS
    return _NEVER if local.year >= _YEAR_MOST else local.astimezone(UTC)
