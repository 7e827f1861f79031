"""Choosing the file: formats and qualities as links, prices as quoted, and what is done said first."""

from __future__ import annotations

import re
from dataclasses import replace

import html5lib
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.doors.storefront import choosing
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from pennywhistle.shop.catalogue.models import Master
from pennywhistle.shop.catalogue.queries import get_track, list_tracks_of_release
from pennywhistle.shop.encoding.rules import list_families, list_recipes_for_sale
from tests.cast import LABEL, SOCIETY, Cast, assemble, fill_wallet, quote

pytestmark = pytest.mark.django_db
RELEASE = "/release/ann-piper-reels/"


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


def see(path: str, client: Client | None = None) -> str:
    """GET a page, strictly."""
    response = (client or Client()).get(path)
    assert response.status_code == 200, path
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def make_hi_res(track_id: int, **facts: int) -> None:
    """Give a track a master of another form."""
    Master.objects.filter(tracks=track_id).update(**facts)


def sizes(measured: dict[str, int]) -> dict[str, dict[str, object]]:
    """Measured sizes as a master keeps them."""
    return {code: {"bytes": size, "audio_key": ""} for code, size in measured.items()}


def test_every_format_is_a_link_and_every_quality_of_the_chosen_one(cast: Cast) -> None:
    text = see(RELEASE)
    for family in list_families():
        if family.title != "WavPack":  # Its size is measured at ingest, which the cast skips.
            assert f'<span class="format-title">{family.title}</span>' in text
    mp3 = next(family for family in list_families() if family.title == "MP3")
    for recipe in mp3.recipes:
        assert f'href="{RELEASE}?recipe={recipe.code}"' in text
    assert 'id="recipe-mp3-192"' in text
    assert 'id="recipe-opus-128"' not in text


def test_exactly_one_format_and_one_quality_are_chosen(cast: Cast) -> None:
    for code in ("mp3-320", "opus-96", "flac", "wav"):
        text = see(f"{RELEASE}?recipe={code}")
        chooser = text.split('id="chooser"', 1)[1].split('id="whole"', 1)[0]
        chosen = re.findall(r'id="([a-z0-9-]+)"[^>]*aria-current="true"', chooser)
        assert [anchor.split("-", 1)[0] for anchor in chosen][:1] == ["format"]
        assert chosen[1:] in ([], [f"recipe-{code}"])


def test_a_chooser_asks_prices_of_what_it_shows_alone(cast: Cast) -> None:
    tracks = list_tracks_of_release(release_id=cast.release_id)
    for recipe in list_recipes_for_sale():
        shown = choosing.recipes_shown(tracks, recipe)
        family = next(one for one in list_families() if one.title == recipe.family)
        assert len(shown) <= len(family.recipes) + len(list_families()) - 1
        assert recipe.code in shown


def test_the_price_of_each_quality_is_what_the_till_asks(cast: Cast) -> None:
    fill_wallet(cast.alice, "50.00")
    text = see(RELEASE)
    for code in ("mp3-96", "mp3-v2"):
        offer = quote(cast, BasketItem("release", cast.release_id, code))
        link = text.split(f'id="recipe-{code}"', 1)[1].split("</a>", 1)[0]
        assert formats.money(offer.total) in link


def test_the_price_of_a_format_is_that_of_its_smallest_file(cast: Cast) -> None:
    text = see(f"{RELEASE}?recipe=opus-128")
    cheapest = quote(cast, BasketItem("release", cast.release_id, "mp3-96")).total
    mp3 = text.split('id="format-mp3"', 1)[1].split("</a>", 1)[0]
    assert f"from {formats.money(cheapest)}" in mp3


def test_the_price_of_a_lossless_format_is_that_of_every_detail(cast: Cast) -> None:
    frames = 44_100 * 180
    for track_id in cast.track_ids:
        make_hi_res(track_id, bits_per_sample=24)
    Master.objects.update(measured_sizes=sizes({"flac": frames * 3, "flac-16-44": frames * 2}))
    whole = quote(cast, BasketItem("release", cast.release_id, "flac")).total
    for code in ("mp3-192", "flac", "flac-16-44"):
        text = see(f"{RELEASE}?recipe={code}")
        flac = text.split('id="format-flac"', 1)[1].split("</a>", 1)[0]
        assert f'figure">{formats.money(whole)}<' in flac


def test_what_is_done_to_every_recording_alike_is_said_once(cast: Cast) -> None:
    for track_id in cast.track_ids:
        make_hi_res(track_id, sample_rate_hz=96_000, bits_per_sample=24)
    text = see(f"{RELEASE}?recipe=mp3-320")
    said = "The recording is 24-bit/96\N{NO-BREAK SPACE}kHz. As MP3 320 it is resampled to 48"
    assert text.count(said) == 1


def test_what_is_done_to_one_recording_alone_is_said_in_its_row(cast: Cast) -> None:
    make_hi_res(cast.track_ids[1], sample_rate_hz=96_000, bits_per_sample=24, channels=6)
    text = see(f"{RELEASE}?recipe=mp3-320")
    row = text.split(">Drowsy Maggie<", 1)[1].split("</li>", 1)[0]
    assert "in surround" in row
    assert "mixed down to stereo (and so softer) and resampled to 48\N{NO-BREAK SPACE}kHz" in row
    assert text.count("mixed down") == 1


def test_a_recipe_that_carries_the_recording_says_nothing(cast: Cast) -> None:
    assert "The recording is" not in see(f"{RELEASE}?recipe=flac")


def test_a_reduced_depth_is_dithered_and_offered_where_it_reduces(cast: Cast) -> None:
    assert "recipe-flac-16-44" not in see(f"{RELEASE}?recipe=flac")
    frames = 44_100 * 180
    make_hi_res(cast.track_ids[0], bits_per_sample=24)
    Master.objects.filter(tracks=cast.track_ids[0]).update(
        measured_sizes=sizes({"flac": frames * 3, "alac": frames * 3, "flac-16-44": frames * 2})
    )
    text = see(f"{RELEASE}?recipe=flac")
    assert 'id="recipe-flac-16-44"' in text
    assert 'id="recipe-flac-16-48"' not in text  # It would make the same of it.
    said = choosing.treatment_text(get_track(track_id=cast.track_ids[0]), "flac-16-44")
    assert "dithered to 16 bits" in said


def test_basket_and_till_say_what_is_done_before_anything_is_bought(cast: Cast) -> None:
    make_hi_res(cast.track_ids[0], sample_rate_hz=96_000, bits_per_sample=24)
    client = Client()
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    fields = {"kind": "release", "id": str(cast.release_id), "recipe": "mp3-320"}
    client.post("/basket/", fields)
    said = "As MP3 320 it is resampled to 48\N{NO-BREAK SPACE}kHz."
    assert see("/basket/", client).count(said) == 1
    offer = client.post("/checkout/").headers["Location"]
    assert see(offer, client).count(said) == 1


def test_a_size_that_is_not_measured_yet_is_not_offered_and_breaks_no_page(cast: Cast) -> None:
    Master.objects.filter(tracks=cast.track_ids[0]).update(measured_sizes={})
    text = see(f"{RELEASE}?recipe=flac")
    row = text.split(">The Kesh<", 1)[1].split("</li>", 1)[0]
    assert "being measured" in row
    assert "act-track" not in row
    Master.objects.all().update(measured_sizes={})
    assert 'id="format-apple-lossless"' not in see(RELEASE)


def test_nothing_is_chosen_where_nothing_is_sold(db: None, settings: Settings) -> None:
    settings.LOCAL_COUNTRY = "FR"
    assemble()
    assert 'id="chooser"' not in see(RELEASE)


def test_a_preview_is_as_long_as_the_stricter_licence_says(db: None) -> None:
    cast = assemble(licences=(replace(LABEL, preview_seconds="whole"), SOCIETY))
    assert f'data-strokes="/strokes/{cast.track_ids[0]}.svg?seconds=30"' in see(RELEASE)


def test_what_may_be_heard_whole_is_drawn_whole(db: None) -> None:
    whole = [replace(each, preview_seconds="whole") for each in (LABEL, SOCIETY)]
    cast = assemble(licences=(whole[0], whole[1]))
    assert f'data-strokes="/strokes/{cast.track_ids[0]}.svg"' in see(RELEASE)


@pytest.mark.parametrize("seconds", ["0", "30", "999999"])
def test_strokes_of_any_length_are_a_drawing(cast: Cast, seconds: str) -> None:
    response = Client().get(f"/strokes/{cast.track_ids[0]}.svg?seconds={seconds}")
    assert response.headers["Content-Type"] == "image/svg+xml"


def test_what_may_no_longer_be_heard_is_not_drawn(cast: Cast) -> None:
    client, path = Client(), f"/strokes/{cast.track_ids[0]}.svg"
    assert client.get(path).headers["Cache-Control"].startswith("private")
    end_licence(number="LAN-1", reason="withdrawn", now=utc_now(), effective_at=utc_now())
    assert client.get(path).status_code == client.get(f"/preview/{cast.track_ids[0]}/").status_code
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("seconds", ["-1", "1.5", "9999999", "x", "٣"])
def test_strokes_of_no_length_are_not_there(cast: Cast, seconds: str) -> None:
    path = f"/strokes/{cast.track_ids[0]}.svg?seconds={seconds}"
    assert Client().get(path).status_code == 404


def test_the_whole_costs_what_its_tracks_cost(cast: Cast) -> None:
    """A release's price in the chooser is the sum of the prices in its rows."""
    text = see(f"{RELEASE}?recipe=mp3-192")
    rows = text.split('class="tracks"', 1)[1]
    prices = re.findall(r'class="ticket-price">€([0-9.]+)<', rows)
    total = sum((Money.parse(price, "EUR") for price in prices), Money.zero("EUR"))
    assert f'quality-price figure">{formats.money(total)}' in text
