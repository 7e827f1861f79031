"""What the library's page takes: frozen objects of plain values, as in `pages.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ZipLink:
    """A release in one recipe as a ZIP."""

    title: str
    recipe_title: str
    url: str


@dataclass(frozen=True, slots=True)
class OwnedTrack:
    """A track that is the listener's, in the recipe that was bought.

    `pcm_sha256` is the hash of the recording's samples, empty where the file does not give these
    back; `file_sha256` that of the file as it was made last, at `made_at`, empty where that is not
    known.
    """

    title: str
    size_bytes: int
    size_is_exact: bool
    download_url: str
    receipt_url: str
    pcm_sha256: str = ""
    file_sha256: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnedBundle:
    """What a listener owns of a release in one recipe. `zip_url` is empty for a single track."""

    recipe_title: str
    size_bytes: int
    size_is_exact: bool
    tracks: tuple[OwnedTrack, ...]
    zip_url: str = ""


@dataclass(frozen=True, slots=True)
class OwnedRelease:
    """What a listener owns of one release."""

    title: str
    url: str
    artist_name: str
    cover_url: str
    bundles: tuple[OwnedBundle, ...]


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """Everything a listener owns, newest purchase first."""

    releases: tuple[OwnedRelease, ...]
    track_count: int
