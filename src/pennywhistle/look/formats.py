"""Values as people read them, in the active language: money, sizes, lengths, countries, days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_decimal_symbol,
)
from babel.units import format_unit
from django.utils.translation import get_language, gettext, ngettext, to_locale

from pennywhistle.kit.money import Money, minor_digits, round_half_up_to_minor, with_a_point
from pennywhistle.kit.territory import COUNTRIES

# One megabyte on pages and in prices is a million bytes, as the price list counts it.
BYTES_IN_MEGABYTE = 1_000_000
BYTES_IN_KILOBYTE = 1_000
# What is smaller would be little but noughts in megabytes.
_MEGABYTES_FROM_BYTES = 10_000

# Languages kept ready at once: the store's own three, and room for an operator's.
_LANGUAGES_KEPT_MAX = 16


@lru_cache(maxsize=_LANGUAGES_KEPT_MAX)
def _locale_of(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def _locale() -> Locale:
    # No language is active in a bare script; English is what the texts are written in.
    return _locale_of(get_language() or "en")


def _calendar() -> Locale:
    """How days and times are written: English outside America writes the day first."""
    language = get_language() or "en"
    return _locale_of("en-gb" if language == "en" else language)


def _to_the_micro(locale: Locale) -> str:
    """The language's way to write money, with six decimals in place of its two."""
    return str(locale.currency_formats["standard"].pattern).replace("0.00", "0.000000")


def money(amount: Money) -> str:
    """`€0.07`, `0,07 €`. An amount that is no whole minor units shows all six decimals."""
    whole = amount.is_whole_minor
    pattern = None if whole else _to_the_micro(_locale())
    return str(
        format_currency(
            amount.decimal,
            amount.currency,
            pattern,
            locale=_locale(),
            currency_digits=whole,
        )
    )


def bare_money(amount: Money) -> str:
    """As `money` without the currency, for a field beside which it stands: `2.50`, `2,50`."""
    places = "0" * minor_digits(amount.currency)
    pattern = f"#,##0.{places}" if places else "#,##0"
    return str(
        format_decimal(amount.decimal, format=pattern, locale=_locale(), group_separator=False)
    )


def typed_amount(typed: str) -> str:
    """What a reader typed as an amount, with a point, as `Money.parse` reads it. `MoneyError`."""
    return with_a_point(typed, decimal_sign=_decimal_sign())


def amount_to_type(amount: Money) -> str:
    """An amount as a reader types it: no fewer decimals than its coins have, no more than it needs."""
    places = max(
        minor_digits(amount.currency), -int(amount.decimal.normalize().as_tuple().exponent)
    )
    return f"{amount.decimal:.{places}f}".replace(".", _decimal_sign())


def _decimal_sign() -> str:
    return str(get_decimal_symbol(_locale()))


def money_to_the_cent(amount: Money) -> str:
    """As `money`, rounded half up to the minor unit: for tax, which is counted in micro-units."""
    sign = -1 if amount.micros < 0 else 1
    rounded = round_half_up_to_minor(Fraction(abs(amount.micros)), amount.currency)
    return money(rounded if sign > 0 else -rounded)


def signed_money(amount: Money) -> str:
    """As `money`, with a sign before it: `+€5.00`, `−€0.07`."""
    if amount.micros < 0:
        return f"\N{MINUS SIGN}{money(-amount)}"
    return f"+{money(amount)}" if amount else money(amount)


def percent(value: Decimal | Fraction) -> str:
    """`19%`, `8,1 %`: of a hundred, with at most two decimals."""
    locale, exact = _locale(), Fraction(value)
    share = Decimal(exact.numerator) / exact.denominator / 100
    pattern = str(locale.percent_formats[None].pattern).replace("#,##0", "#,##0.##")
    return str(format_percent(share, format=pattern, locale=locale))


def megabytes(size_bytes: int) -> str:
    """`4.38 MB`, with a space that does not break; what is tiny as `1.88 kB` or `57 bytes`."""
    if 0 < size_bytes < BYTES_IN_KILOBYTE:
        return _with_unit(size_bytes, "digital-byte", length="long")
    unit = "kB" if 0 < size_bytes < _MEGABYTES_FROM_BYTES else "MB"
    exact = Decimal(size_bytes) / (BYTES_IN_KILOBYTE if unit == "kB" else BYTES_IN_MEGABYTE)
    number = format_decimal(exact, format="#,##0.00", locale=_locale())
    return f"{number}\N{NO-BREAK SPACE}{unit}"


def listed(words: Sequence[str]) -> str:
    """`one, two and three`, as the language strings things together."""
    return str(format_list(words, locale=_calendar()))


def kilohertz(rate_hz: int) -> str:
    """`44.1 kHz`, with a space that does not break."""
    return _with_unit(Decimal(rate_hz) / 1000, "frequency-kilohertz")


def seconds(duration_ms: int) -> str:
    """`0.25 sec`, with a space that does not break: a place in what is shorter than its minutes."""
    return _with_unit(Decimal(duration_ms) / 1000, "duration-second")


def _with_unit(
    number: Decimal | int, unit: str, *, length: Literal["short", "long"] = "short"
) -> str:
    text = format_unit(number, unit, length, format="0.###", locale=_locale())
    return str(text).replace(" ", "\N{NO-BREAK SPACE}")


def duration(duration_ms: int) -> str:
    """`3:07`, or `1:02:45` from an hour up; to the nearest second."""
    minutes, seconds = divmod((duration_ms + 500) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def spoken_duration(duration_ms: int) -> str:
    """`18 minutes`: how long a whole release plays, to the nearest minute, at least one."""
    minutes = max(1, (duration_ms + 30_000) // 60_000)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def country(code: str | None) -> str:
    """The name of an alpha-2 code in the active language; `an unknown country` for None."""
    if code is None:
        return gettext("an unknown country")
    return str(_locale().territories.get(code, code))


@lru_cache(maxsize=_LANGUAGES_KEPT_MAX)
def _countries_in(language: str) -> tuple[tuple[str, str], ...]:
    names = _locale_of(language).territories
    pairs = [(code, str(names.get(code, code))) for code in COUNTRIES]
    return tuple(sorted(pairs, key=lambda pair: pair[1].casefold()))


def countries() -> tuple[tuple[str, str], ...]:
    """Every country as (code, name), sorted by its name in the active language."""
    return _countries_in(get_language() or "en")


def day(value: date) -> str:
    """`24 Nov 2026`, in the order that the language (and American English) writes it. A datetime is taken in UTC."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).date()
    return str(format_date(value, format="medium", locale=_calendar()))


def moment(value: datetime) -> str:
    """A day and a time, in UTC and saying so."""
    return f"{day(value)}, {clock(value)}"


def clock(value: datetime) -> str:
    """A time of day, in UTC and saying so."""
    shown = format_time(value, format="short", tzinfo=UTC, locale=_calendar())
    return f"{shown}\N{NO-BREAK SPACE}UTC"


def machine_time(value: date) -> str:
    """ISO 8601, for the `datetime` attribute."""
    return value.isoformat()
