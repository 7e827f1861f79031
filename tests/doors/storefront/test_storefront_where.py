"""Where a buyer is: signs that contradict each other are shown, and one more may decide."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import Quote
from tests.cast import NOW, Cast, assemble, fill_wallet
from tests.doors.storefront.test_storefront_walk import browser_of, put, see

pytestmark = pytest.mark.django_db(transaction=True)

# An address that the regional registry has given to a network in the United States.
AMERICAN = "8.8.8.8"


@pytest.fixture
def cast(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """The cast; two pieces of evidence are needed."""
    settings.SANDBOX_FOLDER = tmp_path / "sandbox"
    get_outfit.cache_clear()
    cast = assemble()
    cast.storefront.evidence_needed = 2
    cast.storefront.save()
    fill_wallet(cast.alice, "5.00")
    yield cast
    get_outfit.cache_clear()


@pytest.fixture
def away(cast: Cast) -> Client:
    """Alice's browser, in the United States; she lives in Germany."""
    browser = browser_of(cast.alice)
    browser.defaults["REMOTE_ADDR"] = AMERICAN
    put(browser, "track", cast.track_ids[0])
    return browser


def pay_by_card(cast: Cast, country: str) -> None:
    TopUp.objects.create(
        id="0190f3c2-7a10-7000-8000-00000000000a",
        person=cast.alice,
        amount_micros=5_000_000,
        currency="EUR",
        gateway="sandbox",
        state="succeeded",
        card_country=country,
        created_at=NOW,
        settled_at=NOW,
    )


def test_signs_that_contradict_each_other_are_shown_and_nothing_is_offered(
    away: Client, cast: Cast
) -> None:
    refused = away.post("/checkout/")
    assert refused.headers["Location"] == "/country/?back=/basket/"
    page = unescape(see(away.get(refused.headers["Location"])))
    assert "you said Germany" in page
    assert "your connection looks like United States" in page
    assert 'type="tel"' in page
    assert not Quote.objects.exists()


def test_a_card_from_home_decides(away: Client, cast: Cast) -> None:
    pay_by_card(cast, "DE")
    assert away.post("/checkout/").headers["Location"].startswith("/checkout/")
    offer = Quote.objects.get()
    assert offer.territory == "DE"
    assert [piece["kind"] for piece in offer.evidence] == ["declared", "ip", "card"]


def test_the_buyers_word_twice_does_not_outweigh_where_they_are(away: Client, cast: Cast) -> None:
    away.post("/country/", {"country": "DE", "phone": "+49 30 1234567"})
    assert away.post("/checkout/").headers["Location"] == "/country/?back=/basket/"
    page = unescape(see(away.get("/country/")))
    assert "your telephone number is from Germany" in page


def test_a_telephone_number_is_the_second_sign_where_none_contradicts(cast: Cast) -> None:
    browser = browser_of(cast.alice)
    put(browser, "track", cast.track_ids[0])
    assert browser.post("/checkout/").headers["Location"] == "/country/?back=/basket/"
    assert 'type="tel"' in see(browser.get("/country/"))
    wrong = browser.post("/country/", {"country": "DE", "phone": "1234567"})
    assert "does not say which country" in unescape(see(wrong, status=422))
    browser.post("/country/", {"country": "DE", "phone": "+49 30 1234567"})
    assert browser.post("/checkout/").headers["Location"].startswith("/checkout/")
    (_, phone) = Quote.objects.get().evidence
    assert phone == {"kind": "phone", "country": "DE", "detail": "+49"}
