"""The price by the megabyte, discounts and bonuses of a price list, and rates of exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from babel.numbers import is_currency

from pennywhistle.kit.money import (
    CurrencyMismatchError,
    Money,
    MoneyError,
    round_half_up_to_minor,
)
from pennywhistle.shop.payments.rules import bonus_at

MEGABYTE = 1_000_000

# As its column holds.
NAME_LETTERS_MOST = 80
SOURCE_LETTERS_MOST = 100

# Names of hosts: https://www.rfc-editor.org/rfc/rfc1123#section-2.1
_HOST_LETTERS_MOST = 200
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")


class NoStorefrontError(LookupError):
    """The store has no storefront yet, or none with prices."""


class StorefrontError(ValueError):
    """A storefront that cannot be opened as asked."""


def check_name(name: str) -> str:
    """The name without spaces around it; `StorefrontError` for one that is none."""
    bare = name.strip()
    if not bare or len(bare) > NAME_LETTERS_MOST or not bare.isprintable():
        raise StorefrontError(
            f"a shop's name is one line of 1 to {NAME_LETTERS_MOST} letters, not {name!r}"
        )
    return bare


def check_domain(domain: str) -> str:
    """The domain in small letters; `StorefrontError` for what no browser could ask for."""
    bare = domain.strip().lower()
    if len(bare) > _HOST_LETTERS_MOST or not _HOST.fullmatch(bare):
        raise StorefrontError(
            f"{domain!r} is not the name of a host: write it without https:// and without a port, "
            "such as music.example.org"
        )
    return bare


def check_currency(code: str) -> str:
    """The code in capitals; `StorefrontError` for what nobody can pay in.

    Codes by ISO 4217; XXX means no currency, and XTS is for testing.
    """
    bare = code.strip().upper()
    if not is_currency(bare) or bare in {"XXX", "XTS"}:
        raise StorefrontError(f"{code!r} is not a currency of ISO 4217; write EUR, GBP or the like")
    return bare


def check_evidence_needed(pieces: int) -> None:
    """Raise `StorefrontError` unless one or two pieces of evidence are asked for.

    https://eur-lex.europa.eu/eli/reg_impl/2011/282, articles 24b and 24f
    """
    if pieces not in (1, 2):
        raise StorefrontError(
            f"a buyer's country is told by 1 or 2 pieces of evidence, not {pieces}"
        )


# How a file is made, as far as its price goes; each kind has a price of its own.
RecipeKind = Literal["lossy", "reduced", "lossless"]
RECIPE_KINDS: tuple[RecipeKind, ...] = ("lossy", "reduced", "lossless")

# Steps of discount, and ways of paying with a bonus, of one price list.
TIERS_MOST = 20
BONUSES_MOST = 20


@dataclass(frozen=True, slots=True)
class Tier:
    """Who has spent `spent` or more before pays `percent` less."""

    spent: Money
    percent: Fraction


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list: rates per megabyte of 1,000,000 bytes, and the least that a track costs.

    `reduced_per_mb` is None where it is as lossless. `albums` is the most that a whole release costs
    by kind of recipe, where there is a most. `tiers` rise; `bonuses` are percents by gateway.
    """

    price_list_id: int
    lossy_per_mb: Money
    lossless_per_mb: Money
    floor_per_track: Money
    reduced_per_mb: Money | None = None
    albums: Mapping[RecipeKind, Money] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    bonuses: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.floor_per_track.is_whole_minor:
            raise MoneyError(f"the floor per track is whole cents, not {self.floor_per_track}")

    @property
    def currency(self) -> str:
        """What everything in the list is in."""
        return self.floor_per_track.currency

    def rate_of(self, kind: RecipeKind) -> Money:
        """What a megabyte costs."""
        if kind == "lossy":
            return self.lossy_per_mb
        if kind == "reduced" and self.reduced_per_mb is not None:
            return self.reduced_per_mb
        return self.lossless_per_mb

    def tier_of(self, spent: Money) -> Tier | None:
        """The highest tier that somebody has reached who has spent so much, or None."""
        reached = [tier for tier in self.tiers if tier.spent <= spent]
        return max(reached, key=lambda tier: tier.spent.micros, default=None)


def price_of(*, size_bytes: int, kind: RecipeKind, prices: Prices) -> Money:
    """`max(rate × megabytes, floor)`, the product rounded to the nearest minor unit, half up.

    `size_bytes` is the music alone; tags and cover come free. See `docs/money.md`.
    """
    rate = prices.rate_of(kind)
    exact = Fraction(rate.micros * size_bytes, MEGABYTE)
    return max(round_half_up_to_minor(exact, rate.currency), prices.floor_per_track)


def bonus_of(*, amount: Money, gateway: str, prices: Prices) -> Money:
    """What the store adds to a top-up of `amount` by that gateway: whole minor units, rounded down;
    nothing where the list has no bonus for it."""
    return bonus_at(amount=amount, percent=prices.bonuses.get(gateway, Fraction(0)))


def check_prices(*, prices: Prices) -> None:
    """Raise `StorefrontError` for prices of nothing, what nobody could be charged, tiers that do not
    rise, and percents that are none."""
    rates = [(f"{kind} megabyte", prices.rate_of(kind)) for kind in RECIPE_KINDS]
    albums = [(f"whole release as {kind}", most) for kind, most in prices.albums.items()]
    floor = ("track, at the least,", prices.floor_per_track)
    for what, price in (*rates, floor, *albums):
        if price.micros <= 0:
            raise StorefrontError(f"a {what} costs more than nothing, not {price}")
        if price.currency != prices.currency:
            raise StorefrontError(f"a price list has one currency, not {price} too")
    for what, price in (floor, *albums):
        if not price.is_whole_minor:
            raise StorefrontError(f"a {what} costs whole cents, not {price}")
    _check_tiers(prices)
    if len(prices.bonuses) > BONUSES_MOST:
        raise StorefrontError(f"a price list has at most {BONUSES_MOST} bonuses")
    for gateway, percent in prices.bonuses.items():
        check_percent(percent, f"the bonus of {gateway}")


def check_percent(percent: Fraction, what: str) -> None:
    """Raise `StorefrontError` for what is not between 0 and 100, or finer than hundredths."""
    if not 0 < percent <= 100 or (percent * 100).denominator != 1:
        raise StorefrontError(
            f"{what} is a percentage above 0 and up to 100 with at most two decimals, not "
            f"{float(percent):g}"
        )


def percent_text(percent: Fraction) -> str:
    """A percentage with at most two decimals, as it is kept and shown: `2.5`."""
    whole, hundredths = divmod(int(percent * 100), 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")


def _check_tiers(prices: Prices) -> None:
    if len(prices.tiers) > TIERS_MOST:
        raise StorefrontError(f"a price list has at most {TIERS_MOST} tiers")
    for tier in prices.tiers:
        check_percent(tier.percent, f"the tier from {tier.spent}")
    for lower, higher in pairwise(prices.tiers):
        if not (lower.spent < higher.spent and lower.percent < higher.percent):
            raise StorefrontError(
                f"tiers rise: {float(higher.percent):g}% from {higher.spent} cannot follow "
                f"{float(lower.percent):g}% from {lower.spent}"
            )


class NoRateError(LookupError):
    """A conversion that no rate on file allows."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is `rate` units of `quote`, as `source` published it for `day`."""

    base: str
    quote: str
    rate: Fraction
    source: str
    day: date

    def convert(self, amount: Money) -> Fraction:
        """An amount of `base` in micros of `quote`, exactly; how it is rounded is for its user."""
        if amount.currency != self.base:
            raise CurrencyMismatchError(f"a rate of {self.base} does not convert {amount}")
        return amount.micros * self.rate


def check_rate(*, rate: Rate) -> None:
    """Raise `StorefrontError` for a rate of nothing, of one currency, or without a source."""
    check_currency(rate.base)
    check_currency(rate.quote)
    if rate.base == rate.quote or rate.rate <= 0:
        raise StorefrontError(
            f"a rate is above nothing and between two currencies, not {float(rate.rate):g} "
            f"{rate.quote} for one {rate.base}"
        )
    if not rate.source.strip() or len(rate.source) > SOURCE_LETTERS_MOST:
        raise StorefrontError(
            f"say in at most {SOURCE_LETTERS_MOST} letters who published the rate, such as ECB"
        )
