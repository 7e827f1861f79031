"""What pages tell of prices, and that the till charges what they told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.pricing.models import Promotion, PromotionUse
from pennywhistle.shop.sales.models import Purchase
from tests.cast import NOW, OPENED, Cast, fill_wallet, quote
from tests.doors.storefront.test_storefront_walk import put, see, to_the_till

RELEASE = "/release/ann-piper-reels/?recipe=mp3-192"


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def prices(**words: str) -> None:
    request = PriceListRequest(**{"currency": "EUR", **words})
    set_prices(request=request, domain="testserver", now=OPENED + timedelta(days=1))


def ask(scope: str, kind: str, amount: str, suggested: str = "") -> None:
    request = PriceRequest(scope, "ann-piper-reels", kind, amount, suggested)
    ask_price(request=request, domain="testserver", asked_by=None, now=OPENED)


def total_of(page: str) -> str:
    return page.split("total-last", 1)[1].split("</p>", 1)[0]


def test_an_album_s_price_is_told_beside_what_its_songs_cost_and_is_charged(
    alice: Client, cast: Cast
) -> None:
    prices(album_lossy="0.30")
    whole = see(alice.get(RELEASE)).split('class="whole"', 1)[1].split("</form>", 1)[0]
    assert "€0.30" in whole
    assert '<s class="figure">€0.39</s>' in whole
    assert "Bought whole: −€0.09" in whole
    put(alice, "release", cast.release_id)
    assert "€0.30" in total_of(see(alice.get("/basket/")))
    assert "€0.30" in total_of(see(alice.get(to_the_till(alice))))


def test_a_listener_names_a_price_as_they_write_amounts(alice: Client, cast: Cast) -> None:
    ask("each", "named", "0.20", "0.50")
    page = see(alice.get(RELEASE))
    assert page.count('name="named"') == 3
    assert 'value="0.50"' in page
    assert "€0.20 or more" in page
    song = {"kind": "track", "id": cast.track_ids[0], "recipe": "mp3-192"}
    for typed in ("lots", "0.10", "0.205", "1000"):
        alice.post("/basket/", {**song, "named": typed})
        assert "Nothing in it yet" in see(alice.get("/basket/"))
    for typed, told in (("2,50", "€2.50"), ("3", "€3.00")):
        alice.post("/basket/", {**song, "named": typed})
        basket = see(alice.get("/basket/"))
        assert told in total_of(basket)
        assert "You named this price." in basket
    fill_wallet(cast.alice, "5.00")
    assert "€3.00" in total_of(see(alice.get(to_the_till(alice))))


@pytest.mark.parametrize(("language", "typed"), [("de", "1.250"), ("en", "1,250")])
def test_what_may_be_thousands_is_asked_again_in_the_listener_s_signs(
    alice: Client, cast: Cast, language: str, typed: str
) -> None:
    ask("each", "named", "0.20", "5.00")
    heads = {"accept-language": language}
    song = {"kind": "track", "id": cast.track_ids[0], "recipe": "mp3-192", "named": typed}
    alice.post("/basket/", song, headers=heads)
    said = see(alice.get(RELEASE, headers=heads))
    assert ("2,50" if language == "de" else "2.50") in said
    assert 'class="flash' in said
    assert len(see(alice.get("/basket/", headers=heads)).split("lines-title")) == 1


def test_a_code_is_taken_in_the_basket_and_let_go_again(alice: Client, cast: Cast) -> None:
    request = PromotionRequest(code="REEL", takes_off="50%", starts_at=OPENED)
    make_promotion(request=request, domain="testserver", now=NOW)
    put(alice, "release", cast.release_id)
    alice.post("/basket/code/", {"code": "reel "})
    basket = see(alice.get("/basket/"))
    assert "The code REEL counts." in basket
    assert "Code REEL: −€0.18" in basket
    assert "€0.21" in total_of(basket)
    assert "€0.21" in total_of(see(alice.get(to_the_till(alice))))
    alice.post("/basket/code/", {"code": "reef"})
    basket = see(alice.get("/basket/"))
    assert "There is no code REEF in this shop." in basket
    assert "The code REEL counts." in basket
    alice.post("/basket/code/", {"code": ""})
    assert "€0.39" in total_of(see(alice.get("/basket/")))


GUESSES = ("REEA", "REEB", "REEC", "REEE", "REEF")


def test_whoever_goes_on_guessing_codes_has_to_wait_and_may_still_redeem_a_voucher(
    alice: Client, cast: Cast
) -> None:
    request = PromotionRequest(code="REEL", takes_off="50%", starts_at=OPENED)
    make_promotion(request=request, domain="testserver", now=NOW)
    put(alice, "release", cast.release_id)
    for guess in ("REEK", "REED", "reel", *GUESSES):  # What is right takes off those before it.
        alice.post("/basket/code/", {"code": guess})
    see(alice.get("/basket/"))
    alice.post("/basket/code/", {"code": "Reel"})
    basket = see(alice.get("/basket/"))
    assert "Too many codes" not in basket
    assert "The code REEL counts." in basket
    alice.post("/basket/code/", {"code": ""})
    alice.post("/basket/code/", {"code": "REEL"})
    basket = see(alice.get("/basket/"))
    assert "Too many codes were wrong. Try again in 1 minute." in basket
    assert "The code REEL counts." not in basket
    assert "There is no such code" not in see(alice.get("/wallet/"))
    fill_wallet(cast.alice, "5.00")
    stranger = Client()
    stranger.post("/country/", {"country": "DE"})
    put(stranger, "release", cast.release_id)
    stranger.post("/basket/code/", {"code": "REEL"})
    assert "The code REEL counts." in see(stranger.get("/basket/"))


def test_a_code_that_was_used_up_since_the_offer_sends_back_to_the_basket(
    alice: Client, cast: Cast
) -> None:
    request = PromotionRequest(code="ONE", takes_off="50%", starts_at=OPENED, uses_most=1)
    make_promotion(request=request, domain="testserver", now=NOW)
    fill_wallet(cast.alice, "5.00")
    put(alice, "release", cast.release_id)
    alice.post("/basket/code/", {"code": "ONE"})
    till = to_the_till(alice)
    waiver = see(alice.get(till)).split('name="waiver" value="', 1)[1].split('"', 1)[0]
    code = Promotion.objects.get()
    PromotionUse.objects.create(
        promotion=code, person=cast.bob, quote_id=new_id(now=NOW), used_at=NOW
    )
    quote_id = till.strip("/").split("/")[-1]
    sent = alice.post("/buy/", {"quote": quote_id, "waiver": waiver})
    assert sent.headers["Location"] == "/basket/"
    assert "has been used as often as it may be" in see(alice.get("/basket/"))
    assert not Purchase.objects.exists()


def test_what_a_listener_owns_counts_towards_a_better_file(alice: Client, cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast, BasketItem("track", cast.track_ids[0], "mp3-192"))
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    page = see(alice.get("/release/ann-piper-reels/?recipe=flac"))
    assert "You own it in another format: −€0.13" in page
    assert "€0.19" in page


def test_a_visitor_chooses_the_currency_until_a_wallet_has_one(cast: Cast) -> None:
    visitor = Client()
    assert "Change currency" not in see(visitor.get("/"))
    set_prices(
        request=PriceListRequest("GBP", "0.02", "", "0.02", "0.08"),
        domain="testserver",
        now=OPENED,
    )
    visitor.force_login(cast.bob)
    assert "Prices are in EUR." in see(visitor.get("/"))
    visitor.post("/currency/", {"currency": "GBP", "back": "/"})
    assert "Prices are in GBP." in see(visitor.get("/"))
    visitor.post("/currency/", {"currency": "USD", "back": "/"})
    assert "Prices are in GBP." in see(visitor.get("/"))
    fill_wallet(cast.bob, "5.00")
    page = see(visitor.get("/country/"))
    assert "Prices are in EUR." in page
    assert "Your wallet holds EUR, and stays in it" in page
