"""The price by the megabyte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from babel.numbers import is_currency

from pennywhistle.kit.money import Money, MoneyError, round_half_up_to_minor

MEGABYTE = 1_000_000

# As its column holds.
NAME_LETTERS_MOST = 80

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


def check_prices(*, lossy_per_mb: Money, lossless_per_mb: Money, floor_per_track: Money) -> None:
    """Raise `StorefrontError` for prices of nothing, or a floor that nobody could be charged."""
    for what, price in (
        ("lossy megabyte", lossy_per_mb),
        ("lossless megabyte", lossless_per_mb),
        ("track, at the least,", floor_per_track),
    ):
        if price.micros <= 0:
            raise StorefrontError(f"a {what} costs more than nothing, not {price}")
    if not floor_per_track.is_whole_minor:
        raise StorefrontError(f"a track costs whole cents at the least, not {floor_per_track}")


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list: rates per megabyte of 1,000,000 bytes, and the least that a track costs."""

    price_list_id: int
    lossy_per_mb: Money
    lossless_per_mb: Money
    floor_per_track: Money

    def __post_init__(self) -> None:
        if not self.floor_per_track.is_whole_minor:
            raise MoneyError(f"the floor {self.floor_per_track} is not whole minor units")


def price_of(*, size_bytes: int, kind: Literal["lossy", "lossless"], prices: Prices) -> Money:
    """`max(rate × megabytes, floor)`, the product rounded to the nearest minor unit, half up.

    `size_bytes` is the music alone; tags and cover come free. See `docs/money.md`.
    """
    rate = prices.lossless_per_mb if kind == "lossless" else prices.lossy_per_mb
    exact = Fraction(rate.micros * size_bytes, MEGABYTE)
    return max(round_half_up_to_minor(exact, rate.currency), prices.floor_per_track)
