"""What cannot go in is refused by name, what is odd is told, and the rest goes in."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.flows.ingest_report import Outcome
from pennywhistle.shop.catalogue.models import Master, Track
from tests.audio_samples import CD, render
from tests.deliveries import Sheet, deliver
from tests.dock import Dock, of, outcomes, said

pytestmark = pytest.mark.django_db

SHEET = Sheet()


BAD = {
    "mp3": ("a.mp3", "it holds MP3, which is lossy"),
    "aac": ("b.m4a", "it holds AAC, which is lossy"),
    "mp3-named-flac": ("c.flac", "ends in .flac, and it is an MP3"),
    "text-named-wav": ("d.wav", "no audio file"),
    "empty": ("e.flac", "it is empty"),
    "truncated-flac-16-44": ("f.flac", ""),
    "truncated-wav-16": ("g.wav", "it says it holds"),
    "truncated-alac-16": ("h.m4a", "it says it holds"),
    "wrong-md5": ("i.flac", "does not match the MD5"),
    "corrupt-frame": ("j.flac", "cannot be decoded"),
    "flac-quad": ("k.flac", "4 channels"),
    "odd-name": ("l.flac", "no title, artist, album and track number"),
}
TAGGED_BAD = ("truncated-flac-16-44", "wrong-md5", "corrupt-frame", "flac-quad")


def test_every_bad_kind_is_refused_with_its_reason_and_the_rest_goes_in(
    album: Dock, audio_samples: dict[str, Path]
) -> None:
    for number, (sample, (name, _)) in enumerate(BAD.items(), start=20):
        if sample in TAGGED_BAD:
            deliver(audio_samples[sample], album.folder, name, replace(SHEET, number=str(number)))
        else:
            shutil.copy(audio_samples[sample], album.folder / name)
    (album.folder / "notes.txt").write_text("Thank you for the music.")
    report = album.ingest()
    for name, words in BAD.values():
        refused = of(report, name)
        assert refused.outcome is Outcome.REFUSED, name
        assert words in said(refused)
        assert all(remark.what and remark.remedy for remark in refused.remarks)
    assert report.count(Outcome.ACCEPTED) == 4
    assert report.count(Outcome.REFUSED) == len(BAD)
    (notes,) = report.ignored
    assert str(notes) == "notes.txt: it is neither a recording nor a cover"
    assert Master.objects.count() == 4
    assert album.ingest().changed_nothing


def test_the_same_samples_under_another_name_are_refused_naming_both(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", SHEET)
    shutil.copy(dock.folder / "01.flac", dock.folder / "01 copy.flac")
    deliver(audio_samples["flac-16-44"], dock.folder, "02.flac", replace(SHEET, number="2"))
    for report in (dock.ingest(), dock.ingest()):
        assert report.count(Outcome.REFUSED) == 2
        (kept,) = (file.name for file in report.files if file.outcome is not Outcome.REFUSED)
        for refused in report.files:
            if refused.outcome is Outcome.REFUSED:
                assert f"as {kept}" in said(refused)
                assert "same" in said(refused)
    assert Track.objects.count() == 1


def test_two_recordings_with_one_track_number_are_told_of_each_other(
    dock: Dock, audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "a.flac", SHEET)
    deliver(audio_samples["flac-mono"], dock.folder, "b.flac", SHEET)
    report = dock.ingest()
    assert outcomes(report) == {"a.flac": Outcome.FLAGGED, "b.flac": Outcome.REFUSED}
    assert "a.flac is disc 1, track 1 too" in said(of(report, "b.flac"))
    (dock.folder / "a.flac").unlink()
    report = dock.ingest()
    assert "is 'Lamp Black' already" in said(of(report, "b.flac"))
    assert len([path for path in (tmp_path / "masters").rglob("*") if path.is_file()]) == 1


FLAWS: dict[str, tuple[Sheet, str]] = {
    "no ISRC": (SHEET, "it has no ISRC"),
    "bad ISRC": (replace(SHEET, isrc="GB-123"), "'GB-123' is not an ISRC"),
    "no composer": (replace(SHEET, composer=""), "it names no composer"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_of_a_track_is_told_and_the_track_goes_in(
    dock: Dock, audio_samples: dict[str, Path], flaw: str
) -> None:
    sheet, words = FLAWS[flaw]
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    report = dock.ingest()
    assert outcomes(report) == {"01.flac": Outcome.FLAGGED}
    assert words in said(of(report, "01.flac"))
    assert Track.objects.get().isrc == ""


RELEASE_FLAWS: dict[str, tuple[Sheet, str]] = {
    "no cover": (SHEET, "it has no cover"),
    "no UPC": (replace(SHEET, upc=""), "it has no UPC"),
    "bad UPC": (
        replace(SHEET, upc="0200000000023"),
        "its check digit is 3, and would have to be 8",
    ),
    "only a year": (replace(SHEET, date="2026"), "its date says 2026 and no day"),
    "no label": (replace(SHEET, label=""), "so Róisín Vale stands as the label"),
}


@pytest.mark.parametrize("flaw", RELEASE_FLAWS)
def test_a_flaw_of_a_release_is_told_and_the_release_goes_in(
    dock: Dock, audio_samples: dict[str, Path], flaw: str
) -> None:
    sheet, words = RELEASE_FLAWS[flaw]
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    (found,) = dock.ingest().releases
    assert any(words in str(remark) for remark in found.remarks)
    if flaw.endswith("UPC"):
        assert found.release.upc is None


def test_silence_is_told(dock: Dock, audio_samples: dict[str, Path]) -> None:
    deliver(audio_samples["silence"], dock.folder, "01.flac", SHEET)
    assert "digital silence" in said(of(dock.ingest(), "01.flac"))


def test_an_isrc_on_two_recordings_is_told(dock: Dock, audio_samples: dict[str, Path]) -> None:
    isrc = "GBZZZ2600001"
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", replace(SHEET, isrc=isrc))
    second = replace(SHEET, isrc=isrc, number="2", title="Other")
    deliver(audio_samples["flac-mono"], dock.folder, "02.flac", second)
    assert "GBZZZ2600001 stands on 'Lamp Black'" in said(of(dock.ingest(), "02.flac"))


@pytest.mark.parametrize("length", [201, 5_000])
def test_a_long_tag_is_refused_rather_than_cut_and_told_one_limit(
    dock: Dock, audio_samples: dict[str, Path], length: int
) -> None:
    sheet = replace(SHEET, artist="x" * length)
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    words = f"its artist has {length:,} characters; shorten it to 200"
    assert words in said(of(dock.ingest(), "01.flac"))


def test_hidden_characters_and_impossible_dates_are_told(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    sheet = replace(SHEET, title="Lamp \u202eBlack\x1b", date="2020-13-45")
    deliver(audio_samples["flac-16-44"], dock.folder, "01.flac", sheet)
    report = of(dock.ingest(), "01.flac")
    assert report.outcome is Outcome.FLAGGED
    assert "its title held characters that cannot be seen" in said(report)
    assert "its date says 2020-13-45, which is no day" in said(report)
    assert Track.objects.get().title == "Lamp Black"


def test_a_recording_of_a_moment_is_told(dock: Dock, tmp_path: Path) -> None:
    source = render(tmp_path / "blip.flac", *CD, frequency_hz=700, seconds=0.01)
    deliver(source, dock.folder, "01.flac", SHEET)
    report = of(dock.ingest(), "01.flac")
    assert report.outcome is Outcome.FLAGGED
    assert "it lasts 0.01 seconds" in said(report)


def test_what_is_ignored_is_told_with_its_reason(dock: Dock, tmp_path: Path) -> None:
    (dock.folder / "cover.svg").write_text("<svg/>")
    (dock.folder / "link.flac").symlink_to(tmp_path / "elsewhere.flac")
    os.mkfifo(dock.folder / "pipe.flac")
    reasons = {left.name: left.why for left in dock.ingest().ignored}
    assert "JPEG or PNG" in reasons["cover.svg"]
    assert "is a link" in reasons["link.flac"]
    assert "no file" in reasons["pipe.flac"]


def test_a_name_that_no_terminal_should_see_is_shown_escaped(
    dock: Dock, audio_samples: dict[str, Path]
) -> None:
    shutil.copy(audio_samples["mp3"], dock.folder / os.fsdecode(b"\xff\x1b[2J.mp3"))
    deliver(audio_samples["flac-16-44"], dock.folder, "one.flac", SHEET)
    (dock.folder / "one.flac").rename(dock.folder / "\udcfe\n\u202e\u2606.flac")
    report = dock.ingest()
    assert outcomes(report) == {
        "\\xff\\x1b[2J.mp3": Outcome.REFUSED,
        "\\xfe\\n\\u202e\u2606.flac": Outcome.FLAGGED,
    }
