"""What is told of the catalogue: frozen values, which leave in place of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class MeasuredSize:
    """What a master came to in a recipe when it was encoded to be counted, in bytes without tags.

    `audio_key` is the identity of that audio, which names the encoder and all that it was told (see
    `encoding.rules.audio_key`); empty where it was counted before identities were kept with sizes.
    """

    bytes: int
    audio_key: str


@dataclass(frozen=True, slots=True)
class MasterFacts:
    """A master as measured; see `models.Master` for the meaning of each field.

    `measured` is its `measured_sizes`, by recipe.
    """

    id: int
    sha256: str
    pcm_sha256: str
    flac_md5: str
    container: str
    size_bytes: int
    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    duration_ms: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    peaks: bytes
    measured: dict[str, MeasuredSize]


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A release without its tracks; see `models.Release` for the meaning of each field.

    `cover_sha256` and `booklet_sha256` are empty where there is none. `loudness_lufs` and
    `true_peak_dbtp` are the album's, None until it is published.
    """

    id: int
    slug: str
    title: str
    artist: str
    artist_slug: str
    label: str
    label_id: int
    upc: str | None
    released_on: date | None
    genre: str
    p_line: str
    c_line: str
    cover_sha256: str
    cover_media_type: str
    state: str
    booklet_sha256: str = ""
    musicbrainz_release_id: str = ""
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """A track with its release, its work and its master."""

    id: int
    title: str
    artist: str
    artist_slug: str
    disc_number: int
    track_number: int
    isrc: str
    work_title: str
    composer: str
    iswc: str | None
    release: ReleaseFacts
    master: MasterFacts
    track_total: int = 0
    disc_total: int = 0
    lyrics: str = ""
    musicbrainz_recording_id: str = ""


@dataclass(frozen=True, slots=True)
class ArtistFacts:
    """An artist as pages list them."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A release as the desk lists it."""

    release: ReleaseFacts
    track_count: int
    duration_ms: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TrackLoudness:
    """How loud a track's master is; `blocks` as in `models.Master.loudness_blocks`."""

    blocks: dict[str, int]
    loudness_lufs: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True, slots=True)
class CorrectionFacts:
    """A field that was corrected; see `models.CorrectionMade`. `made_by` is an address, "" for the
    command line."""

    field: str
    track_title: str
    before: str
    after: str
    made_by: str
    made_at: datetime
