"""What a track's tags say, whatever the container calls them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture: its bytes and their media type (`image/jpeg` or `image/png`)."""

    # To hash a megabyte takes as long as to look at what else it might be.
    data: bytes = field(hash=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class TrackTags:
    """The tags of one track. None or 0 means that the file does not say."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    track_number: int = 0
    track_total: int = 0
    disc_number: int = 0
    disc_total: int = 0
    date: str | None = None  # ISO 8601, as exact as it is known: 2026, 2026-11, 2026-11-24
    genre: str | None = None
    composer: str | None = None
    label: str | None = None
    isrc: str | None = None
    iswc: str | None = None
    upc: str | None = None
    copyright: str | None = None  # the P-line: "℗ 2026 Lantern Row Records"
    comment: str | None = None
    lyrics: str | None = None  # lines end in "\n"
    musicbrainz_recording_id: str | None = None
    musicbrainz_release_id: str | None = None
    pcm_sha256: str | None = None  # of the samples that a lossless file decodes to, as hex
    track_loudness_lufs: float | None = None
    track_true_peak_dbtp: float | None = None
    album_loudness_lufs: float | None = None
    album_true_peak_dbtp: float | None = None
    cover: Cover | None = None
    oddities: tuple[str, ...] = ()  # what was said and could not be taken as it stood
