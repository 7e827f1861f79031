"""The lowest price: what the tax of a country and the floors of two tariffs need."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.licensing.rules import (
    Covered,
    TariffCurrencyError,
    TariffTerms,
    floor_micros,
)


def lowest_price(*, covered: Covered, vat_percent: Decimal, currency: str) -> Money | None:
    """The least whole minor units that pay their own tax and both tariffs; None where no price does.

    `net − max(rate × base, floor) − max(…)` is the least of four straight lines, one for each choice
    of rate or floor, and a price pays where all four are above zero. Raises `TariffCurrencyError`
    for a floor in another currency.
    """
    kept = 1 / (1 + Fraction(vat_percent) / 100)
    needed = Fraction(0)
    tariffs = (covered.work.owed, covered.recording.owed)
    for choice in product((True, False), repeat=len(tariffs)):
        floors, slope = Fraction(0), kept
        for tariff, by_floor in zip(tariffs, choice, strict=True):
            if by_floor:
                floors += floor_micros(tariff=tariff, currency=currency)
            else:
                slope -= _of_gross(tariff, kept)
        if slope < 0 or (slope == 0 and floors):
            return None
        if slope:
            needed = max(needed, floors / slope)
    unit = micros_in_minor_unit(currency)
    return Money(max(-(-needed // unit), 1) * unit, currency)


def _of_gross(tariff: TariffTerms, kept: Fraction) -> Fraction:
    """A tariff's rate as a share of the price with its tax."""
    return tariff.rate if tariff.base == "gross" else tariff.rate * kept


class LowestPrices:
    """The lowest prices in one country: the same two licences need the same everywhere."""

    def __init__(self, *, vat_percent: Decimal, currency: str) -> None:
        self._percent, self._currency = vat_percent, currency
        self._known: dict[tuple[int, int], Money | None] = {}

    def of(self, covered: Covered) -> Money | None:
        """What `lowest_price` says; None too for a floor in another currency."""
        key = covered.recording.id, covered.work.id
        if key not in self._known:
            try:
                self._known[key] = lowest_price(
                    covered=covered, vat_percent=self._percent, currency=self._currency
                )
            except TariffCurrencyError:
                self._known[key] = None
        return self._known[key]
