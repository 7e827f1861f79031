"""A release on sale is corrected by command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.shop.catalogue.queries import list_corrections, list_tracks_of_release
from tests.cast import Cast
from tests.doors.cli.test_cli_drafts import Command, command

__all__ = ["command"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_covers(tmp_path: Path, settings: Settings) -> Iterator[None]:
    settings.COVERS_FOLDER = tmp_path / "covers"
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


def test_the_release_and_a_track_are_corrected(
    command: Command, cast: Cast, tmp_path: Path
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("La la\nla", encoding="utf-8")
    said = command("correct", "ann-piper-reels", "--genre", "Folk", "--released-on", "2026-11-20")
    assert said == "ann-piper-reels: corrected released on, genre\n"
    said = command(
        *("correct", "ann-piper-reels", "--at", "2", "--title", "Maggie", "--lyrics", str(words))
    )
    assert said == "ann-piper-reels: corrected title, lyrics\n"
    track = list_tracks_of_release(release_id=cast.release_id)[1]
    assert (track.title, track.lyrics, track.release.genre) == ("Maggie", "La la\nla", "Folk")
    assert track.release.title == "Reels"
    assert track.release.released_on == date(2026, 11, 20)
    assert {row.made_by for row in list_corrections(release_id=cast.release_id)} == {""}
    assert "nothing, it says so already" in command("correct", "ann-piper-reels", "--genre", "Folk")


def test_musicbrainz_ids_are_the_releases_or_a_tracks(command: Command, cast: Cast) -> None:
    release, recording = (
        f"{'0f' * 4}-1111-4222-8333-{'9a' * 6}",
        f"{'1e' * 4}-1111-4222-8333-{'9a' * 6}",
    )
    said = command("correct", "ann-piper-reels", "--musicbrainz", release.upper())
    assert said == "ann-piper-reels: corrected musicbrainz release id\n"
    said = command("correct", "ann-piper-reels", "--at", "2", "--musicbrainz", recording)
    assert said == "ann-piper-reels: corrected musicbrainz recording id\n"
    track = list_tracks_of_release(release_id=cast.release_id)[1]
    assert track.musicbrainz_recording_id == recording
    assert track.release.musicbrainz_release_id == release


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--at", "9", "--title", "None"), "there is no track 9"),
        (("--lyrics", "words.txt"), "say which with --at"),
        (("--title", " "), "a title is empty"),
        (("--musicbrainz", "76df"), "is no MusicBrainz id"),
    ],
)
def test_what_cannot_be_is_told(
    command: Command, cast: Cast, words: tuple[str, ...], why: str
) -> None:
    assert why in " ".join(command("correct", "ann-piper-reels", *words).split())
    assert list_corrections(release_id=cast.release_id) == []
