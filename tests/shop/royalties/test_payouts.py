"""Payouts: whole minor units, rounded down; what is left is less than one and is carried."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money, micros_in_minor_unit, split_by_largest_remainder
from pennywhistle.shop.royalties.payouts import payable_now

PRICES = (9, 10, 19, 99)
FIFTEEN_PER_CENT = Fraction(15, 100)


@given(
    balance=st.integers(min_value=-(10**9), max_value=10**12),
    on_the_way=st.integers(min_value=0, max_value=10**6),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_what_is_paid_is_whole_and_leaves_less_than_one_unit(
    balance: int, on_the_way: int, currency: str
) -> None:
    unit = micros_in_minor_unit(currency)
    paid = payable_now(
        balance=Money(balance, currency), on_the_way=Money(on_the_way * unit, currency)
    )
    left = balance - on_the_way * unit - paid.micros
    assert paid.is_whole_minor
    assert 0 <= left < unit if left >= 0 else not paid


@given(
    months=st.lists(
        st.lists(st.sampled_from(PRICES), min_size=1, max_size=200), min_size=1, max_size=12
    )
)
def test_payouts_of_many_months_carry_what_they_round_off(months: list[list[int]]) -> None:
    balance = Money.zero("EUR")
    exact, paid_ever, lines = Fraction(0), Money.zero("EUR"), 0
    for month in months:
        for cents in month:
            gross = Money.of_minor(cents, "EUR")
            due = gross.micros * FIFTEEN_PER_CENT
            parts = {"work": due, "store": gross.micros - due}
            balance += split_by_largest_remainder(gross, parts, tie_key=f"{lines}")["work"]
            exact, lines = exact + due, lines + 1
        paid = payable_now(balance=balance, on_the_way=Money.zero("EUR"))
        assert 0 <= (balance - paid).micros < micros_in_minor_unit("EUR")
        balance, paid_ever = balance - paid, paid_ever + paid
    # Nothing is lost by rounding down: what was paid and what is carried are what accrued.
    assert abs(balance.micros + paid_ever.micros - exact) < lines
