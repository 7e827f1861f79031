"""Values as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.look import formats


def euros(text: str) -> Money:
    return Money.parse(text, "EUR")


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "€0.07"), ("de", "0,07\N{NO-BREAK SPACE}€"), ("ru", "0,07\N{NO-BREAK SPACE}€")],
)
def test_a_price_is_written_as_its_language_writes_it(language: str, shown: str) -> None:
    with override(language):
        assert formats.money(euros("0.07")) == shown


def test_a_yen_has_no_decimals() -> None:
    with override("en"):
        assert formats.money(Money.of_minor(150, "JPY")) == "¥150"


def test_a_share_below_the_cent_is_shown_in_full() -> None:
    with override("en"):
        assert formats.money(euros("0.015966")) == "€0.015966"


def test_tax_is_shown_to_the_nearest_cent() -> None:
    with override("en"):
        assert formats.money_to_the_cent(euros("0.014999")) == "€0.01"
        assert formats.money_to_the_cent(euros("0.015000")) == "€0.02"
        assert formats.money_to_the_cent(euros("-0.015000")) == "-€0.02"


def test_a_movement_carries_its_sign() -> None:
    with override("en"):
        assert formats.signed_money(euros("5.00")) == "+€5.00"
        assert formats.signed_money(euros("-0.09")) == "\N{MINUS SIGN}€0.09"
        assert formats.signed_money(euros("0")) == "€0.00"


@given(st.integers(min_value=1, max_value=10**12))
def test_no_file_is_ever_shown_as_nothing(size_bytes: int) -> None:
    with override("en"):
        shown = formats.megabytes(size_bytes)
    number, _ = shown.split("\N{NO-BREAK SPACE}")
    assert float(number.replace(",", "")) > 0
    assert not number.startswith("0.00")


@pytest.mark.parametrize(
    ("size_bytes", "language", "shown"),
    [
        (0, "en", "0.00 MB"),
        (1, "en", "1 byte"),
        (57, "en", "57 bytes"),
        (57, "ru", "57 байт"),
        (1_879, "en", "1.88 kB"),
        (1_879, "de", "1,88 kB"),
        (9_999, "en", "10.00 kB"),
        (10_000, "en", "0.01 MB"),
    ],
)
def test_a_tiny_file_is_told_in_bytes(size_bytes: int, language: str, shown: str) -> None:
    with override(language):
        assert formats.megabytes(size_bytes).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_a_moment_within_a_second_is_told_by_its_decimals() -> None:
    with override("en"):
        assert formats.seconds(250) == "0.25\N{NO-BREAK SPACE}sec"
    with override("de"):
        assert formats.seconds(0) == "0\N{NO-BREAK SPACE}Sek."


def test_a_megabyte_is_a_million_bytes() -> None:
    with override("en"):
        assert formats.megabytes(4_380_000) == "4.38\N{NO-BREAK SPACE}MB"
    with override("de"):
        assert formats.megabytes(4_380_000) == "4,38\N{NO-BREAK SPACE}MB"


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [(0, "0:00"), (187_000, "3:07"), (59_499, "0:59"), (59_500, "1:00"), (3_765_000, "1:02:45")],
)
def test_a_length_is_minutes_and_seconds(duration_ms: int, shown: str) -> None:
    assert formats.duration(duration_ms) == shown


@given(st.integers(min_value=0, max_value=10**8))
def test_seconds_and_minutes_stay_below_sixty(duration_ms: int) -> None:
    parts = [int(part) for part in formats.duration(duration_ms).split(":")]
    assert all(part < 60 for part in parts[1:])
    seconds = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    assert abs(seconds * 1000 - duration_ms) <= 500


def test_a_short_release_plays_for_a_minute_at_least() -> None:
    with override("en"):
        assert formats.spoken_duration(1_000) == "1 minute"
        assert formats.spoken_duration(711_900) == "12 minutes"


def test_countries_are_named_and_sorted_in_the_language_of_the_reader() -> None:
    with override("de"):
        names = [name for _, name in formats.countries()]
        assert formats.country("DE") == "Deutschland"
    assert names == sorted(names, key=str.casefold)
    assert len(names) == 249


def test_a_country_that_is_not_known_is_called_so() -> None:
    with override("en"):
        assert formats.country(None) == "an unknown country"


def test_a_day_follows_the_language() -> None:
    with override("de"):
        assert formats.day(date(2026, 3, 6)) == "06.03.2026"
    with override("en"):
        assert formats.day(datetime(2026, 3, 6, 23, tzinfo=UTC)) == "6 Mar 2026"
    with override("en-us"):
        assert formats.day(date(2026, 3, 6)) == "Mar 6, 2026"


def test_a_moment_says_that_it_is_utc() -> None:
    with override("en"):
        shown = formats.moment(datetime(2026, 11, 24, 18, 30, tzinfo=UTC))
    assert shown.startswith("24 Nov 2026, 18:30")
    assert shown.endswith("UTC")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "44.1 kHz"), ("de", "44,1 kHz"), ("ru", "44,1 кГц")]
)
def test_a_rate_is_written_as_the_language_writes_it(language: str, text: str) -> None:
    with override(language):
        assert formats.kilohertz(44_100) == text.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "one, two and three"), ("de", "one, two und three"), ("ru", "one, two и three")],
)
def test_things_are_strung_together_as_the_language_does(language: str, text: str) -> None:
    with override(language):
        assert formats.listed(["one", "two", "three"]) == text
        assert formats.listed(["one"]) == "one"
        assert formats.listed([]) == ""


@pytest.mark.parametrize(
    ("language", "value", "text"),
    [
        ("en", Decimal("19.00"), "19%"),
        ("de", Decimal("8.1"), "8,1\N{NO-BREAK SPACE}%"),
        ("ru", Fraction(51, 2), "25,5\N{NO-BREAK SPACE}%"),
        ("en", Fraction(1, 3), "0.33%"),
    ],
)
def test_a_percentage_has_no_more_decimals_than_it_needs(
    language: str, value: Decimal | Fraction, text: str
) -> None:
    with override(language):
        assert formats.percent(value) == text
