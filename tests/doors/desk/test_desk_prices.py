"""Prices at the desk: the operator's lists and codes, and what labels ask for their own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.test import Client

from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.pricing.asked import list_asked, list_promotions
from pennywhistle.shop.storefronts.queries import get_shopfront
from pennywhistle.shop.storefronts.rules import Tier
from tests.cast import Cast, euros
from tests.doors.desk.conftest import See, check_page

PRICES = "/desk/prices/"
REELS = "/desk/releases/ann-piper-reels/prices/"
LIST = {
    "currency": "EUR",
    "lossy_per_mb": "0.04",
    "reduced_per_mb": "",
    "lossless_per_mb": "0.03",
    "floor_per_track": "0.10",
    "album_lossy": "5",
    "tiers": "20=5",
    "bonuses": "bank=2.5",
}


def test_the_operator_sets_a_price_list_and_sees_it(otto: Client, cast: Cast, see: See) -> None:
    assert 'value="0.03"' in see(otto, PRICES)
    assert otto.post(PRICES, LIST).status_code == 303
    page = see(otto, PRICES)
    for told in ('value="0.04"', 'value="20=5"', 'value="bank=2.5"', 'value="5.00"'):
        assert told in page
    held = get_shopfront(domain="testserver", now=utc_now()).prices
    assert held.rate_of("reduced") == euros("0.03")
    assert held.tiers == (Tier(euros("20"), held.tiers[0].percent),)
    assert (
        otto.post(PRICES, {**LIST, "tiers": "", "bonuses": "", "album_lossy": ""}).status_code
        == 303
    )
    held = get_shopfront(domain="testserver", now=utc_now()).prices
    assert (held.tiers, dict(held.bonuses), dict(held.albums)) == ((), {}, {})


def test_a_german_operator_types_prices_with_a_comma(otto: Client, cast: Cast) -> None:
    german = {"accept-language": "de"}
    typed = {**LIST, "lossy_per_mb": "0,065", "floor_per_track": "0,1", "album_lossy": "4.50"}
    assert otto.post(PRICES, typed, headers=german).status_code == 303
    held = get_shopfront(domain="testserver", now=utc_now()).prices
    assert (held.lossy_per_mb, held.floor_per_track) == (euros("0.065"), euros("0.10"))
    assert held.albums["lossy"] == euros("4.50")
    page = otto.get(PRICES, headers=german).content.decode()
    assert 'value="0,065"' in page
    assert 'value="4,50"' in page
    refused = otto.post(PRICES, {**LIST, "album_lossy": "1.000"}, headers=german)
    assert refused.status_code == 422
    assert 'value="1.000"' in refused.content.decode()
    assert "2,50" in refused.content.decode()
    code = {"currency": "EUR", "code": "MAI", "takes_off": "12,5 %", "starts_on": "2026-01-01"}
    assert otto.post("/desk/prices/codes/", code, headers=german).status_code == 303
    assert list_promotions(storefront_id=cast.storefront.pk)[0].terms.percent == Fraction(25, 2)


def test_a_second_currency_is_a_second_list(otto: Client, cast: Cast, see: See) -> None:
    otto.post(PRICES, {**LIST, "currency": "gbp", "lossy_per_mb": "0.02"})
    assert 'value="0.02"' in see(otto, f"{PRICES}?currency=GBP")
    assert get_shopfront(domain="testserver", now=utc_now()).currencies == ("EUR", "GBP")


@pytest.mark.parametrize(
    "wrong",
    [{"lossy_per_mb": "0"}, {"lossy_per_mb": "x"}, {"tiers": "20"}, {"album_lossy": "0.001"}],
)
def test_prices_that_are_none_are_refused_with_the_form_as_it_was(
    otto: Client, cast: Cast, wrong: dict[str, str]
) -> None:
    response = otto.post(PRICES, {**LIST, **wrong})
    assert response.status_code == 422
    check_page(response.content.decode())
    assert "errorlist" in response.content.decode()
    assert get_shopfront(domain="testserver", now=utc_now()).prices.lossy_per_mb == euros("0.03")


def test_the_operator_makes_a_code_and_stops_it(otto: Client, cast: Cast, see: See) -> None:
    code = {"currency": "EUR", "code": "spring", "takes_off": "10%", "starts_on": "2026-01-01"}
    assert otto.post("/desk/prices/codes/", {**code, "labels": "Lantern"}).status_code == 303
    page = see(otto, PRICES)
    assert "SPRING" in page
    assert "10%" in page
    assert "Lantern" in page
    again = otto.post("/desk/prices/codes/", code)
    assert again.status_code == 422
    assert "was made before" in again.content.decode()
    otto.post("/desk/prices/codes/end/", {"code": "SPRING"})
    (row,) = list_promotions(storefront_id=cast.storefront.pk)
    assert row.ends_at is not None
    assert "ended" in see(otto, PRICES)


def test_a_label_prices_its_own_and_is_told_what_it_needs(
    lena: Client, cast: Cast, see: See
) -> None:
    page = see(lena, REELS)
    assert "What it needs" in page
    assert "27%" in page
    ask = {"currency": "EUR", "what": "each", "kind": "fixed", "amount": "0.60"}
    assert lena.post(REELS, ask).status_code == 303
    assert "€0.60" in see(lena, REELS)
    one = {**ask, "what": "track:ZZPEN2600001", "kind": "named", "amount": "0.20", "suggested": "1"}
    assert lena.post(REELS, one).status_code == 303
    asked = list_asked(
        storefront_id=cast.storefront.pk,
        currency="EUR",
        release_ids=[cast.release_id],
        instant=utc_now(),
    )
    assert asked.each[cast.release_id].amount == euros("0.60")
    assert asked.tracks[cast.track_ids[0]].suggested == euros("1")


def test_a_price_that_pays_too_little_is_refused_beside_the_numbers(
    lena: Client, cast: Cast
) -> None:
    ask = {"currency": "EUR", "what": "whole", "kind": "fixed", "amount": "0.02"}
    response = lena.post(REELS, ask)
    assert response.status_code == 422
    assert "0.02 EUR does not pay its tax and its tariffs" in response.content.decode()
    assert lena.post(REELS, {**ask, "amount": ""}).status_code == 422


def test_prices_are_for_whom_they_concern(
    lena: Client, mara: Client, alice: Client, cast: Cast
) -> None:
    assert lena.get(PRICES).status_code == 403
    assert lena.post("/desk/prices/codes/", {}).status_code == 403
    assert mara.get(REELS).status_code == 404
    assert alice.get(REELS).status_code == 403
