"""A label's folder goes in, once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db.models import CharField

from pennywhistle.flows.ingest_folder import ingest_folder
from pennywhistle.flows.ingest_report import IngestProgress, IngestReport, Outcome
from pennywhistle.flows.read_delivery import DeliveryError
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.models import Master, Release, Track
from tests.audio_samples import CD, WAV_16, render
from tests.deliveries import UPC, Sheet, deliver, picture, put_picture_inside
from tests.dock import NOW, Dock, of, outcomes, said

pytestmark = pytest.mark.django_db

SHEET = Sheet()


def test_a_folder_of_every_lossless_container_becomes_a_draft_release(album: Dock) -> None:
    report = album.ingest()
    assert set(outcomes(report).values()) == {Outcome.ACCEPTED}
    (found,) = report.releases
    assert found.remarks == ()
    assert found.track_count == 4
    assert found.release == queries.get_release_in_any_state(name=UPC)
    assert (found.release.title, found.release.artist) == ("Lamps on the Quay", "Róisín Vale")
    assert found.release.label == "Lantern Row Records"
    assert found.release.released_on == date(2026, 11, 20)
    assert found.release.state == Release.State.DRAFT
    tracks = queries.list_tracks_of_release(release_id=found.release.id)
    assert [(track.track_number, track.title) for track in tracks] == [
        (number, f"Tune {number}") for number in range(1, 5)
    ]
    assert tracks[0].isrc == "GBZZZ2600001"


def test_each_master_is_kept_byte_for_byte_with_what_was_measured(album: Dock) -> None:
    album.ingest()
    for path in sorted(album.folder.iterdir()):
        if path.suffix == ".jpg":
            continue
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        assert album.masters.path(sha256=sha256).read_bytes() == path.read_bytes()
        master = queries.find_master_by_sha256(sha256=sha256)
        assert master is not None
        assert master.duration_ms == 2000
        assert master.measured.keys() >= {"flac", "alac", "wavpack"}
        assert all(size.bytes > 1000 for size in master.measured.values())
        assert master.loudness_lufs is not None
        assert 0 < len(master.peaks) <= 2000


def test_the_measured_size_is_of_the_samples_and_not_of_how_they_were_delivered(
    dock: Dock, tmp_path: Path
) -> None:
    """A FLAC master in short blocks must not make a larger FLAC for the listener."""
    sizes = []
    for number, (name, options) in enumerate(
        [("a.wav", WAV_16), ("b.flac", (*CD, "-frame_size", "192"))], start=1
    ):
        source = render(tmp_path / name, *options, frequency_hz=444, seconds=5)
        folder = tmp_path / f"shop-{number}"
        deliver(source, folder, name, SHEET)
        dock.ingest(folder)
        measured = Master.objects.get().measured_sizes
        sizes.append({code: size["bytes"] for code, size in measured.items()})
        Track.objects.all().delete()
        Master.objects.all().delete()
    assert sizes[0] == sizes[1]


def test_the_cover_is_kept_and_cut_to_size(album: Dock) -> None:
    report = album.ingest()
    release = report.releases[0].release
    assert of(report, "cover.jpg").outcome is Outcome.ACCEPTED
    assert release.cover_sha256 == hashlib.sha256(picture()).hexdigest()
    assert release.cover_media_type == "image/jpeg"
    for size in ("large", "small"):
        cover = album.covers.path(sha256=release.cover_sha256, size=size)
        assert cover.read_bytes().startswith(b"\xff\xd8\xff")


def test_a_second_run_changes_nothing_and_says_so(album: Dock, tmp_path: Path) -> None:
    first = album.ingest()
    assert not first.changed_nothing
    rows = [list(model.objects.order_by("pk").values()) for model in (Release, Track, Master)]
    files = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    second = album.ingest()
    assert second.changed_nothing
    assert set(outcomes(second).values()) == {Outcome.ALREADY_THERE}
    assert of(second, "cover.jpg").outcome is Outcome.ALREADY_THERE
    assert second.releases == first.releases
    assert rows == [
        list(model.objects.order_by("pk").values()) for model in (Release, Track, Master)
    ]
    assert files == sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))


def test_progress_names_each_file_before_and_after_it(album: Dock) -> None:
    album.ingest()
    names = [(told.name, told.outcome) for told in album.told]
    expected = sorted(path.name for path in album.folder.iterdir() if path.suffix != ".jpg")
    assert [name for name, outcome in names if outcome is None] == expected
    assert [name for name, outcome in names if outcome is Outcome.ACCEPTED] == expected
    last = album.told[-1]
    assert (last.files_done, last.bytes_done) == (last.files_total, last.bytes_total)


def test_two_recordings_of_one_work_share_it(dock: Dock, audio_samples: dict[str, Path]) -> None:
    sheet = replace(SHEET, iswc="T-034.524.680-1")
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    live = replace(sheet, title="Lamp Black (live)", number="2")
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", live)
    assert dock.ingest().count(Outcome.REFUSED) == 0
    assert {track.work.iswc for track in Track.objects.all()} == {"T0345246801"}
    assert len({track.work_id for track in Track.objects.all()}) == 1


def test_a_long_title_in_another_script_goes_in(dock: Dock, audio_samples: dict[str, Path]) -> None:
    """Three hundred characters that take two thousand Latin letters."""
    sheet = replace(SHEET, title="簫" * 300, artist="雙" * 200, album="鐘" * 300)
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    assert dock.ingest().count(Outcome.REFUSED) == 0
    for row in (*Track.objects.all(), *Release.objects.all(), Track.objects.get().artist):
        for column in row._meta.get_fields():
            if isinstance(column, CharField):
                # SQLite would take any length, PostgreSQL refuses.
                assert len(getattr(row, column.name) or "") <= (column.max_length or 0), column
    assert dock.ingest().changed_nothing


def test_a_bad_cover_is_refused_and_the_picture_inside_a_track_stands_in(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    (dock.folder / "Cover.JPG").write_bytes(picture(side=200))
    put_picture_inside(
        deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET), picture()
    )
    report = dock.ingest()
    assert "200 × 200 pixels" in said(of(report, "Cover.JPG"))
    assert report.releases[0].release.cover_sha256 == hashlib.sha256(picture()).hexdigest()
    assert dock.ingest().changed_nothing


def test_a_live_release_keeps_the_cover_that_it_has(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    (dock.folder / "cover.jpg").write_bytes(picture())
    (found,) = dock.ingest().releases
    operations.publish(release_id=found.release.id, now=NOW)
    (dock.folder / "cover.jpg").write_bytes(picture(colour="#123456"))
    (found,) = dock.ingest().releases
    assert found.release.cover_sha256 == hashlib.sha256(picture()).hexdigest()
    assert any("is not the cover that the release has" in str(remark) for remark in found.remarks)


def test_discs_in_folders_of_their_own_make_one_release(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    (dock.folder / "front.png").write_bytes(picture(kind="PNG"))
    deliver(audio_samples["flac-16-44"], dock.folder / "CD1", "01.flac", SHEET)
    deliver(audio_samples["flac-mono"], dock.folder / "CD 2", "01.flac", replace(SHEET, disc="2/2"))
    deliver(audio_samples["wav-16"], dock.folder / "CD 2", "02.wav", replace(SHEET, number="2"))
    (found,) = dock.ingest().releases
    tracks = queries.list_tracks_of_release(release_id=found.release.id)
    assert [(track.disc_number, track.track_number) for track in tracks] == [(1, 1), (2, 1), (2, 2)]
    assert found.release.cover_media_type == "image/png"


def test_two_albums_in_one_folder_make_two_releases(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    other = replace(SHEET, album="Second Light", upc="")
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", other)
    assert {found.release.title for found in dock.ingest().releases} == {
        "Lamps on the Quay",
        "Second Light",
    }


def test_an_album_by_several_artists_is_by_various_artists(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    second = replace(SHEET, number="2", artist="Pádraig Oak")
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", second)
    (found,) = dock.ingest().releases
    assert found.release.artist == "Various Artists"
    tracks = queries.list_tracks_of_release(release_id=found.release.id)
    assert [track.artist for track in tracks] == ["Róisín Vale", "Pádraig Oak"]


def test_a_label_that_is_named_stands_over_the_tags(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    assert dock.ingest(label_name="Saltmarsh Tapes").releases[0].release.label == "Saltmarsh Tapes"


def test_a_label_that_is_named_is_cleaned_as_tags_are_or_refused(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    for none in ("", " \u202e", "L" * 201):
        with pytest.raises(DeliveryError, match="no label's name"):
            dock.ingest(label_name=none)
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    report = dock.ingest(label_name="Salt\u202emarsh\u2028Tapes ")
    assert report.releases[0].release.label == "Saltmarsh Tapes"


def test_one_file_can_be_taken_in_by_itself(dock: Dock, audio_samples: dict[str, Path]) -> None:
    path = deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", replace(SHEET, number="2"))
    assert outcomes(dock.ingest(path)) == {"01.flac": Outcome.FLAGGED}


def test_a_live_release_takes_no_further_tracks(
    album: Dock, audio_samples: dict[str, Path]
) -> None:
    (found,) = album.ingest().releases
    operations.publish(release_id=found.release.id, now=NOW)
    deliver(audio_samples["flac-mono"], album.folder, "05.flac", replace(SHEET, number="5"))
    report = album.ingest()
    assert report.changed_nothing
    assert "takes no further tracks" in said(of(report, "05.flac"))


def test_links_and_hidden_files_are_left_alone(
    dock: Dock, audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    outside = deliver(audio_samples["flac-16-44"], tmp_path / "private", "secret.flac", SHEET)
    (dock.folder / "link.flac").symlink_to(outside)
    (dock.folder / "folder").symlink_to(outside.parent)
    shutil.copy(outside, dock.folder / "._01.flac")
    (dock.folder / "cover.jpg").symlink_to(outside)
    report = dock.ingest()
    assert report.files == ()
    assert {left.name for left in report.ignored} == {
        "link.flac",
        "folder",
        "._01.flac",
        "cover.jpg",
    }


def test_a_folder_that_is_not_there_is_named(dock: Dock) -> None:
    with pytest.raises(DeliveryError, match="nowhere"):
        dock.ingest(dock.folder / "nowhere")


def test_an_empty_folder_gives_an_empty_report(dock: Dock) -> None:
    report = dock.ingest()
    assert report == IngestReport((), ())
    assert report.changed_nothing


def test_a_master_whose_file_was_lost_is_brought_back_by_the_next_run(album: Dock) -> None:
    album.ingest()
    sha256 = hashlib.sha256((album.folder / "02 Old Oil.wav").read_bytes()).hexdigest()
    album.masters.path(sha256=sha256).unlink()
    assert album.ingest().changed_nothing
    assert album.masters.holds(sha256=sha256)


def test_a_run_that_is_stopped_at_any_file_is_completed_by_the_next(album: Dock) -> None:
    class StoppedError(Exception):
        pass

    def stop_at(call: int) -> Callable[[IngestProgress], None]:
        left = [call]

        def tell(_: IngestProgress) -> None:
            left[0] -= 1
            if not left[0]:
                raise StoppedError

        return tell

    for call in range(1, 9):
        with pytest.raises(StoppedError):
            ingest_folder(
                folder=album.folder,
                label_name=None,
                masters=album.masters,
                covers=album.covers,
                working_folder=album.working_folder,
                on_progress=stop_at(call),
                now=NOW,
            )
        assert Track.objects.count() == call // 2
        for master in Master.objects.all():
            assert album.masters.holds(sha256=master.sha256)
    assert album.ingest().releases[0].track_count == 4
