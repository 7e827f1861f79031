"""What a delivery got wrong is put right by the next one, as long as its release is a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db.models import Model

from pennywhistle.flows.discard_draft import discard_draft
from pennywhistle.flows.ingest_report import IngestReport, Outcome
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.models import Artist, Master, Release, Track, Work
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.catalogue.rules import NotDraftError, UnknownReleaseError
from tests.deliveries import UPC, Sheet, deliver, picture
from tests.dock import NOW, Dock, of, outcomes, said

pytestmark = pytest.mark.django_db

SHEET = Sheet()
ISRC = "GBZZZ2600001"


def rows() -> list[list[dict[str, object]]]:
    """Everything that the catalogue knows."""
    models: tuple[type[Model], ...] = (Release, Track, Master, Work, Artist)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def the_track() -> TrackFacts:
    return queries.get_track(track_id=Track.objects.get().pk)


def check_that_nothing_changes_now(dock: Dock) -> None:
    before = rows()
    report = dock.ingest()
    assert report.changed_nothing
    assert rows() == before


def published(dock: Dock, report: IngestReport) -> None:
    operations.publish(release_id=report.releases[0].release.id, now=NOW)


def test_an_isrc_that_was_missing_is_taken_from_the_corrected_tags(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", replace(SHEET, number="2"))
    dock.ingest()
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", replace(SHEET, isrc=ISRC))
    report = dock.ingest()
    assert outcomes(report) == {
        "01.flac": Outcome.CORRECTED,
        "02.flac": Outcome.ALREADY_THERE,
    }
    assert "its new tags gave it ISRC" in said(of(report, "01.flac"))
    assert not report.changed_nothing
    assert queries.find_track_id_by_isrc(isrc=ISRC) == of(report, "01.flac").track_id
    check_that_nothing_changes_now(dock)


def test_every_fact_of_a_draft_follows_its_tags(dock: Dock, audio_samples: dict[str, Path]) -> None:
    (dock.folder / "cover.jpg").write_bytes(picture())
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", replace(SHEET, number="7"))
    before = dock.ingest().releases[0].release
    right = replace(
        SHEET,
        title="Lamp White",
        artist="Róisín Vale & Co",
        album_artist="Róisín Vale",
        composer="Róisín Vale",
        iswc="T-034.524.680-1",
        isrc=ISRC,
        date="2026-12-01",
        upc="0200000000035",
        lyrics="White, white,\nall the way down",
        recording_id="5b11f4ce-a62d-471e-81fc-a69a8278c7da",
        release_id="76df3287-6cda-33eb-8e9a-044b5e15ffdd",
    )
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", right)
    (dock.folder / "cover.jpg").write_bytes(picture(colour="#123456"))
    report = dock.ingest()
    track = the_track()
    assert (track.title, track.artist, track.track_number) == ("Lamp White", "Róisín Vale & Co", 1)
    assert (track.composer, track.iswc, track.isrc) == ("Róisín Vale", "T0345246801", ISRC)
    assert (track.release.id, track.release.upc) == (before.id, "0200000000035")
    assert track.release.released_on == date(2026, 12, 1)
    assert track.release.cover_sha256 != before.cover_sha256
    assert track.lyrics == right.lyrics
    assert track.musicbrainz_recording_id == right.recording_id
    assert track.release.musicbrainz_release_id == right.release_id
    assert report.releases[0].corrected == ("UPC", "release date", "MusicBrainz release id")
    assert of(report, "cover.jpg").outcome is Outcome.CORRECTED
    assert Work.objects.count() == 1
    assert "lamp white" in Track.objects.get().search_text
    assert "0200000000035" in Release.objects.get().search_text
    check_that_nothing_changes_now(dock)


def test_what_corrected_tags_leave_out_stays(dock: Dock, audio_samples: dict[str, Path]) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", replace(SHEET, isrc=ISRC))
    dock.ingest()
    silent = replace(SHEET, upc="", date="", composer="")
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", silent)
    assert dock.ingest().changed_nothing
    track = the_track()
    assert (track.isrc, track.composer, track.release.upc) == (ISRC, "Trad.", UPC)


def test_two_tracks_whose_numbers_were_mixed_up_change_places(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    first, second = audio_samples["flac-16-44"], audio_samples["flac-mono"]
    other = replace(SHEET, title="Other", number="2")
    deliver(first, dock.folder, "a.flac", SHEET)
    deliver(second, dock.folder, "b.flac", other)
    dock.ingest()
    deliver(first, dock.folder, "a.flac", replace(SHEET, number="2"))
    deliver(second, dock.folder, "b.flac", replace(other, number="1"))
    report = dock.ingest()
    assert "the place of 'Other', which is disc 1, track 1 now" in said(of(report, "a.flac"))
    assert list(Track.objects.values_list("track_number", "title")) == [
        (1, "Other"),
        (2, "Lamp Black"),
    ]
    check_that_nothing_changes_now(dock)


def test_a_composer_is_corrected_only_for_the_track_that_says_so(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", replace(SHEET, number="2"))
    dock.ingest()
    assert Work.objects.count() == 1
    right = replace(SHEET, composer="Róisín Vale")
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", right)
    assert of(dock.ingest(), "01.flac").outcome is Outcome.CORRECTED
    assert [track.work.composer for track in Track.objects.all()] == ["Róisín Vale", "Trad."]
    check_that_nothing_changes_now(dock)


def test_a_live_release_stays_and_the_way_on_is_told(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    (dock.folder / "cover.jpg").write_bytes(picture())
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    published(dock, dock.ingest())
    before = rows()
    new = replace(SHEET, title="New", isrc=ISRC, date="2027-01-01")
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", new)
    report = dock.ingest()
    assert report.changed_nothing
    assert "another title and ISRC than the shop" in said(of(report, "01.flac"))
    assert "album title of its own" in said(of(report, "01.flac"))
    assert any("another release date" in str(remark) for remark in report.releases[0].remarks)
    assert rows() == before


def test_folders_that_disagree_about_a_release_do_not_change_it_each_run(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    for number, (sample, day) in enumerate(
        [("flac-16-44", "2026-11-20"), ("flac-mono", "2026-11-21")], start=1
    ):
        sheet = replace(SHEET, disc=str(number), date=day)
        folder = dock.folder / f"CD{number}"
        deliver(audio_samples[sample], folder, "01.flac", sheet)
        (folder / "cover.jpg").write_bytes(picture(colour=f"#00000{number}"))
    dock.ingest()
    check_that_nothing_changes_now(dock)


def test_a_recording_of_a_single_stands_on_the_album_too_and_is_told(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    sheet = replace(SHEET, isrc=ISRC)
    deliver(audio_samples["flac-16-44"], dock.folder / "single", "01.flac", sheet)
    album = replace(sheet, album="The Album", upc="", number="3")
    deliver(audio_samples["flac-16-44"], dock.folder / "the album", "03.flac", album)
    report = dock.ingest()
    assert outcomes(report) == {
        "single/01.flac": Outcome.ACCEPTED,
        "the album/03.flac": Outcome.FLAGGED,
    }
    words = said(of(report, "the album/03.flac"))
    assert "track 1, 'Lamp Black', of 'Lamps on the Quay', and stands on both" in words
    assert "its ISRC" not in words
    assert Master.objects.get().tracks.count() == 2
    check_that_nothing_changes_now(dock)


def test_a_recording_under_a_wrong_album_is_discarded_and_delivered_right(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    source = audio_samples["flac-16-44"]
    deliver(source, dock.folder, "01.flac", replace(SHEET, album="BadMix"))
    dock.ingest()
    deliver(source, dock.folder, "01.flac", SHEET)
    refused = said(of(dock.ingest(), "01.flac"))
    assert f"the UPC {UPC} belongs to 'BadMix' already" in refused
    assert "pennywhistle discard róisín-vale-badmix" in refused

    gone = discard_draft(name="róisín-vale-badmix")
    assert (gone.title, gone.track_count) == ("BadMix", 1)
    assert not Track.objects.exists()
    assert not Master.objects.exists()
    report = dock.ingest()
    assert [found.release.title for found in report.releases] == ["Lamps on the Quay"]
    assert Release.objects.count() == 1


def test_a_draft_that_is_discarded_leaves_what_stands_elsewhere(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder / "one", "01.flac", SHEET)
    other = replace(SHEET, album="BadMix", upc="")
    deliver(audio_samples["flac-16-44"], dock.folder / "two", "01.flac", other)
    dock.ingest()
    discard_draft(name="róisín-vale-badmix")
    assert the_track().release.title == "Lamps on the Quay"
    assert dock.masters.holds(sha256=Master.objects.get().sha256)


def test_only_a_draft_can_be_discarded(album: Dock) -> None:
    published(album, album.ingest())
    with pytest.raises(NotDraftError, match="is live"):
        discard_draft(name=UPC)
    with pytest.raises(UnknownReleaseError):
        discard_draft(name="nowhere")
    assert Track.objects.count() == 4
