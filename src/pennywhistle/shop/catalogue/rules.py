"""What a release needs before it goes live, and how names are folded for search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from anyascii import anyascii

from pennywhistle.kit.ids import is_musicbrainz_id
from pennywhistle.kit.lines import clean_line
from pennywhistle.shop.catalogue.facts import MeasuredSize

# Words of one search that count; the rest is cut.
SEARCH_WORDS_MOST = 8


class CatalogueError(Exception):
    """A catalogue entry that cannot be as asked."""


class UnknownReleaseError(CatalogueError):
    """No release answers to that name."""


class UnknownTrackError(CatalogueError):
    """No track answers to that name."""


class UnknownLabelError(CatalogueError):
    """No label answers to that name."""


class NotLiveError(CatalogueError):
    """A release that is on no shelf, where only one that is could be withdrawn."""


class NotDraftError(CatalogueError):
    """A release that is beyond what only a draft allows."""


class StillNamedError(CatalogueError):
    """Something that a licence names, and that therefore stays."""


class NotCorrectableError(CatalogueError):
    """A correction that cannot be made as asked."""


class NotReadyError(CatalogueError):
    """A release that lacks what publishing needs; the message lists all of it."""


@dataclass(frozen=True, slots=True)
class NewTrack:
    """What is known of a track when its master comes in. `isrc` may be empty."""

    title: str
    artist: str
    disc_number: int
    track_number: int
    isrc: str = ""
    composer: str = ""
    iswc: str | None = None
    lyrics: str = ""
    musicbrainz_recording_id: str = ""


@dataclass(frozen=True, slots=True)
class NewRelease:
    """What is known of a release when its first track comes in."""

    title: str
    artist: str
    label: str
    upc: str | None = None
    released_on: date | None = None
    genre: str = ""
    p_line: str = ""
    c_line: str = ""
    musicbrainz_release_id: str = ""


@dataclass(frozen=True, slots=True)
class NewMaster:
    """What ingest measured of a master; fields as in `models.Master`."""

    sha256: str
    pcm_sha256: str
    flac_md5: str
    container: str
    codec: str
    size_bytes: int
    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    duration_ms: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    peaks: bytes
    measured_sizes: dict[str, MeasuredSize]
    loudness_blocks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackCorrection:
    """What a track on sale should say from now on; None stays as it is."""

    track_id: int
    title: str | None = None
    lyrics: str | None = None
    musicbrainz_recording_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseCorrection:
    """What a release on sale should say from now on; None stays as it is.

    Nothing here is what a licence, a price or a statement stands on: artist, label, UPC, ISRC and
    works stay as they were sold.
    """

    title: str | None = None
    released_on: date | None = None
    genre: str | None = None
    p_line: str | None = None
    c_line: str | None = None
    musicbrainz_release_id: str | None = None
    tracks: tuple[TrackCorrection, ...] = ()


def check_correction(*, correction: ReleaseCorrection) -> None:
    """Raise `NotCorrectableError` for a title that is empty, or an id that is no UUID."""
    titles = [correction.title, *(track.title for track in correction.tracks)]
    if any(title is not None and not clean_line(title) for title in titles):
        raise NotCorrectableError("a title is empty; write one")
    ids = [track.musicbrainz_recording_id for track in correction.tracks]
    for said in filter(None, [correction.musicbrainz_release_id, *ids]):
        if not is_musicbrainz_id(said):
            raise NotCorrectableError(
                f"{said!r} is no MusicBrainz id; copy the 36 characters from its page there"
            )


@dataclass(frozen=True, slots=True)
class AlbumLoudness:
    """How loud a release is as a whole, and its highest peak. None where that is not known."""

    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


def fold(text: str) -> str:
    """`text` as search compares it: Latin letters without accents, small, single spaces."""
    return " ".join(anyascii(text).casefold().split())


def search_words(query: str) -> list[str]:
    """The folded words of a query, at most `SEARCH_WORDS_MOST`."""
    return fold(query).split()[:SEARCH_WORDS_MOST]


def list_lacks(*, has_cover: bool, tracks: Sequence[tuple[int, int]]) -> list[str]:
    """What a release still lacks: a cover, a track, or a number in the count of a disc from 1 on.

    `tracks` holds (disc number, track number).
    """
    lacks = []
    if not has_cover:
        lacks.append("a cover picture")
    if not tracks:
        lacks.append("at least one track")
    for disc in sorted({disc for disc, _ in tracks}):
        numbers = sorted(number for on, number in tracks if on == disc)
        if missing := sorted(set(range(1, numbers[-1] + 1)) - set(numbers)):
            lacks.append(f"track {', '.join(map(str, missing))} of disc {disc}")
    return lacks


def check_publishable(*, title: str, has_cover: bool, tracks: Sequence[tuple[int, int]]) -> None:
    """Raise `NotReadyError` where `list_lacks` finds anything."""
    if lacks := list_lacks(has_cover=has_cover, tracks=tracks):
        raise NotReadyError(f"{title!r} cannot go live yet: it lacks {'; '.join(lacks)}")
