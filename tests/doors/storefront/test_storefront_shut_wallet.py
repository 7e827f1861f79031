"""A wallet that is short: its page says so, takes what is missing, and is opened by one button."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.give_gift import give_gift, show_gift_code
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.payments.going_back.queries import get_shortage
from tests.cast import NOW, Cast, assemble, euros, fill_wallet, quote
from tests.doors.storefront.test_storefront_walk import browser_of, see, top_up
from tests.till import DECIDED, Till

pytestmark = pytest.mark.django_db

GOOD = "4242 4242 4242 4242"


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    settings.LOCAL_COUNTRY = "DE"
    settings.SANDBOX_CARDS, settings.SANDBOX_FOLDER = True, tmp_path / "sandbox"
    get_outfit.cache_clear()
    yield assemble()
    get_outfit.cache_clear()


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice, who spent some of a top-up that her bank then took back."""
    till = Till(get_outfit().gateways["sandbox"], cast.alice)  # type: ignore[arg-type]
    taken = till.top_up("2.00", card="lost")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    till.hear(till.dispute(taken))
    till.hear(till.dispute(taken, at=DECIDED))
    return browser_of(cast.alice)


def test_a_shut_wallet_says_what_is_missing_and_opens_by_one_button(
    cast: Cast, alice: Client
) -> None:
    text = see(alice.get("/wallet/"))
    assert "Your wallet is shut" in text
    assert 'value="1.000000"' in text
    assert "€5.00" not in text
    assert "it takes €1.00 at most" in see(top_up(alice, GOOD, "5.00"), status=422)
    top_up(alice, GOOD, "1.00")
    text = see(alice.get("/wallet/"))
    assert "Settle it and open my wallet" in text
    assert "card_number" not in text
    assert alice.post("/wallet/settle/").headers["Location"] == "/wallet/"
    text = see(alice.get("/wallet/"))
    assert "is settled. You can buy again." in text
    assert "Your wallet is shut" not in text
    assert not get_shortage(person_id=cast.alice.pk, currency="EUR")


def test_a_redeemed_gift_is_called_a_gift(cast: Cast) -> None:
    fill_wallet(cast.bob, "5.00")
    gift = give_gift(
        gift_id=new_id(now=NOW),
        buyer_id=cast.bob.pk,
        amount=euros("2.00"),
        greeting="",
        secret="a secret",
        now=NOW,
    )
    alice = browser_of(cast.alice)
    form = {"code": show_gift_code(gift=gift, secret="a secret")}
    alice.post("/wallet/redeem/", form)
    assert "The gift put €2.00 into your wallet." in see(alice.get("/wallet/"))
    alice.post("/wallet/redeem/", form)
    assert "You redeemed this gift before" in see(alice.get("/wallet/"))
