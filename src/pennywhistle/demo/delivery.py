"""A release as a label delivers it: a folder of tagged FLAC files and a cover."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

import numpy as np

from pennywhistle.adapters.audio.write_master import write_flac_master
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.demo.catalogue import DemoRelease, DemoTrack
from pennywhistle.demo.covers import draw_cover
from pennywhistle.demo.synth import CHANNELS, render_track
from pennywhistle.demo.tunes import TUNES
from pennywhistle.demo.voices import SAMPLE_RATE_HZ

RENDERERS_MAX = 2  # tracks at once: numpy and the encoder both leave Python's lock alone
COVER_NAME = "cover.jpg"
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


def write_delivery(*, release: DemoRelease, into: Path, on_track: Callable[[str], None]) -> Path:
    """Render a release into `<into>/<Artist - Title>/` and return that folder.

    `on_track` is told each file's name when it is complete, in the order of the release. A file
    that is already there is kept, so an interrupted delivery can be completed by calling again.
    Raises MasterNotWrittenError if the encoder fails.
    """
    folder = into / folder_name(release)
    folder.mkdir(parents=True, exist_ok=True)
    cover = draw_cover(release.cover)
    (folder / COVER_NAME).write_bytes(cover)
    names = [file_name(number, track) for number, track in enumerate(release.tracks, start=1)]
    with ThreadPoolExecutor(max_workers=RENDERERS_MAX) as renderers:
        waiting = [
            renderers.submit(_write_track, folder / name, release, number, cover)
            for number, name in enumerate(names, start=1)
        ]
        for name, written in zip(names, waiting, strict=True):
            written.result()
            on_track(name)
    return folder


def folder_name(release: DemoRelease) -> str:
    """`Artist - Title`, without what a file system would refuse."""
    return _NOT_IN_A_NAME.sub("", f"{release.artist} - {release.title}")


def file_name(number: int, track: DemoTrack) -> str:
    """`01 Title.flac`, without what a file system would refuse."""
    return _NOT_IN_A_NAME.sub("", f"{number:02} {track.title}.flac")


def track_tags(*, release: DemoRelease, number: int, cover: bytes | None) -> TrackTags:
    """What the label writes into track `number` (from 1) of a release."""
    track = release.tracks[number - 1]
    return TrackTags(
        title=track.title,
        artist=release.artist,
        album=release.title,
        album_artist=release.artist,
        track_number=number,
        track_total=len(release.tracks),
        disc_number=1,
        disc_total=1,
        date=release.date,
        genre=release.genre,
        composer=track.composer,
        label=release.label,
        isrc=track.isrc,
        upc=release.upc,
        copyright=release.p_line,
        cover=None if cover is None else Cover(cover, "image/jpeg"),
    )


def _write_track(path: Path, release: DemoRelease, number: int, cover: bytes) -> None:
    if path.exists():
        return
    track = release.tracks[number - 1]
    pcm = render_track(
        tune=TUNES[track.tune],
        arrangement=track.arrangement,
        random=np.random.default_rng(crc32(track.isrc.encode())),
        bits_per_sample=release.bits_per_sample,
    )
    write_flac_master(
        path=path,
        pcm=pcm,
        sample_rate_hz=SAMPLE_RATE_HZ,
        channels=CHANNELS,
        bits_per_sample=release.bits_per_sample,
        tags=track_tags(release=release, number=number, cover=cover),
    )
