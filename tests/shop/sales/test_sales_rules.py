"""Where a buyer is, by evidence; what VAT is due there; and how long an offer stands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.territory import COUNTRIES
from pennywhistle.shop.sales.rules import (
    LINES_MOST,
    BasketTooLargeError,
    EmptyBasketError,
    Evidence,
    QuoteExpiredError,
    TerritoryUnknownError,
    check_basket_size,
    check_quote_stands,
    decide_territory,
)
from pennywhistle.shop.sales.vat import NoVatRateError, vat_percent
from tests.cast import NOW

pieces = st.builds(
    Evidence,
    kind=st.sampled_from(["declared", "ip", "local-network"]),
    country=st.sampled_from([None, None, "DE", "DE", "FR"]),
)


@given(evidence=st.lists(pieces, max_size=5), needed=st.integers(1, 3))
def test_a_country_is_told_only_where_enough_kinds_of_evidence_agree(
    evidence: list[Evidence], needed: int
) -> None:
    said = {piece.country for piece in evidence} - {None}
    kinds = {piece.kind for piece in evidence if piece.country is not None}
    if len(said) == 1 and len(kinds) >= needed:
        assert decide_territory(evidence=evidence, needed=needed) == said.pop()
        return
    with pytest.raises(TerritoryUnknownError):
        decide_territory(evidence=evidence, needed=needed)


def test_a_thing_said_twice_is_one_piece_of_evidence() -> None:
    twice = [Evidence("declared", "DE"), Evidence("declared", "DE")]
    with pytest.raises(TerritoryUnknownError):
        decide_territory(evidence=twice, needed=2)


@pytest.mark.parametrize(
    ("country", "day", "percent"),
    [
        ("DE", date(2026, 11, 24), "19"),
        ("DE", date(2020, 6, 30), "19"),
        ("DE", date(2020, 7, 1), "16"),
        ("DE", date(2020, 12, 31), "16"),
        ("DE", date(2021, 1, 1), "19"),
        ("FI", date(2024, 8, 31), "24"),
        ("FI", date(2024, 9, 1), "25.5"),
        ("EE", date(2025, 6, 30), "22"),
        ("EE", date(2025, 7, 1), "24"),
        ("RO", date(2025, 8, 1), "21"),
        ("SK", date(2025, 1, 1), "23"),
        ("HU", date(2026, 1, 1), "27"),
        ("CH", date(2026, 1, 1), "8.1"),
        ("US", date(2026, 1, 1), "0"),
    ],
)
def test_the_rate_is_that_of_the_country_on_the_day(country: str, day: date, percent: str) -> None:
    assert vat_percent(country=country, day=day) == Decimal(percent)


def test_a_day_before_the_table_is_refused_rather_than_guessed() -> None:
    with pytest.raises(NoVatRateError, match="DE"):
        vat_percent(country="DE", day=date(2015, 12, 31))


@given(country=st.sampled_from(sorted(COUNTRIES)), day=st.dates(date(2024, 1, 1)))
def test_every_country_has_a_rate_on_every_day_from_2024_on(country: str, day: date) -> None:
    assert 0 <= vat_percent(country=country, day=day) < 30


def test_an_offer_stands_until_its_last_instant() -> None:
    check_quote_stands(expires_at=NOW, now=NOW - timedelta(microseconds=1))
    with pytest.raises(QuoteExpiredError):
        check_quote_stands(expires_at=NOW, now=NOW)


def test_a_basket_holds_something_and_not_too_much() -> None:
    check_basket_size(lines=1)
    check_basket_size(lines=LINES_MOST)
    with pytest.raises(EmptyBasketError):
        check_basket_size(lines=0)
    with pytest.raises(BasketTooLargeError):
        check_basket_size(lines=LINES_MOST + 1)
