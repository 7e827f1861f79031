"""Times by the clocks of a place: the first instant at which they show it, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.local_time import LocalTime, UnknownZoneError, get_zone

# Zones whose clocks leap by an hour, by half of one, at midnight, over a whole day, or not at all.
WILD = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Asia/Tehran",
    "UTC",
)
zones = st.sampled_from(WILD) | st.sampled_from(sorted(available_timezones() - {"localtime"}))
walls = st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1))  # noqa: DTZ001 a wall has no zone
MINUTE = timedelta(minutes=1)


def leaps(zone: str, year: int) -> list[datetime]:
    """The instants of a year at which clocks there leap, to the minute, found by going through it."""
    first = datetime(year, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=hour) for hour in range(366 * 24)]
    found = []
    for before, after in pairwise(hours):
        if offset(before, zone) != offset(after, zone):
            instant = before
            while offset(instant, zone) == offset(before, zone):
                instant += MINUTE
            found.append(instant)
    return found


def offset(instant: datetime, zone: str) -> timedelta | None:
    return instant.astimezone(ZoneInfo(zone)).utcoffset()


def shown(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def assert_first(written: LocalTime) -> None:
    """Clocks show it or more at its instant, and showed less at each minute of the day before."""
    instant = written.first_instant
    assert instant.utcoffset() == timedelta()
    assert shown(instant, written.zone) >= written.wall
    assert shown(instant - timedelta(microseconds=1), written.zone) < written.wall
    for minutes in range(1, 26 * 60, 7):
        assert shown(instant - minutes * MINUTE, written.zone) < written.wall


@given(wall=walls, zone=zones)
def test_an_instant_is_the_first_at_which_clocks_show_the_time(wall: datetime, zone: str) -> None:
    assert_first(LocalTime(wall, zone))


@pytest.mark.parametrize("zone", WILD)
@pytest.mark.parametrize("year", [2011, 2018, 2026])
def test_around_each_leap_too(zone: str, year: int) -> None:
    for leap in leaps(zone, year):
        for side in (leap - MINUTE, leap):
            for minutes in (-60, -30, -1, 0, 1, 30, 60):
                assert_first(LocalTime(shown(side, zone) + minutes * MINUTE, zone))


@given(wall=walls, step=st.timedeltas(timedelta(microseconds=1), timedelta(days=2)), zone=zones)
def test_a_later_time_is_never_an_earlier_instant(
    wall: datetime, step: timedelta, zone: str
) -> None:
    assert LocalTime(wall, zone).first_instant <= LocalTime(wall + step, zone).first_instant


@given(wall=walls, zone=zones)
def test_what_is_written_reads_back(wall: datetime, zone: str) -> None:
    written = LocalTime(wall, zone)
    assert LocalTime.parse(str(written)) == written
    assert LocalTime.of(wall.replace(tzinfo=ZoneInfo(zone))) == written


def test_a_midnight_that_cairo_leaps_over_is_one_o_clock() -> None:
    instant = LocalTime.parse("2026-04-24 Africa/Cairo").first_instant
    assert instant == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_midnight_that_havana_has_twice_is_the_first() -> None:
    instant = LocalTime.parse("2026-11-01 America/Havana").first_instant
    assert instant == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_an_offset_is_read_as_its_instant() -> None:
    written = LocalTime.parse("2026-01-01T00:00+02:00")
    assert written == LocalTime(datetime(2025, 12, 31, 22), "UTC")  # noqa: DTZ001
    moment = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert LocalTime.of(moment) == written


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-02-30", "2026-01-01 Berlin", "2026-01-01 ../../etc/passwd", "2026-01-01 "
     + "x" * 99, "2026-01-01 /etc/localtime", "2026-01-01 Europe"],
)  # fmt: skip
def test_what_is_no_time_of_any_place_is_refused(text: str) -> None:
    with pytest.raises(UnknownZoneError, match="write"):
        LocalTime.parse(text)


def test_a_zone_is_known_by_its_name() -> None:
    assert get_zone("Europe/Berlin").key == "Europe/Berlin"
