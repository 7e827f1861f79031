"""Half-open periods, and months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.clock import Period, month_period

MICROSECOND = timedelta(microseconds=1)
months = st.tuples(st.integers(1970, 2100), st.integers(1, 12))


@given(month=months)
def test_a_month_holds_its_first_instant_and_not_the_next_months(month: tuple[int, int]) -> None:
    period = month_period(f"{month[0]}-{month[1]:02}")
    assert period.ends_at is not None
    assert period.starts_at in period
    assert period.starts_at - MICROSECOND not in period
    assert period.ends_at - MICROSECOND in period
    assert period.ends_at not in period
    assert (period.starts_at.year, period.starts_at.month, period.starts_at.day) == (*month, 1)


@given(month=months)
def test_months_follow_one_another_without_a_gap(month: tuple[int, int]) -> None:
    first = month_period(f"{month[0]}-{month[1]:02}")
    assert first.ends_at is not None
    following = month_period(f"{first.ends_at:%Y-%m}")
    assert following.starts_at == first.ends_at


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "11-2026", "9999-12", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month"):
        month_period(text)


def test_a_period_without_an_end_holds_everything_after_its_start() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert datetime(9999, 1, 1, tzinfo=UTC) in Period(start, None)
    assert start - MICROSECOND not in Period(start, None)


def test_a_period_needs_a_time_zone_and_ends_after_it_starts() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for end in (start, start - MICROSECOND):
        with pytest.raises(ValueError, match="must end after"):
            Period(start, end)
    with pytest.raises(ValueError, match="no time zone"):
        Period(start.replace(tzinfo=None), None)
