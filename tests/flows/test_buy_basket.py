"""The purchase, against the real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.sales.queries import find_purchase
from pennywhistle.shop.sales.rules import (
    AlreadyOwnedError,
    EmptyBasketError,
    Evidence,
    NotEnoughMoneyError,
    NotForSaleError,
    QuoteExpiredError,
    QuoteNotYoursError,
    TerritoryUnknownError,
    UnpaidPriceError,
)
from tests.cast import LABEL, NOW, SOCIETY, Cast, assemble, euros, fill_wallet, quote

pytestmark = pytest.mark.django_db

# With the beginning and the end of the transaction.
STATEMENTS_MOST = 12


def balance(cast: Cast) -> object:
    return get_wallet_balance(person_id=cast.alice.pk, currency="EUR")


def test_the_wallet_falls_by_the_quoted_price_and_the_tracks_are_owned(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast)
    bought = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert bought.total == offer.total
    assert balance(cast) == euros("5.00") - offer.total
    assert {item.track.id for item in list_owned(person_id=cast.alice.pk)} == set(cast.track_ids)
    assert verify_books().findings == ()


def test_buying_the_same_quote_again_returns_the_same_purchase(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast)
    first = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    again = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW + timedelta(days=1))
    assert again == first
    assert balance(cast) == euros("5.00") - offer.total


def test_a_quote_past_its_expiry_is_refused_and_nothing_changes(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast)
    with pytest.raises(QuoteExpiredError):
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=offer.expires_at)
    assert balance(cast) == euros("5.00")
    assert list_owned(person_id=cast.alice.pk) == []


def test_a_quote_whose_licence_has_ended_is_refused_and_nothing_changes(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast)
    end_licence(number="LAN-1", reason="withdrawn", now=NOW)
    with pytest.raises(QuoteExpiredError, match="LAN-1"):
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert balance(cast) == euros("5.00")


def test_bob_should_have_no_access_to_alices_quote(cast: Cast) -> None:
    fill_wallet(cast.bob, "5.00")
    with pytest.raises(QuoteNotYoursError):
        buy_basket(quote_id=quote(cast).id, person_id=cast.bob.pk, now=NOW)


def test_a_wallet_that_holds_too_little_is_told_how_much_lacks(cast: Cast) -> None:
    fill_wallet(cast.alice, "0.10")
    offer = quote(cast)
    with pytest.raises(NotEnoughMoneyError) as refusal:
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert refusal.value.missing == offer.total - euros("0.10")
    assert balance(cast) == euros("0.10")


def test_two_quotes_over_one_track_sell_it_once(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    first, second = quote(cast), quote(cast)
    buy_basket(quote_id=first.id, person_id=cast.alice.pk, now=NOW)
    with pytest.raises(AlreadyOwnedError):
        buy_basket(quote_id=second.id, person_id=cast.alice.pk, now=NOW)
    assert balance(cast) == euros("5.00") - first.total


def test_what_is_owned_already_is_left_out_of_the_next_quote(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    single = BasketItem("track", cast.track_ids[0], "mp3-192")
    buy_basket(quote_id=quote(cast, single).id, person_id=cast.alice.pk, now=NOW)
    assert len(quote(cast).lines) == 2
    with pytest.raises(EmptyBasketError):
        quote(cast, single)


def test_a_track_alone_and_in_its_release_counts_once(cast: Cast) -> None:
    single = BasketItem("track", cast.track_ids[0], "mp3-192")
    whole = BasketItem("release", cast.release_id, "mp3-192")
    assert len(quote(cast, single, whole, single).lines) == 3


def test_a_country_outside_the_licence_is_refused_by_track(cast: Cast) -> None:
    with pytest.raises(NotForSaleError) as refusal:
        quote(cast, evidence=(Evidence("declared", "FR"),))
    assert len(refusal.value.reasons) == 3


def test_a_country_that_cannot_be_told_buys_nothing(cast: Cast) -> None:
    with pytest.raises(TerritoryUnknownError):
        quote(cast, evidence=())
    with pytest.raises(TerritoryUnknownError, match="declared says DE, ip says FR"):
        quote(cast, evidence=(Evidence("declared", "DE"), Evidence("ip", "FR")))


@pytest.mark.django_db
@pytest.mark.parametrize("licences", [(LABEL,), (SOCIETY,), ()])
def test_one_right_without_the_other_sells_nothing(licences: tuple) -> None:  # type: ignore[type-arg]
    lonely = assemble(licences=licences)
    with pytest.raises(NotForSaleError):
        quote(lonely)


def test_a_price_that_cannot_pay_its_tariffs_is_refused_by_its_tracks_names() -> None:
    greedy = replace(SOCIETY, number="GREEDY", rate="0", floor_per_track="0.50")
    cast = assemble(licences=(LABEL, greedy))
    with pytest.raises(UnpaidPriceError, match="Drowsy Maggie"):
        quote(cast)


def test_a_purchase_is_told_as_it_is_stored_and_takes_few_statements(cast: Cast) -> None:
    fill_wallet(cast.alice, "10.00")
    single = BasketItem("track", cast.track_ids[0], "mp3-192")
    buy_basket(quote_id=quote(cast, single).id, person_id=cast.alice.pk, now=NOW)
    offer = quote(cast)  # The rest of the release: two tracks.
    with CaptureQueriesContext(connection) as captured:
        bought = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert bought == find_purchase(purchase_id=bought.id, person_id=cast.alice.pk)
    assert len(bought.lines) == 2
    assert len(captured) <= STATEMENTS_MOST, [query["sql"] for query in captured]
