"""What the library's page takes: frozen objects of plain values, as in `pages.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.money import Money


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
    broken_url: str
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
class ReportedFile:
    """A file that its listener called broken, and what came of it. `credited` is None where nothing
    came back; `answer` is the shop's, empty while there is none."""

    title: str
    recipe_title: str
    reported_at: datetime
    text: str
    credited: Money | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """Everything a listener owns, newest purchase first, and what they have reported."""

    releases: tuple[OwnedRelease, ...]
    track_count: int
    reports: tuple[ReportedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers to a question."""

    value: str
    text: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class BrokenPage:
    """The question what is wrong with a file. `trouble` says why an answer was not taken."""

    title: str
    recipe_title: str
    price: Money
    url: str
    choices: tuple[Choice, ...]
    words: str
    words_length_most: int
    trouble: str = ""
