"""Deals: what opens a sale, and when, against a count of every instant in every country."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.deal_dates import DealDateError, begins_at, ends_at
from pennywhistle.kit.deal_territories import countries_left, countries_of, is_territory
from pennywhistle.kit.deals import Closed, Deal, Usage, deal_period, is_music, why_closed
from pennywhistle.kit.easternmost import EASTERNMOST_ZONES, easternmost_zone
from pennywhistle.kit.territory import COUNTRIES, UnknownCountryError

PAY, SELL = ("PayAsYouGoModel",), (Usage(("PermanentDownload",)),)


def deal(
    *, start: str = "2026-01-01", end: str = "", territories: tuple[str, ...] = ("DE",)
) -> Deal:
    """A deal that sells."""
    return Deal(territories=territories, usages=SELL, models=PAY, start=start, end=end)


# Clocks that skip midnight, double it, change by half an hour, and skip a day.
ZONES = ("DE", "US", "KI", "AS", "LB", "PY", "CU", "AU", "WS", "IR", "CL", "NP", "GL", "EG")
DAYS = st.dates(date(2005, 1, 1), date(2035, 12, 31))
OFFSETS = st.sampled_from(["", "Z", "+14:00", "-11:00", "+05:45"])
INSTANTS = st.builds(
    lambda day, time, offset: f"{day}T{time.replace(microsecond=0)}{offset}",
    DAYS,
    st.times(),
    OFFSETS,
)
# Half an hour is the finest that clocks change by.
STEPS = st.integers(-150, 150).map(lambda count: timedelta(minutes=15 * count))


@given(start=DAYS, length=st.integers(0, 3), country=st.sampled_from(ZONES), step=STEPS)
def test_a_deal_by_days_runs_while_the_countrys_calendar_shows_one_of_them(
    start: date, length: int, country: str, step: timedelta
) -> None:
    end = start + timedelta(days=length)
    instant = datetime(start.year, start.month, start.day, 12, tzinfo=UTC) + step
    shown = instant.astimezone(ZoneInfo(EASTERNMOST_ZONES[country])).date()
    period = deal_period(deal=deal(start=str(start), end=str(end)), country=country)
    runs = period is not None and instant in period
    # A calendar that skips a day never shows it; nor may a sale hang on that.
    assert runs == (start <= shown <= end)


@given(start=DAYS | INSTANTS, end=DAYS | INSTANTS, step=STEPS, country=st.sampled_from(ZONES))
def test_no_instant_escapes_whatever_is_mixed(
    start: date | str, end: date | str, step: timedelta, country: str
) -> None:
    one = deal(start=str(start), end=str(end))
    period = deal_period(deal=one, country=country)
    instant = begins_at(text=str(start), country=country) + step
    assert (period is not None and instant in period) == (
        _has_begun(str(start), instant, country) and not _is_over(str(end), instant, country)
    )


def _has_begun(text: str, instant: datetime, country: str) -> bool:
    local = instant.astimezone(ZoneInfo(EASTERNMOST_ZONES[country]))
    if "T" not in text:
        return str(local.date()) >= text
    return instant >= _as_instant(text, country)


def _is_over(text: str, instant: datetime, country: str) -> bool:
    local = instant.astimezone(ZoneInfo(EASTERNMOST_ZONES[country]))
    if "T" not in text:
        return str(local.date()) > text
    return instant >= _as_instant(text, country)


def _as_instant(text: str, country: str) -> datetime:
    said = datetime.fromisoformat(text)
    zone = ZoneInfo(EASTERNMOST_ZONES[country])
    return said if said.tzinfo is not None else said.replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("country", "starts_at"),
    [
        ("GB", "2026-07-01T00:00:00+01:00"),
        ("US", "2026-07-01T00:00:00-04:00"),
        ("RU", "2026-07-01T00:00:00+12:00"),
        ("FR", "2026-07-01T00:00:00+02:00"),
        ("KI", "2026-07-01T00:00:00+14:00"),
    ],
)
def test_a_day_begins_with_the_easternmost_zone_of_each_country(
    country: str, starts_at: str
) -> None:
    period = deal_period(deal=deal(start="2026-07-01"), country=country)
    assert period is not None
    assert period.starts_at == datetime.fromisoformat(starts_at)


def test_an_end_of_day_and_a_far_end_are_what_they_say() -> None:
    assert ends_at(text="2026-12-31T24:00:00Z", country="DE") == datetime(2027, 1, 1, tzinfo=UTC)
    assert ends_at(text="2026-12-31T23:59:59.5Z", country="DE") == datetime(
        2026, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC
    )
    for text in ("9999-12-31", "9999-12-31T24:00:00", "9999-12-31T23:59:59-12:00"):
        assert ends_at(text=text, country="DE") is None
    assert begins_at(text="0001-01-01", country="KI") < datetime(1901, 1, 1, tzinfo=UTC)


def test_a_date_without_its_day_opens_less() -> None:
    period = deal_period(deal=deal(start="2026-02", end="2028"), country="IS")
    assert period is not None
    assert period.starts_at == datetime(2026, 2, 28, tzinfo=UTC)
    assert period.ends_at == datetime(2028, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13",
        "2026-02-30",
        "26-01-01",
        "2026-01-01T",
        "2026-01-01T10:00",
        "2026-01-01T24:00:01",
        "2026-01-01T10:00:00+25:00",
        "2026-01-01 10:00:00",
        "२०२६-०१-०१",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DealDateError):
        begins_at(text=text, country="DE")


def test_nothing_is_sold_before_the_day_of_release_or_of_effect() -> None:
    one = Deal(
        ("IS",), SELL, PAY, "2026-01-01", released_on="2026-02-01", effective_on="2026-01-15"
    )
    period = deal_period(deal=one, country="IS")
    assert period is not None
    assert period.starts_at == datetime(2026, 2, 1, tzinfo=UTC)


# Every combination of what the table in docs/ddex.md speaks of, against what it says there.
@pytest.mark.parametrize(
    ("model", "use", "flag"),
    [
        *product(
            ["PayAsYouGoModel", "SubscriptionModel", "FreeOfChargeModel", "AsPerContract", ""],
            ["PermanentDownload", "ConditionalDownload", "OnDemandStream", "Download", "Rent", ""],
            ["", "is_take_down", "is_pre_order", "is_for_others", "is_protected", "is_limited"],
        )
    ],
)
def test_a_sale_is_opened_by_a_permanent_download_paid_each_and_nothing_else(
    model: str, use: str, flag: str
) -> None:
    usage = Usage((use,), is_protected=flag == "is_protected", is_limited=flag == "is_limited")
    one = Deal(
        territories=("DE",),
        usages=(usage,),
        models=(model,),
        start="2026-01-01",
        is_take_down=flag == "is_take_down",
        is_pre_order=flag == "is_pre_order",
        is_for_others=flag == "is_for_others",
    )
    expected = (model, use, flag) == ("PayAsYouGoModel", "PermanentDownload", "")
    assert one.opens_sale is expected


def test_a_deal_that_runs_in_one_of_its_countries_alone_opens_a_sale() -> None:
    """Five hours into the UTC day the day is over in the far east, and not begun in the far west."""
    end = "2026-01-01T05:00:00Z"
    assert deal(end=end, territories=("JP",)).opens_sale
    assert why_closed(deal=deal(end=end, territories=("US",))) is Closed.EMPTY_PERIOD
    assert deal(end=end, territories=("US", "JP")).opens_sale
    assert deal(end=end, territories=("Worldwide",)).opens_sale


def test_territories_are_the_countries_that_can_be_told() -> None:
    assert countries_of(("Worldwide",)) == COUNTRIES
    assert countries_of(("2136",)) < COUNTRIES
    assert countries_of(("2BE", "756", "DE")) == {"BE", "NL", "LU", "CH", "DE"}
    assert countries_of(("ES-CN", "XK", "SU")) == frozenset()
    assert countries_left(["Worldwide"]) == frozenset()
    assert countries_left(["2136"]) == COUNTRIES - countries_of(("2136",))
    assert not any(map(is_territory, ["", "de", "worldwide", "9999", "ZZ", "ZZ-A", "DEU"]))


def test_every_country_has_a_zone_that_is_known() -> None:
    assert set(EASTERNMOST_ZONES) == COUNTRIES
    for country in COUNTRIES:
        easternmost_zone(country)
    with pytest.raises(UnknownCountryError):
        easternmost_zone("ZZ")


@pytest.mark.parametrize(
    "kind", ["Album", "Single", "EP", "ClassicalAlbum", "TrackRelease", "SingleResourceRelease"]
)
def test_music_is_music(kind: str) -> None:
    assert is_music(kinds=[kind])
