from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.flac import FLAC

from pennywhistle.adapters.audio.analyse import analyse
from pennywhistle.adapters.audio.write_master import write_flac_master
from pennywhistle.adapters.tags.fields import TrackTags
from pennywhistle.adapters.tags.read import read_tags
from pennywhistle.demo.catalogue import RELEASES, DemoRelease
from pennywhistle.demo.delivery import (
    COVER_NAME,
    file_name,
    folder_name,
    track_tags,
    write_delivery,
)
from pennywhistle.demo.perform import Arrangement, Round

LINO = next(release for release in RELEASES if release.title == "Dancing on the Lino")


@pytest.fixture(scope="module")
def short() -> DemoRelease:
    """One release cut to its shortest track, played once without repeats: about twelve seconds."""
    keel_row = replace(LINO.tracks[3], arrangement=Arrangement(140, (Round((), False),)))
    return replace(LINO, title='What?: a "Test"', tracks=(keel_row,))


def test_a_delivery_is_a_folder_of_tagged_flac_and_a_cover(
    short: DemoRelease, tmp_path: Path
) -> None:
    told: list[str] = []
    folder = write_delivery(release=short, into=tmp_path, on_track=told.append)
    assert folder == tmp_path / "Quayside Four - What a Test"
    assert told == ["01 The Keel Row.flac"]
    assert sorted(path.name for path in folder.iterdir()) == [*told, COVER_NAME]

    info = FLAC(folder / told[0]).info
    assert (info.sample_rate, info.channels, info.bits_per_sample) == (44_100, 2, 16)
    cover = (folder / COVER_NAME).read_bytes()
    assert read_tags(folder / told[0]) == track_tags(release=short, number=1, cover=cover)

    before = (folder / told[0]).stat()
    write_delivery(release=short, into=tmp_path, on_track=told.append)
    after = (folder / told[0]).stat()
    assert told == ["01 The Keel Row.flac"] * 2
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_release_mastered_in_24_bits_is_delivered_so(short: DemoRelease, tmp_path: Path) -> None:
    deep = replace(short, bits_per_sample=24)
    folder = write_delivery(release=deep, into=tmp_path, on_track=lambda _: None)
    analysis = analyse(path=folder / "01 The Keel Row.flac")
    assert analysis.bits_per_sample == 24


def test_no_two_files_of_the_catalogue_share_a_name() -> None:
    assert len({folder_name(release) for release in RELEASES}) == len(RELEASES)
    for release in RELEASES:
        names = {file_name(n, track) for n, track in enumerate(release.tracks, start=1)}
        assert len(names) == len(release.tracks)


def test_a_master_is_written_the_same_twice_and_holds_the_samples_it_was_given(
    tmp_path: Path,
) -> None:
    pcm = bytes(range(256)) * 64
    paths = [tmp_path / name for name in ("one.flac", "two.flac")]
    for path in paths:
        write_flac_master(
            path=path, pcm=pcm, sample_rate_hz=44_100, channels=2, tags=TrackTags(title="Tone")
        )
    assert paths[0].read_bytes() == paths[1].read_bytes()
    info = FLAC(paths[0]).info
    assert info.total_samples == len(pcm) // 4
    assert info.md5_signature != 0


def test_samples_that_do_not_fill_whole_frames_are_refused_and_leave_no_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "odd.flac"
    with pytest.raises(ValueError, match=r"odd\.flac: 7 bytes are not whole frames"):
        write_flac_master(
            path=path, pcm=bytes(7), sample_rate_hz=44_100, channels=2, tags=TrackTags()
        )
    assert not list(tmp_path.iterdir())
