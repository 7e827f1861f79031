"""From the shelf to the library, as a browser without JavaScript goes: forms and links alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import html5lib
import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import Purchase, Quote
from pennywhistle.shop.sales.waiver import WAIVER_TEXT
from tests.cast import PASSWORD, Cast, euros
from tests.guards_lifted import guards_lifted

CODE = "K7QM-2D9X-HV4T-P3RC"
RELEASE = "/release/ann-piper-reels/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """The cast, visitors in Germany, the sandbox gateway open, and one voucher of 2.00."""
    from tests.cast import assemble

    settings.LOCAL_COUNTRY = "DE"
    settings.SANDBOX_CARDS = True
    settings.SANDBOX_FOLDER = tmp_path / "sandbox"
    get_outfit.cache_clear()
    cast = assemble()
    issue_vouchers(codes=[CODE], batch="walk", amount=euros("2.00"), now=utc_now())
    yield cast
    get_outfit.cache_clear()


@pytest.fixture
def alice(shop: Cast) -> Client:
    """Alice's browser."""
    return browser_of(shop.alice)


def browser_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def see(response: Any, *, status: int = 200) -> str:
    """The text of a page, strictly parsed."""
    assert response.status_code == status
    text: str = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def put(client: Client, kind: str, number: int, recipe: str = "mp3-192") -> str:
    """Press a price; where the shop sends the browser next."""
    form = {"kind": kind, "id": number, "recipe": recipe, "back": RELEASE}
    response = client.post("/basket/", form)
    assert response.status_code == 303
    return str(response.headers["Location"])


def to_the_till(client: Client) -> str:
    """Press "To the till"; where it leads."""
    return str(client.post("/checkout/").headers["Location"])


def balance_of(person: Person) -> str:
    return str(get_wallet_balance(person_id=person.pk, currency="EUR"))


def test_a_new_visitor_walks_from_the_search_to_the_download(shop: Cast) -> None:
    client = Client()
    assert RELEASE in see(client.get("/search/?q=kesh"))
    assert "Tracks in MP3 192" in see(client.get(RELEASE))
    assert put(client, "track", shop.track_ids[0]) == RELEASE
    assert "In basket" in see(client.get(RELEASE))
    assert "The Kesh" in see(client.get("/basket/"))

    ask = to_the_till(client)
    assert ask == "/account/signup/?next=%2Fbasket%2F"
    see(client.get(ask))
    joined = client.post(
        "/account/signup/",
        {"email": "new@example.org", "password1": PASSWORD, "next": "/basket/"},
    )
    assert joined.headers["Location"] == "/basket/"

    offer = to_the_till(client)
    text = see(client.get(offer))
    assert "Your wallet lacks €0.13." in text
    assert "Buy for" not in text
    quote_id = offer.strip("/").split("/")[-1]
    redeemed = client.post("/wallet/redeem/", {"code": CODE.lower(), "for": quote_id})
    assert redeemed.headers["Location"] == offer
    assert "Buy for €0.13" in see(client.get(offer))

    bought = client.post("/buy/", {"quote": quote_id, "waiver": WAIVER_TEXT})
    receipt = str(bought.headers["Location"])
    text = see(client.get(receipt))
    assert "Thank you" in text
    assert "Letter of 2025-12-12" in text
    assert "Agreement 12 of 2025-12-01" in text
    assert balance_of(Person.objects.get(email="new@example.org")) == "1.87 EUR"
    assert "Nothing in it yet" in see(client.get("/basket/"))

    text = see(client.get("/library/"))
    link = re.search(r'href="(/download/\d+/)"', text)
    assert link is not None
    given = client.get(link[1])
    assert given.status_code == 303
    assert unquote(given.headers["Location"]).startswith("/bytes/")
    assert unquote(given.headers["Location"]).endswith("/Ann Piper - 01 The Kesh.mp3")
    assert "Yours" in see(client.get(RELEASE))


def test_a_preview_leads_to_its_bytes_without_signing_in(shop: Cast) -> None:
    given = Client().get(f"/preview/{shop.track_ids[0]}/")
    assert given.headers["Location"].startswith("/bytes/")
    assert given.headers["Location"].endswith("/preview.mp3")


def test_the_strokes_of_a_preview_are_a_drawing(shop: Cast) -> None:
    given = Client().get(f"/strokes/{shop.track_ids[0]}.svg")
    assert given.headers["Content-Type"] == "image/svg+xml"
    assert given.headers["Cache-Control"] == "private, max-age=3600"
    drawing = ET.fromstring(given.content)
    assert drawing.get("viewBox") == "0 0 576 48"
    assert Client().get("/strokes/9999.svg").status_code == 404


def test_what_is_not_licensed_is_not_heard_either(shop: Cast, settings: Settings) -> None:
    settings.LOCAL_COUNTRY = "FR"
    assert Client().get(f"/preview/{shop.track_ids[0]}/").status_code == 404


def test_the_same_thing_is_in_the_basket_once(alice: Client, shop: Cast) -> None:
    for _ in range(2):
        put(alice, "track", shop.track_ids[0])
    text = see(alice.get("/basket/"))
    assert text.count("/basket/remove/") == 1
    assert alice.session["basket"] == [["track", shop.track_ids[0], "mp3-192"]]


def test_what_is_removed_is_gone(alice: Client, shop: Cast) -> None:
    put(alice, "release", shop.release_id)
    assert "3 tracks" in see(alice.get("/basket/"))
    form = {"kind": "release", "id": shop.release_id, "recipe": "mp3-192"}
    assert alice.post("/basket/remove/", form).headers["Location"] == "/basket/"
    assert "Nothing in it yet" in see(alice.get("/basket/"))


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "island", "id": "1", "recipe": "mp3-192"},
        {"kind": "track", "id": "one", "recipe": "mp3-192"},
        {"kind": "track", "id": "1", "recipe": "preview"},
        {"kind": "track", "id": "9999", "recipe": "mp3-192"},
        {"kind": "release", "id": "9999", "recipe": "mp3-192"},
        {"kind": "track", "id": "9" * 40, "recipe": "mp3-192"},
    ],
)
def test_nothing_odd_goes_into_a_basket(alice: Client, form: dict[str, str]) -> None:
    assert alice.post("/basket/", form).status_code == 404
    assert "basket" not in alice.session


def test_a_release_bought_whole_leaves_out_what_is_owned(alice: Client, shop: Cast) -> None:
    alice.post("/wallet/redeem/", {"code": CODE})
    put(alice, "track", shop.track_ids[0])
    buy(alice)
    put(alice, "release", shop.release_id)
    text = see(alice.get("/basket/"))
    assert "2 tracks" in text
    assert "€0.26" in text
    buy(alice)
    assert balance_of(shop.alice) == "1.61 EUR"


def buy(client: Client) -> str:
    """The basket, to the till and bought; where that led."""
    quote_id = to_the_till(client).strip("/").split("/")[-1]
    return str(client.post("/buy/", {"quote": quote_id, "waiver": WAIVER_TEXT}).headers["Location"])


def test_pressing_buy_twice_buys_once(alice: Client, shop: Cast) -> None:
    alice.post("/wallet/redeem/", {"code": CODE})
    put(alice, "track", shop.track_ids[0])
    quote_id = to_the_till(alice).strip("/").split("/")[-1]
    first, second = (
        alice.post("/buy/", {"quote": quote_id, "waiver": WAIVER_TEXT}) for _ in range(2)
    )
    assert first.headers["Location"] == second.headers["Location"]
    assert Purchase.objects.count() == 1
    assert balance_of(shop.alice) == "1.87 EUR"


def test_an_empty_wallet_buys_nothing_and_is_told_what_it_lacks(alice: Client, shop: Cast) -> None:
    put(alice, "track", shop.track_ids[0])
    back = buy(alice)
    assert back.startswith("/checkout/")
    assert "Your wallet lacks €0.13. Top it up and buy again." in see(alice.get(back))
    assert not Purchase.objects.exists()


def test_an_offer_that_has_run_out_leads_back_to_the_basket(alice: Client, shop: Cast) -> None:
    alice.post("/wallet/redeem/", {"code": CODE})
    put(alice, "track", shop.track_ids[0])
    offer = to_the_till(alice)
    with guards_lifted(connection):
        Quote.objects.update(expires_at=utc_now() - timedelta(seconds=1))
    assert alice.get(offer).headers["Location"] == "/basket/"
    bought = alice.post("/buy/", {"quote": offer.strip("/").split("/")[-1], "waiver": WAIVER_TEXT})
    assert bought.headers["Location"] == "/basket/"
    assert "no longer stands" in see(alice.get("/basket/"))
    assert not Purchase.objects.exists()


def test_what_is_alices_is_not_bobs(alice: Client, shop: Cast) -> None:
    bob = browser_of(shop.bob)
    put(alice, "track", shop.track_ids[0])
    offer = to_the_till(alice)
    assert bob.get(offer).headers["Location"] == "/basket/"
    stolen = bob.post("/buy/", {"quote": offer.strip("/").split("/")[-1], "waiver": WAIVER_TEXT})
    assert stolen.headers["Location"] == "/basket/"
    alice.post("/wallet/redeem/", {"code": CODE})
    receipt = buy(alice).split("?")[0]
    see(alice.get(receipt))
    see(bob.get(receipt), status=404)
    item = re.search(r'href="(/download/\d+/)"', see(alice.get("/library/")))
    assert item is not None
    see(bob.get(item[1]), status=404)


def test_a_basket_that_cannot_be_sold_says_why(
    alice: Client, shop: Cast, settings: Settings
) -> None:
    put(alice, "track", shop.track_ids[0])
    settings.LOCAL_COUNTRY = "FR"
    shop.alice.country = "FR"
    shop.alice.save()
    text = see(alice.get("/basket/"))
    assert "Not sold in France" in text
    assert "To the till" not in text
    assert to_the_till(alice) == "/basket/"
    assert "Not everything in the basket can be sold to you" in see(alice.get("/basket/"))


@pytest.mark.parametrize("code", ["", "ABCD", CODE + "X"])
def test_a_code_that_is_no_voucher_is_shown_again_with_what_to_do(
    alice: Client, shop: Cast, code: str
) -> None:
    text = see(alice.post("/wallet/redeem/", {"code": code}), status=422)
    assert 'id="f-code-error"' in text
    assert balance_of(shop.alice) == "0.00 EUR"


def test_a_voucher_pays_once(alice: Client, shop: Cast) -> None:
    alice.post("/wallet/redeem/", {"code": CODE})
    see(browser_of(shop.bob).post("/wallet/redeem/", {"code": CODE}), status=422)
    assert balance_of(shop.alice) == "2.00 EUR"
    assert balance_of(shop.bob) == "0.00 EUR"


def top_up(client: Client, number: str, amount: str = "5.00", top_up_id: str = "") -> Any:
    """Send the form as the wallet's page has it."""
    if not top_up_id:
        found = re.search(r'name="top_up" value="([^"]+)"', see(client.get("/wallet/")))
        assert found is not None
        top_up_id = found[1]
    form = {"top_up": top_up_id, "amount": amount, "card_number": number}
    return client.post("/wallet/top-up/", form)


def test_a_good_card_fills_the_wallet_at_once(alice: Client, shop: Cast) -> None:
    assert top_up(alice, "4242 4242 4242 4242").headers["Location"] == "/wallet/"
    text = see(alice.get("/wallet/"))
    assert "Your wallet is topped up." in text
    assert "+€5.00" in text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("4000 0000 0000 0002", "declined"),
        ("4000 0000 0000 9995", "not enough money"),
        ("4242 4242 4242 4241", "typing error"),
        ("", "typing error"),
    ],
)
def test_a_card_that_does_not_pay_says_why(
    alice: Client, shop: Cast, number: str, told: str
) -> None:
    text = see(top_up(alice, number), status=422)
    assert told in text.split('id="f-card_number-error"', 1)[1].split("</p>", 1)[0]
    assert balance_of(shop.alice) == "0.00 EUR"


def test_a_slow_card_is_listed_as_on_its_way(alice: Client, shop: Cast) -> None:
    top_up(alice, "4000 0000 0000 0077")
    text = see(alice.get("/wallet/"))
    assert "On its way" in text
    assert "The bank has not answered yet." in text
    assert balance_of(shop.alice) == "0.00 EUR"


def test_the_same_form_sent_twice_charges_once(alice: Client, shop: Cast) -> None:
    top_up_id = "0190f3c2-7a10-7000-8000-000000000009"
    for _ in range(2):
        top_up(alice, "4242 4242 4242 4242", top_up_id=top_up_id)
    assert TopUp.objects.count() == 1
    assert balance_of(shop.alice) == "5.00 EUR"


@pytest.mark.parametrize("amount", ["", "a lot", "0", "-5", "0.001", "1000000"])
def test_an_amount_that_cannot_be_charged_is_refused(
    alice: Client, shop: Cast, amount: str
) -> None:
    see(top_up(alice, "4242 4242 4242 4242", amount=amount), status=422)
    assert not TopUp.objects.exists()


def test_without_the_sandbox_there_is_no_card_form(alice: Client, settings: Settings) -> None:
    settings.SANDBOX_CARDS = False
    get_outfit.cache_clear()
    assert "Card number" not in see(alice.get("/wallet/"))
    see(top_up(alice, "4242424242424242", top_up_id="x"), status=422)


def test_a_country_said_by_a_visitor_is_the_country_of_the_sale(
    shop: Cast, settings: Settings
) -> None:
    settings.LOCAL_COUNTRY = ""
    client = browser_of(shop.bob)
    client.post("/country/", {"country": "AT", "back": "/"})
    put(client, "track", shop.track_ids[0])
    assert "Sold in Austria" in see(client.get(to_the_till(client)))


def test_the_wallet_draws_one_purchase_into_one_line(alice: Client, shop: Cast) -> None:
    alice.post("/wallet/redeem/", {"code": CODE})
    put(alice, "release", shop.release_id)
    buy(alice)
    text = see(alice.get("/wallet/"))
    assert "3 songs" in text
    assert "\N{MINUS SIGN}€0.39" in text
