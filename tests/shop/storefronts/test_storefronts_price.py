"""The price by the megabyte: exact, whole minor units, never below the floor, never falling."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money, MoneyError, micros_in_minor_unit
from pennywhistle.shop.storefronts.rules import Prices, price_of

sizes = st.integers(1, 2 * 10**9)
kinds: st.SearchStrategy[Literal["lossy", "lossless"]] = st.sampled_from(["lossy", "lossless"])


@st.composite
def price_lists(draw: st.DrawFn) -> Prices:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    rates = st.integers(1, 500_000).map(lambda micros: Money(micros, currency))
    floor = draw(st.integers(1, 99).map(lambda minor: Money.of_minor(minor, currency)))
    return Prices(1, draw(rates), draw(rates), floor)


@given(prices=price_lists(), kind=kinds, size=sizes, more=st.integers(0, 10**8))
def test_more_bytes_never_cost_less(
    prices: Prices, kind: Literal["lossy", "lossless"], size: int, more: int
) -> None:
    small = price_of(size_bytes=size, kind=kind, prices=prices)
    large = price_of(size_bytes=size + more, kind=kind, prices=prices)
    assert small <= large


@given(prices=price_lists(), kind=kinds, size=sizes)
def test_a_price_is_whole_minor_units_from_the_floor_on_and_near_the_exact_product(
    prices: Prices, kind: Literal["lossy", "lossless"], size: int
) -> None:
    price = price_of(size_bytes=size, kind=kind, prices=prices)
    assert price.is_whole_minor
    assert price >= prices.floor_per_track
    rate = prices.lossy_per_mb if kind == "lossy" else prices.lossless_per_mb
    off = abs(price.micros - Fraction(rate.micros * size, 1_000_000))
    if price > prices.floor_per_track:
        assert 2 * off <= micros_in_minor_unit(price.currency)


def test_a_floor_of_a_fraction_of_a_cent_is_refused() -> None:
    rate = Money.parse("0.03", "EUR")
    with pytest.raises(MoneyError, match="whole cents"):
        Prices(1, rate, rate, Money.parse("0.095", "EUR"))


@pytest.mark.parametrize(
    ("size_bytes", "price"), [(4_320_000, "0.13"), (4_166_666, "0.12"), (1_000_000, "0.09")]
)
def test_the_worked_examples(size_bytes: int, price: str) -> None:
    per_mb, floor = Money.parse("0.03", "EUR"), Money.parse("0.09", "EUR")
    prices = Prices(1, per_mb, per_mb, floor)
    paid = price_of(size_bytes=size_bytes, kind="lossy", prices=prices)
    assert paid == Money.parse(price, "EUR")
