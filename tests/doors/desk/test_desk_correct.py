"""The desk's page that corrects a release on sale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.shop.catalogue.models import Release
from pennywhistle.shop.catalogue.queries import (
    get_release_in_any_state,
    list_corrections,
    list_tracks_of_release,
)
from tests.cast import Cast
from tests.deliveries import picture
from tests.doors.desk.conftest import See, check_page

pytestmark = pytest.mark.django_db

PAGE = "/desk/releases/ann-piper-reels/"
CORRECT = f"{PAGE}correct/"


@pytest.fixture(autouse=True)
def _own_covers(tmp_path: Path, settings: Settings) -> Iterator[None]:
    settings.COVERS_FOLDER = tmp_path / "covers"
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


def form_of(cast: Cast, **other: object) -> dict[str, object]:
    """What the browser would send of the page as it stands, but for what is `other`."""
    facts = get_release_in_any_state(name="ann-piper-reels")
    said: dict[str, object] = {"title": facts.title, "genre": facts.genre}
    for track in list_tracks_of_release(release_id=cast.release_id):
        said[f"track_{track.id}_title"] = track.title
        said[f"track_{track.id}_lyrics"] = track.lyrics
    return said | other


def test_the_page_shows_what_files_say_and_what_is_not_corrected_there(
    otto: Client, cast: Cast, see: See
) -> None:
    assert CORRECT in see(otto, PAGE)
    text = see(otto, CORRECT)
    for said in ("Drowsy Maggie", "Lyrics of 1.3", 'enctype="multipart/form-data"'):
        assert said in text
    assert "Not corrected here: artist (Ann Piper), label (Lantern), UPC, ISRC" in text


def test_a_label_corrects_its_own_and_the_page_keeps_who_did(
    lena: Client, cast: Cast, see: See
) -> None:
    track_id = cast.track_ids[0]
    lyrics = "One <line>\r\nand another"
    sent = form_of(cast, title="Reels & Airs", genre="Folk", **{f"track_{track_id}_lyrics": lyrics})
    response = lena.post(CORRECT, sent, follow=True)
    assert "Reels &amp; Airs is corrected" in response.content.decode()
    track = list_tracks_of_release(release_id=cast.release_id)[0]
    assert (track.release.title, track.lyrics) == ("Reels & Airs", "One <line>\nand another")
    text = see(lena, CORRECT)
    assert "One &lt;line&gt; / and another" in text
    assert "lena@example.org" in text
    assert "release date" not in text


def test_a_new_cover_is_taken(otto: Client, cast: Cast) -> None:
    cover = SimpleUploadedFile("new.jpg", picture(colour="#224466"), "image/jpeg")
    before = get_release_in_any_state(name="ann-piper-reels").cover_sha256
    otto.post(CORRECT, form_of(cast, cover=cover))
    after = get_release_in_any_state(name="ann-piper-reels").cover_sha256
    assert after != before
    assert get_outfit().covers.holds(sha256=after)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"title": ""}, "This field is required."),
        ({"musicbrainz_release_id": "76df"}, "is no MusicBrainz id"),
        ({"released_on": "tomorrow"}, "Enter a valid date."),
        ({"cover": SimpleUploadedFile("new.jpg", b"no picture", "image/jpeg")}, "cover"),
        ({"cover": SimpleUploadedFile("new.jpg", b"", "image/jpeg")}, "cover"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_nothing_changes(
    otto: Client, cast: Cast, other: dict[str, object], why: str
) -> None:
    response = otto.post(CORRECT, form_of(cast, genre="Folk", **other))
    text = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was corrected yet" in text
    assert why in text
    check_page(text)
    assert list_corrections(release_id=cast.release_id) == []
    assert get_release_in_any_state(name="ann-piper-reels").genre == ""


def test_sent_as_it_stands_it_changes_nothing(otto: Client, cast: Cast) -> None:
    response = otto.post(CORRECT, form_of(cast), follow=True)
    assert "stays as it was" in response.content.decode()
    assert list_corrections(release_id=cast.release_id) == []


def test_a_draft_leads_back_to_its_files(otto: Client, cast: Cast, see: See) -> None:
    Release.objects.update(state="draft")
    assert CORRECT not in see(otto, PAGE)
    response = otto.get(CORRECT, follow=True)
    assert "correct the tags of its files" in response.content.decode()


def test_another_labels_release_is_not_there(mara: Client, alice: Client, cast: Cast) -> None:
    assert mara.get(CORRECT).status_code == 404
    assert mara.post(CORRECT, form_of(cast)).status_code == 404
    assert alice.get(CORRECT).status_code == 403
    assert Client().get(CORRECT).status_code == 302
