"""The price by the megabyte."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pennywhistle.kit.money import Money, MoneyError, round_half_up_to_minor

MEGABYTE = 1_000_000


class NoStorefrontError(LookupError):
    """The store has no storefront yet, or none with prices."""


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
