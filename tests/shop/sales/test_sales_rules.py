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
from pennywhistle.shop.sales.vat import NO_TAX, NoVatRateError, Seller, Tax, tax_of, vat_percent
from tests.cast import NOW

pieces = st.builds(
    Evidence,
    kind=st.sampled_from(["declared", "phone", "ip", "card", "local-network"]),
    country=st.sampled_from([None, None, "DE", "DE", "FR", "AT"]),
)
SAID_BY_THE_BUYER = {"declared", "phone"}


def kinds_that_say(country: str, evidence: list[Evidence]) -> set[str]:
    return {piece.kind for piece in evidence if piece.country == country}


@given(evidence=st.lists(pieces, max_size=6), needed=st.integers(1, 3))
def test_a_country_is_told_only_where_enough_kinds_of_evidence_outweigh_what_contradicts(
    evidence: list[Evidence], needed: int
) -> None:
    countries = {piece.country for piece in evidence if piece.country is not None}
    try:
        told = decide_territory(evidence=evidence, needed=needed)
    except TerritoryUnknownError:
        if len(countries) == 1:
            assert len(kinds_that_say(countries.pop(), evidence)) < needed
        return
    kinds = kinds_that_say(told, evidence)
    assert len(kinds) >= needed
    for other in countries - {told}:
        assert len(kinds) >= 2
        assert kinds - SAID_BY_THE_BUYER
        assert len(kinds) > len(kinds_that_say(other, evidence))


@given(evidence=st.permutations([Evidence("declared", "DE"), Evidence("ip", "FR")]))
def test_two_pieces_that_contradict_each_other_tell_nothing_and_are_named(
    evidence: list[Evidence],
) -> None:
    with pytest.raises(TerritoryUnknownError) as refusal:
        decide_territory(evidence=evidence, needed=1)
    assert set(refusal.value.contradicting) == set(evidence)


def test_a_third_piece_decides_unless_it_is_but_the_buyers_word_again() -> None:
    apart = [Evidence("declared", "DE"), Evidence("ip", "FR")]
    assert decide_territory(evidence=[*apart, Evidence("card", "DE")], needed=2) == "DE"
    assert decide_territory(evidence=[*apart, Evidence("card", "FR")], needed=2) == "FR"
    assert decide_territory(evidence=[*apart, Evidence("phone", "FR")], needed=2) == "FR"
    with pytest.raises(TerritoryUnknownError):
        decide_territory(evidence=[*apart, Evidence("phone", "DE")], needed=1)


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


DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("territory", "seller", "owed"),
    [
        ("FR", Seller("DE"), Tax("FR", Decimal(20))),
        ("FR", Seller("DE", is_small=True), Tax("DE", Decimal(19))),
        ("DE", Seller("DE", is_small=True), Tax("DE", Decimal(19))),
        ("GB", Seller("DE", is_small=True), Tax("GB", Decimal(20))),
        ("FR", Seller("CH", is_small=True), Tax("FR", Decimal(20))),
        ("MC", Seller("DE"), Tax("FR", Decimal(20))),
        ("MC", Seller("DE", is_small=True), Tax("DE", Decimal(19))),
        ("IM", Seller(), Tax("GB", Decimal(20))),
        ("LI", Seller(), Tax("CH", Decimal("8.1"))),
        ("AX", Seller("FI"), NO_TAX),
        ("US", Seller("DE", is_small=True), NO_TAX),
    ],
)
def test_tax_is_owed_where_the_buyer_lives_or_by_a_small_seller_at_home(
    territory: str, seller: Seller, owed: Tax
) -> None:
    assert tax_of(territory=territory, day=DAY, seller=seller) == owed


@given(territory=st.sampled_from(sorted(COUNTRIES)), seller=st.sampled_from(sorted(COUNTRIES)))
def test_what_is_taxed_is_owed_to_a_country_that_has_a_rate(territory: str, seller: str) -> None:
    tax = tax_of(territory=territory, day=DAY, seller=Seller(seller, is_small=True))
    assert bool(tax.country) == bool(tax.percent)
    assert vat_percent(country=tax.country, day=DAY) == tax.percent


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
