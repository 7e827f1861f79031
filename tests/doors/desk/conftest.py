"""Who stands at the desk in these tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import html5lib
import pytest
from django.test import Client

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.catalogue import operations as catalogue
from tests.cast import PASSWORD, Cast, fill_wallet, quote, stock_release

See = Callable[..., str]


def browser_of(person: Person) -> Client:
    """A browser in which someone has signed in."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def check_page(text: str) -> None:
    """It parses strictly, and no two elements have the same id."""
    html5lib.HTMLParser(strict=True).parse(text)
    ids = Counter(re.findall(r' id="([^"]+)"', text))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser: a listener, who has no business here."""
    return browser_of(cast.alice)


@pytest.fixture
def lena(cast: Cast) -> Client:
    """Lena's browser: a member of the label Lantern."""
    return browser_of(cast.lena)


@pytest.fixture
def otto(cast: Cast) -> Client:
    """Otto's browser: the operator."""
    return browser_of(cast.otto)


@pytest.fixture
def mara(cast: Cast) -> Client:
    """Mara's browser: a member of another label, Harbour, with a release of its own."""
    stock_release("Shanties", ("Haul Away",), label="Harbour")
    mara = create_person(email="mara@example.org", password=PASSWORD)
    catalogue.add_label_member(label_name="Harbour", person_id=mara.pk)
    return browser_of(mara)


@pytest.fixture
def sold(cast: Cast) -> Cast:
    """The cast after Alice bought Lantern's release."""
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast, now=utc_now())
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=utc_now())
    return cast


@pytest.fixture
def see() -> See:
    """GET a page, parse it strictly, and see that no cache keeps it."""

    def get(client: Client, path: str, *, status: int = 200) -> str:
        response = client.get(path)
        assert response.status_code == status, path
        assert response.headers["Cache-Control"] == "private, no-store"
        text = response.content.decode()
        check_page(text)
        return text

    return get
