"""Music that its price cannot pay for: the shop stays open, and the till names it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from tests.cast import LABEL, SOCIETY, Cast, assemble

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["0.50 EUR", "0.01 USD"])
def dear(request: pytest.FixtureRequest) -> Cast:
    """The cast under a tariff that asks for too much, or for money of another kind."""
    floor, currency = request.param.split()
    return assemble(licences=(LABEL, replace(SOCIETY, floor_per_track=floor, currency=currency)))


def test_the_shop_stays_open_and_the_till_names_what_cannot_be_sold(dear: Cast) -> None:
    browser = Client()
    browser.force_login(dear.alice, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/", "/release/ann-piper-reels/"):
        assert browser.get(path).status_code == 200
    browser.post("/basket/", {"kind": "track", "id": dear.track_ids[1], "recipe": "mp3-192"})
    answer = browser.post("/checkout/", follow=True)
    assert answer.status_code == 200
    assert "This cannot be sold at its price: Drowsy Maggie." in answer.content.decode()
