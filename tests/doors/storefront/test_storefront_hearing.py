"""The comparison: what is heard beside what, for how long, and only where it may be heard."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows import hear_track
from pennywhistle.flows.sign_address import Purpose, read_token
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.models import Master
from tests.cast import LABEL, SOCIETY, Cast, assemble
from tests.stocked_shop import StockedShop, stock_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def country(settings: Settings) -> None:
    """The visitors of these tests stand in Germany."""
    settings.LOCAL_COUNTRY = "DE"


def see(path: str, *, status: int = 200) -> str:
    """GET a page, strictly."""
    response = Client().get(path)
    assert response.status_code == status, path
    text = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def hear(cast: Cast, code: str) -> str:
    return see(f"/hear/{cast.track_ids[0]}/?recipe={code}")


def tokens(text: str) -> list[str]:
    """The addresses of the original and of the file, as their tokens."""
    return re.findall(r'data-(?:original|file)="/bytes/([^/"]+)/', text)


def test_both_sides_are_the_same_part_of_the_song(cast: Cast) -> None:
    original, file = (read_token(token=t, now=utc_now()) for t in tokens(hear(cast, "opus-96")))
    assert original.purpose is file.purpose is Purpose.AUDITION
    assert (original.recipe, file.recipe) == ("flac", "opus-96")
    assert original.excerpt == file.excerpt
    assert original.excerpt is not None
    assert original.excerpt.seconds == 30
    assert original.territory == "DE"


def test_a_comparison_lasts_no_longer_than_a_preview_may(db: None) -> None:
    cast = assemble(licences=(replace(LABEL, preview_seconds="12"), SOCIETY))
    text = hear(cast, "mp3-96")
    for token in tokens(text):
        excerpt = read_token(token=token, now=utc_now()).excerpt
        assert excerpt is not None
        assert excerpt.seconds == 12
    assert "12 seconds, both ways" in text


def test_a_lossless_file_shows_its_proof_instead(cast: Cast) -> None:
    text = hear(cast, "flac")
    assert "Nothing to tell apart" in text
    assert Master.objects.get(tracks=cast.track_ids[0]).pcm_sha256 in text
    assert not tokens(text)
    assert text.count('class="spectrum-image"') == 1


def test_without_javascript_both_are_plain_links(cast: Cast) -> None:
    plain = hear(cast, "mp3-192").split('class="audition-plain"', 1)[1].split("</p>", 1)[0]
    assert len(re.findall(r'href="/bytes/[^"]+/audition\.(?:flac|mp3)"', plain)) == 2


def test_each_file_of_a_format_has_its_price_for_this_song(cast: Cast) -> None:
    text = hear(cast, "mp3-192")
    link = text.split('id="recipe-mp3-192"', 1)[1].split("</a>", 1)[0]
    assert "€0.13" in link
    assert f'href="/hear/{cast.track_ids[0]}/?recipe=mp3-320"' in text


def test_where_nothing_may_be_heard_nothing_is_compared(db: None) -> None:
    cast = assemble(licences=(replace(LABEL, uses=("DOWNLOAD",)), SOCIETY))
    for path in ("?recipe=mp3-192", "mp3-192/day.png"):
        text = see(f"/hear/{cast.track_ids[0]}/{path}", status=404)
        assert "cannot be heard where you are" in text
    assert "/hear/" not in see("/release/ann-piper-reels/")


@pytest.mark.parametrize("path", ["9999/", "1/?recipe=wax", "1/?recipe=preview", "1/flac/dusk.png"])
def test_what_is_not_there_is_said(cast: Cast, path: str) -> None:
    path = path.replace("1/", f"{cast.track_ids[0]}/", 1) if path.startswith("1/") else path
    see(f"/hear/{path}", status=404)


def test_heights_and_times_are_marked_at_the_edges(cast: Cast) -> None:
    text = hear(cast, "mp3-192")
    marks = re.findall(r"<li>([^<]+)</li>", text.split("spectrum-khz", 1)[1].split("</ol>", 1)[0])
    assert [mark.split("\N{NO-BREAK SPACE}")[0] for mark in marks] == ["24", "18", "12", "6", "0"]


def test_times_in_a_song_of_a_moment_differ(cast: Cast) -> None:
    Master.objects.filter(tracks=cast.track_ids[0]).update(duration_ms=400)
    times = hear(cast, "mp3-192").split('class="spectrum-times', 1)[1].split("</ol>", 1)[0]
    labels = re.findall(r"<li>([^<]*)</li>", times)
    assert labels == [
        f"{label}\N{NO-BREAK SPACE}sec" for label in ("0", "0.1", "0.2", "0.3", "0.4")
    ]


@pytest.fixture
def open_shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    """A shop with a recording, whose rows the encoder's thread sees."""
    return stock_shop(tmp_path, settings)


def test_a_picture_is_drawn_and_then_told_in_words(open_shop: StockedShop) -> None:
    path = f"/hear/{open_shop.track_id}/"
    assert "It reaches up to about" not in see(f"{path}?recipe=mp3-96")
    for light in ("day", "night"):
        response = Client().get(f"{path}mp3-96/{light}.png")
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Cache-Control"] == "private, max-age=3600"
        assert response.content.startswith(b"\x89PNG")
    assert "It reaches up to about" in see(f"{path}?recipe=mp3-96")


def test_a_picture_that_has_to_wait_says_when_to_ask_again(
    open_shop: StockedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hear_track, "TURN_SECONDS_MAX", 0.01)
    with contextlib.ExitStack() as others:
        for _ in range(hear_track.DRAWINGS_MAX):
            others.enter_context(hear_track._drawing)
        response = Client().get(f"/hear/{open_shop.track_id}/mp3-96/day.png")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Cache-Control"] == "no-store"
