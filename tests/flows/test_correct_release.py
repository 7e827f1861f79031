"""Corrections of what is on sale: recorded, in the next download, and nothing sold changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mutagen.flac import FLAC
from pytest_django import Settings

from pennywhistle.adapters.audio.encode import EncodeResult
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.correct_release import CoverRefusedError, correct_release
from pennywhistle.flows.encode_rendition import encode_rendition
from pennywhistle.flows.measures import Count, list_measures
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.shop.catalogue.models import CorrectionMade, Release
from pennywhistle.shop.catalogue.queries import (
    TrackFacts,
    get_track,
    list_corrections,
    search_releases,
    search_tracks,
)
from pennywhistle.shop.catalogue.rules import (
    NotCorrectableError,
    ReleaseCorrection,
    TrackCorrection,
)
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.rules import Size, get_recipe, size_of
from pennywhistle.shop.sales.models import SaleLine
from tests.cast import NOW, Cast, fill_wallet, quote, stock_release
from tests.deliveries import picture
from tests.stocked_shop import StockedShop, stock_shop

SOLD = ("flac", "mp3-192")
RECORDING = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"


@dataclass(frozen=True, slots=True)
class Shop:
    """The cast, and where covers are kept; its masters are facts without files."""

    cast: Cast
    covers: CoverStore

    @property
    def track_id(self) -> int:
        return self.cast.track_ids[0]


@pytest.fixture
def shop(cast: Cast, tmp_path: Path) -> Shop:
    return Shop(cast, CoverStore(tmp_path / "covers"))


@pytest.fixture
def stocked(db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    """A shop that can encode."""
    return stock_shop(tmp_path, settings)


def correct(
    shop: Shop, correction: ReleaseCorrection, cover: bytes | None = None
) -> tuple[str, ...]:
    return correct_release(
        release_id=shop.cast.release_id,
        correction=correction,
        cover=cover,
        covers=shop.covers,
        corrected_by=shop.cast.otto.pk,
        now=NOW,
    )


def full(shop: Shop) -> ReleaseCorrection:
    return ReleaseCorrection(
        title="Reels & Airs",
        released_on=date(2026, 11, 20),
        genre="Folk",
        p_line="℗ 2026 Lantern",
        c_line="© 2026 Lantern",
        musicbrainz_release_id="76df3287-6cda-33eb-8e9a-044b5e15ffdd",
        tracks=(
            TrackCorrection(shop.track_id, "The Kesh Jig", " La la \r\n\r\nla\x07 ", RECORDING),
        ),
    )


def sizes_of(track: TrackFacts) -> list[Size]:
    master = facts_of(master=track.master)
    return [size_of(recipe=get_recipe(code=code), master=master) for code in SOLD]


def download(shop: StockedShop) -> tuple[FLAC, EncodeResult]:
    wanted = shop.wants("flac")
    made = encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert made is not None
    path = shop.outfit.renditions.find(**wanted.file)
    assert path is not None
    return FLAC(path), made


def test_the_next_download_says_it_and_no_encoder_ran(stocked: StockedShop) -> None:
    shop = Shop(stocked.cast, stocked.outfit.covers)
    before, first = download(stocked)
    encodes = list_measures()[Count.ENCODES_STARTED]
    correct(shop, full(shop), cover=picture(colour="#224466"))
    after, second = download(stocked)
    assert before["TITLE"] == ["The Kesh"]
    assert after["TITLE"] == ["The Kesh Jig"]
    assert after["ALBUM"] == ["Reels & Airs"]
    assert after["DATE"] == ["2026-11-20"]
    assert after["LYRICS"] == ["La la\n\nla"]
    assert after["MUSICBRAINZ_TRACKID"] == [RECORDING]
    assert after.pictures[0].data == picture(colour="#224466")
    assert second.audio_bytes == first.audio_bytes
    assert list_measures()[Count.ENCODES_STARTED] == encodes


def test_each_change_is_recorded_with_who_and_what_it_said(shop: Shop) -> None:
    changed = correct(shop, full(shop))
    assert set(changed) == {
        *("title", "released_on", "genre", "p_line", "c_line", "musicbrainz_release_id"),
        *("lyrics", "musicbrainz_recording_id"),
    }
    told = {
        (row.field, row.track_title): row
        for row in list_corrections(release_id=shop.cast.release_id)
    }
    title = told["title", ""]
    assert (title.before, title.after) == ("Reels", "Reels & Airs")
    assert (title.made_by, title.made_at) == ("otto@example.org", NOW)
    assert told["title", "The Kesh Jig"].before == "The Kesh"


def test_said_again_it_changes_and_records_nothing(shop: Shop) -> None:
    correct(shop, full(shop), cover=picture())
    count = CorrectionMade.objects.count()
    assert correct(shop, full(shop), cover=picture()) == ()
    assert CorrectionMade.objects.count() == count


def test_a_correction_says_letters_that_join_as_a_delivery_does(shop: Shop) -> None:
    spelled = "می\u200cخواهم"
    said = ReleaseCorrection(tracks=(TrackCorrection(shop.track_id, spelled, f"{spelled}\nla"),))
    assert correct(shop, said) == ("title", "lyrics")
    track = get_track(track_id=shop.track_id)
    assert (track.title, track.lyrics) == (spelled, f"{spelled}\nla")
    assert correct(shop, said) == ()
    with pytest.raises(NotCorrectableError, match="a title is empty"):
        correct(shop, ReleaseCorrection(title="\u202e\x07"))


def test_what_is_left_open_stays(shop: Shop) -> None:
    correct(shop, full(shop))
    assert correct(shop, ReleaseCorrection(genre="Céilí")) == ("genre",)
    release = Release.objects.get(pk=shop.cast.release_id)
    assert (release.title, release.genre) == ("Reels & Airs", "Céilí")


def test_search_finds_it_by_its_new_names(shop: Shop) -> None:
    correct(shop, full(shop))
    assert [release.title for release in search_releases(query="reels airs")] == ["Reels & Airs"]
    found = {track.title for track in search_tracks(query="airs")}
    assert found == {"The Kesh Jig", "Drowsy Maggie", "Morrison's"}


def test_nothing_that_was_sold_changes(shop: Shop) -> None:
    fill_wallet(shop.cast.alice, "5.00")
    for code in SOLD:
        offer = quote(shop.cast, BasketItem("track", shop.track_id, code))
        buy_basket(quote_id=offer.id, person_id=shop.cast.alice.pk, now=NOW)
    before = list(SaleLine.objects.order_by("pk").values())
    facts = get_track(track_id=shop.track_id)
    sizes = sizes_of(facts)
    correct(shop, full(shop), cover=picture())
    assert list(SaleLine.objects.order_by("pk").values()) == before
    again = get_track(track_id=shop.track_id)
    assert (again.isrc, again.iswc, again.composer) == (facts.isrc, facts.iswc, facts.composer)
    assert (again.release.upc, again.release.label) == (facts.release.upc, facts.release.label)
    assert again.release.slug == facts.release.slug
    assert sizes_of(again) == sizes


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        (ReleaseCorrection(title=" "), "a title is empty"),
        (ReleaseCorrection(title="x" * 301), "title has 301 characters; shorten it to 300"),
        (ReleaseCorrection(musicbrainz_release_id="76df"), "'76df' is no MusicBrainz id"),
        (ReleaseCorrection(tracks=(TrackCorrection(0, "Nowhere"),)), "no track 0 stands on"),
        (ReleaseCorrection(title="Jigs"), "Ann Piper has another release called 'Jigs' already"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    shop: Shop, correction: ReleaseCorrection, why: str
) -> None:
    stock_release("Jigs", ("Banish Misfortune",))
    with pytest.raises(NotCorrectableError, match=why):
        correct(shop, correction)
    assert Release.objects.get(pk=shop.cast.release_id).title == "Reels"
    assert not CorrectionMade.objects.exists()


def test_lyrics_beyond_any_songs_are_refused(shop: Shop) -> None:
    said = TrackCorrection(shop.track_id, lyrics="la " * 7_000)
    with pytest.raises(NotCorrectableError, match="lyrics has 20,999 characters"):
        correct(shop, ReleaseCorrection(tracks=(said,)))


def test_a_draft_is_corrected_by_its_tags(shop: Shop) -> None:
    Release.objects.filter(pk=shop.cast.release_id).update(state="draft")
    with pytest.raises(NotCorrectableError, match="correct the tags of its files"):
        correct(shop, full(shop))


def test_what_was_withdrawn_can_be_corrected_for_those_who_own_it(shop: Shop) -> None:
    Release.objects.filter(pk=shop.cast.release_id).update(state="withdrawn")
    assert "title" in correct(shop, full(shop))


def test_a_picture_that_is_no_cover_is_refused_with_all_else(shop: Shop) -> None:
    with pytest.raises(CoverRefusedError):
        correct(shop, full(shop), cover=b"no picture")
    assert Release.objects.get(pk=shop.cast.release_id).title == "Reels"


def test_the_number_of_queries_does_not_grow_where_nothing_changed(shop: Shop) -> None:
    correct(shop, full(shop))
    with CaptureQueriesContext(connection) as asked:
        correct(shop, full(shop))
    assert len(asked) <= 5
