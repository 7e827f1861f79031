"""The library: what is owned by release and recipe, as a ZIP, and how it is proven."""

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.encode_rendition import encode_rendition
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.sign_address import Purpose, read_token
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.models import Master
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.stocked_shop import stock_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's browser, and money in her wallet."""
    fill_wallet(cast.alice, "50.00")
    return browser_of(cast)


def browser_of(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def buy(cast: Cast, *items: BasketItem) -> int:
    offer = quote(cast, *items)
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW).id


def see(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def test_a_release_in_one_recipe_is_fetched_as_one_zip(alice: Client, cast: Cast) -> None:
    buy(cast, BasketItem("release", cast.release_id, "mp3-192"))
    buy(cast, BasketItem("track", cast.track_ids[0], "opus-96"))
    text = see(alice, "/library/")
    assert re.findall(r'href="(/download/[^"]+\.zip)"', text) == [
        f"/download/{cast.release_id}/mp3-192.zip"
    ]
    given = alice.get(f"/download/{cast.release_id}/mp3-192.zip")
    subject = read_token(token=given.headers["Location"].split("/")[2], now=utc_now())
    assert subject.purpose is Purpose.ALBUM
    assert (subject.number, subject.release_id, subject.recipe) == (
        cast.alice.pk,
        cast.release_id,
        "mp3-192",
    )


def test_a_zip_of_what_is_not_owned_is_not_there(alice: Client, cast: Cast) -> None:
    buy(cast, BasketItem("track", cast.track_ids[0], "opus-96"))
    for path in (f"{cast.release_id}/mp3-192.zip", f"{cast.release_id}/wax.zip", "99/flac.zip"):
        assert alice.get(f"/download/{path}").status_code == 404
    assert Client().get(f"/download/{cast.release_id}/opus-96.zip").status_code == 303


def test_the_receipt_offers_the_zip_too(alice: Client, cast: Cast) -> None:
    number = buy(cast, BasketItem("release", cast.release_id, "flac"))
    assert f"/download/{cast.release_id}/flac.zip" in see(alice, f"/receipt/{number}/")
    single = buy(cast, BasketItem("track", cast.track_ids[0], "wav"))
    assert ".zip" not in see(alice, f"/receipt/{single}/")


@pytest.mark.parametrize(("code", "is_proven"), [("flac", True), ("wav", True), ("opus-96", False)])
def test_what_gives_the_recording_back_shows_the_hash_of_its_samples(
    alice: Client, cast: Cast, code: str, is_proven: bool
) -> None:
    buy(cast, BasketItem("track", cast.track_ids[0], code))
    pcm_sha256 = Master.objects.get(tracks=cast.track_ids[0]).pcm_sha256
    text = see(alice, "/library/")
    assert (pcm_sha256 in text) is is_proven
    assert (f"pennywhistle verify --pcm {pcm_sha256} FILE" in text) is is_proven


def test_the_hash_of_a_file_is_shown_once_it_was_made(tmp_path: Path, settings: Settings) -> None:
    shop = stock_shop(tmp_path, settings)
    shop.sell("mp3-128")
    client = browser_of(shop.cast)
    assert "SHA-256 of the file" not in see(client, "/library/")
    made = encode_rendition(wanted=shop.wants("mp3-128"), outfit=shop.outfit, now=NOW)
    assert made is not None
    assert made.sha256 in see(client, "/library/")
