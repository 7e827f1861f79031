"""The button beside a broken file, as a listener without JavaScript presses it."""

from __future__ import annotations

import html5lib
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.library.queries import list_owned
from pennywhistle.shop.payments.going_back.models import Dispute
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.models import FileReport
from tests.cast import Cast, euros, fill_wallet, quote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser; she owns the release."""
    fill_wallet(cast.alice, "50.00")
    offer = quote(cast, BasketItem("release", cast.release_id, "mp3-192"), now=utc_now())
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=utc_now())
    client = Client()
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def see(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def broken_url(cast: Cast) -> str:
    newest = list_owned(person_id=cast.alice.pk)[0]
    return f"/library/broken/{newest.sale_line_id}/"


def test_a_broken_file_is_paid_back_by_one_form(alice: Client, cast: Cast) -> None:
    page = broken_url(cast)
    assert page in see(alice, "/library/")
    assert "€0.13" in see(alice, page)
    answer = alice.post(page, {"trouble": "noise", "words": "It crackles."}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain == [("/library/", 303)]
    assert "€0.13 is back in your wallet" in text
    assert "Files you reported" in text
    assert page not in text
    assert len(list_owned(person_id=cast.alice.pk)) == 2
    again = alice.get(page, follow=True)
    assert again.redirect_chain == [("/library/", 303)]


def test_past_the_limit_the_listener_is_told_who_looks_at_it(alice: Client, cast: Cast) -> None:
    alice.post(broken_url(cast), {"trouble": "noise"})
    answer = alice.post(broken_url(cast), {"trouble": "silent"}, follow=True)
    assert "the shop looks at this first" in answer.content.decode()
    assert FileReport.objects.get(trouble="silent").held == "too-large-a-share"
    assert len(list_owned(person_id=cast.alice.pk)) == 2


def test_an_answer_that_says_nothing_is_asked_again(alice: Client, cast: Cast) -> None:
    page = broken_url(cast)
    for sent, said in (
        ({}, "Choose what is wrong"),
        ({"trouble": "other"}, "Say in a few words"),
        ({"trouble": "noise", "words": "x" * 501}, "500 letters"),
    ):
        answer = alice.post(page, sent)
        text = answer.content.decode()
        html5lib.HTMLParser(strict=True).parse(text)
        assert (answer.status_code, said in text) == (422, True)
    assert FileReport.objects.count() == 0


def test_nobody_sees_what_another_bought(alice: Client, cast: Cast) -> None:
    page, bob = broken_url(cast), Client()
    assert bob.get(page).status_code == 303
    bob.force_login(cast.bob, backend="django.contrib.auth.backends.ModelBackend")
    assert bob.get(page).status_code == 404
    assert bob.post(page, {"trouble": "noise"}).status_code == 404
    assert FileReport.objects.count() == 0


def test_a_listener_whose_wallet_is_short_is_told_why_nothing_is_sold(
    alice: Client, cast: Cast
) -> None:
    now = utc_now()
    offer = quote(cast, BasketItem("release", cast.release_id, "flac"), now=now)
    top_up = TopUp.objects.create(
        id=offer.id,
        person=cast.alice,
        amount_micros=2_000_000,
        currency="EUR",
        gateway="sandbox",
        created_at=now,
    )
    Dispute.objects.create(
        gateway="sandbox",
        reference="D",
        top_up=top_up,
        person=cast.alice,
        currency="EUR",
        fee_currency="EUR",
        amount_micros=2_000_000,
        shortage_micros=euros("2.00").micros,
        stage="open",
        heard_at=now,
    )
    answer = alice.post("/buy/", {"quote": str(offer.id), "waiver": "2026-11"}, follow=True)
    assert "€2.00 of it is missing" in answer.content.decode()
