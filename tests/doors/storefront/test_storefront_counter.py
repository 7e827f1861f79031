"""What the counter says is true: totals, offers, vouchers, cards, countries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import Quote
from pennywhistle.shop.sales.rules import (
    Evidence,
    NotForSaleError,
    TerritoryUnknownError,
    decide_territory,
)
from tests.cast import Cast, assemble, euros, fill_wallet
from tests.doors.storefront.test_storefront_walk import (
    CODE,
    RELEASE,
    balance_of,
    browser_of,
    buy,
    put,
    see,
    to_the_till,
    top_up,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """The cast, visitors in Germany, the sandbox gateway open."""
    settings.LOCAL_COUNTRY = "DE"
    settings.SANDBOX_CARDS = True
    settings.SANDBOX_FOLDER = tmp_path / "sandbox"
    get_outfit.cache_clear()
    yield assemble()
    get_outfit.cache_clear()


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser."""
    return browser_of(cast.alice)


@pytest.mark.parametrize("is_track_first", [True, False])
def test_a_song_beside_its_release_is_told_and_charged_once(
    alice: Client, cast: Cast, is_track_first: bool
) -> None:
    things = [("track", cast.track_ids[1]), ("release", cast.release_id)]
    for kind, number in things if is_track_first else reversed(things):
        put(alice, kind, number)
    basket = see(alice.get("/basket/"))
    till = see(alice.get(to_the_till(alice)))
    for page in (basket, till):
        assert "€0.39" in page.split("total-last", 1)[1].split("</p>", 1)[0]
    assert "paid for once" in basket


def test_a_release_page_says_that_covers_and_names_come_on_top_for_nothing(cast: Cast) -> None:
    assert "Sizes and prices are of the music alone." in see(Client().get(RELEASE))


def test_an_offer_whose_licence_has_ended_has_no_button(alice: Client, cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    put(alice, "track", cast.track_ids[0])
    offer = to_the_till(alice)
    assert "Buy for" in see(alice.get(offer))
    end_licence(number="LAN-1", reason="withdrawn", now=utc_now() - timedelta(seconds=1))
    assert alice.get(offer).headers["Location"] == "/basket/"
    basket = see(alice.get("/basket/"))
    assert "its licence ended" in basket
    assert "today's prices" not in basket


def test_an_offer_that_was_bought_leads_to_the_library(alice: Client, cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    put(alice, "track", cast.track_ids[0])
    buy(alice)
    quote_id = Quote.objects.values_list("pk", flat=True).get()
    assert alice.get(f"/checkout/{quote_id}/").headers["Location"] == "/library/"


def test_a_voucher_sent_twice_by_one_person_is_told_kindly(alice: Client, cast: Cast) -> None:
    issue_vouchers(codes=[CODE], batch="twice", amount=euros("2.00"), now=utc_now())
    alice.post("/wallet/redeem/", {"code": CODE})
    assert "put €2.00 into your wallet" in see(alice.get("/wallet/"))
    assert alice.post("/wallet/redeem/", {"code": CODE}).status_code == 303
    assert "redeemed this voucher before: its €2.00" in see(alice.get("/wallet/"))
    assert balance_of(cast.alice) == "2.00 EUR"


def test_a_card_that_was_declined_at_once_is_not_on_its_way(alice: Client, cast: Cast) -> None:
    for number in ("4000 0000 0000 0002", "4242 4242 4242 4241"):
        see(top_up(alice, number), status=422)
    page = see(alice.get("/wallet/"))
    assert TopUp.objects.filter(state="declined").count() == 2
    assert "On its way" not in page
    assert "Did not arrive" not in page


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (2, False)])
def test_a_late_decline_is_told_below_the_book_for_a_day(
    alice: Client, cast: Cast, days: int, is_told: bool
) -> None:
    settled_at = utc_now() - timedelta(days=days)
    TopUp.objects.create(
        id=new_id(now=settled_at),
        person=cast.alice,
        amount_micros=5_000_000,
        currency="EUR",
        gateway="sandbox",
        state="declined",
        decline_reason="The bank declined the payment after a while.",
        created_at=settled_at - timedelta(minutes=1),
        settled_at=settled_at,
    )
    page = see(alice.get("/wallet/"))
    assert "On its way" not in page
    assert ("declined the payment" in page.split("What came and went", 1)[1]) is is_told


def test_the_limits_of_a_top_up_are_written_as_prices_are(alice: Client, cast: Cast) -> None:
    page = see(top_up(alice, "4242 4242 4242 4242", amount="1000.00"), status=422)
    assert "A top-up is between €1.00 and €200.00." in page


def test_a_country_that_contradicts_itself_is_told_in_plain_words() -> None:
    with pytest.raises(TerritoryUnknownError) as raised:
        decide_territory(evidence=[Evidence("declared", "US"), Evidence("ip", "DE")], needed=1)
    assert words_for(raised.value) == (
        "We cannot tell your country: you said United States, your connection looks like Germany. "
        "Choose it again, or give us one more sign of it."
    )


def test_a_song_that_is_not_licensed_is_named_once_for_all_its_files() -> None:
    told = words_for(NotForSaleError(["Ye Banks is not licensed"] * 3))
    assert told.count("Ye Banks") == 1


def test_no_page_promises_a_receipt_by_mail(alice: Client) -> None:
    for client, path in ((Client(), "/account/signup/"), (alice, "/account/email/")):
        page = see(client.get(path)).lower()
        assert "receipts go" not in page
        assert "send receipts" not in page
