"""Topping up at the counter: the bank's question without a script, bonuses, and the page's policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.gateways.models import SavedCard
from pennywhistle.shop.payments.gateways.operations import keep_card
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.storefronts.models import PriceList
from tests.cast import Cast, assemble
from tests.doors.storefront.test_storefront_walk import browser_of, see, top_up
from tests.local_stripe import GOOD, LocalStripe, local_stripe

FROM_GERMANY = "4000002760000016"

pytestmark = pytest.mark.django_db(transaction=True)

ASKS_FIRST = "4000 0000 0000 3220"


@pytest.fixture(scope="module")
def company() -> Iterator[LocalStripe]:
    """The card company."""
    with local_stripe() as it:
        yield it


@pytest.fixture
def cast(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Cast]:
    """The cast, visitors in Germany, the sandbox gateway open."""
    settings.LOCAL_COUNTRY = "DE"
    settings.SANDBOX_CARDS, settings.SANDBOX_FOLDER = True, tmp_path / "sandbox"
    get_outfit.cache_clear()
    yield assemble()
    get_outfit.cache_clear()


@pytest.fixture
def with_stripe(cast: Cast, settings: Settings, company: LocalStripe) -> None:
    """The shop takes cards too."""
    for name, value in company.settings.items():
        setattr(settings, name.removeprefix("PENNYWHISTLE_"), value)
    settings.STRIPE_WEBHOOK_SECRETS = []
    get_outfit.cache_clear()


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser."""
    return browser_of(cast.alice)


def balance(cast: Cast) -> str:
    assert verify_books().findings == ()
    return str(get_wallet_balance(person_id=cast.alice.pk, currency="EUR"))


def policy_of(client: Client, path: str) -> str:
    return str(client.get(path).headers["Content-Security-Policy"])


@pytest.mark.parametrize(("answer", "worth"), [("yes", "5.00 EUR"), ("no", "0.00 EUR")])
def test_the_banks_question_is_answered_without_a_script(
    alice: Client, cast: Cast, answer: str, worth: str
) -> None:
    where = top_up(alice, ASKS_FIRST).headers["Location"]
    assert re.fullmatch(r"/wallet/answer/[0-9a-f-]{36}/", where)
    assert "Your bank wants to be sure" in see(alice.get(where))
    assert where in see(alice.get("/wallet/"))
    assert balance(cast) == "0.00 EUR"
    for _ in range(2):
        done = alice.post(where, {"answer": answer})
    assert done.status_code == (303 if answer == "yes" else 422)
    assert balance(cast) == worth


def test_anothers_question_is_not_hers_to_answer(alice: Client, cast: Cast) -> None:
    where = top_up(alice, ASKS_FIRST).headers["Location"]
    bob = browser_of(cast.bob)
    assert bob.post(where, {"answer": "yes"}).headers["Location"] == "/wallet/"
    assert bob.get(where).headers["Location"] == "/wallet/"
    assert bob.get(f"/wallet/answer/{uuid4()}/").headers["Location"] == "/wallet/"
    assert TopUp.objects.get().state == "pending"


def test_the_shop_adds_its_bonus_and_says_so(alice: Client, cast: Cast) -> None:
    # A price list is for ever: a test alone may change one.
    from django.db import connection

    from tests.guards_lifted import guards_lifted

    with guards_lifted(connection):
        PriceList.objects.update(bonuses={"sandbox": str(Fraction(2))})
    assert "The shop adds 2% to what you pay in." in see(alice.get("/wallet/"))
    top_up(alice, GOOD)
    text = see(alice.get("/wallet/"))
    assert "+€5.00" in text
    assert "+€0.10" in text
    assert balance(cast) == "5.10 EUR"
    assert str(get_balance(code="promotions/EUR", currency="EUR")) == "-0.10 EUR"
    assert str(get_balance(code="fees/sandbox/EUR", currency="EUR")) == "-0.33 EUR"
    assert str(get_balance(code="clearing/sandbox/EUR", currency="EUR")) == "-4.67 EUR"
    kept = TopUp.objects.get()
    assert (kept.voucher_class, kept.card_country) == ("multi-purpose", "")


def test_a_card_whose_bank_tells_its_country_is_kept_with_it(alice: Client, cast: Cast) -> None:
    top_up(alice, FROM_GERMANY)
    assert TopUp.objects.get().card_country == "DE"


def test_stripes_hosts_are_let_into_the_wallets_page_alone(
    alice: Client, with_stripe: None, settings: Settings
) -> None:
    settings.STRIPE_SCRIPT = "https://js.stripe.com/v3/"
    get_outfit.cache_clear()
    policy = policy_of(alice, "/wallet/")
    assert "script-src 'self' https://*.js.stripe.com https://js.stripe.com" in policy
    assert "connect-src 'self' https://api.stripe.com" in policy
    assert "https://hooks.stripe.com" in policy
    for path in ("/", "/basket/", "/library/"):
        assert "stripe" not in policy_of(alice, path)


def test_a_kept_card_is_its_owners_alone(alice: Client, cast: Cast, with_stripe: None) -> None:
    card, _ = keep_card(
        card=SavedCard(
            person=cast.alice,
            gateway="stripe",
            card_ref="pm_1",
            customer_ref="cus_1",
            brand="visa",
            last4="4242",
            expires_year=2034,
            expires_month=4,
            added_at=utc_now(),
        )
    )
    assert "Visa ending in 4242, good until 04/2034" in see(alice.get("/wallet/"))
    bob = browser_of(cast.bob)
    form = {"way": "stripe", "top_up": str(uuid4()), "amount": "5.00", "card": str(card.pk)}
    assert "not kept any more" in see(bob.post("/wallet/top-up/", form), status=422)
    assert "not kept any more" in see(bob.post(f"/wallet/card/{card.pk}/forget/"), status=422)
    assert TopUp.objects.count() == 0
    assert SavedCard.objects.get().forgotten_at is None


def test_a_form_that_brings_no_card_is_told_so_and_a_new_card_gets_its_secret(
    alice: Client, with_stripe: None
) -> None:
    form = {"way": "stripe", "top_up": str(uuid4()), "amount": "5.00", "card": "new"}
    assert "did not reach" in see(alice.post("/wallet/top-up/", form), status=422)
    assert alice.post("/wallet/card/", form).json()["secret"].startswith("seti_")
    for wrong in ({"way": "sandbox"}, {"way": "nobody"}, {"top_up": "x"}):
        answer = alice.post("/wallet/card/", form | wrong)
        assert answer.status_code == 422
        assert answer.json()["trouble"]
    assert TopUp.objects.count() == 0
