"""Read what a folder from a label says it holds, by its tags, before any of it is taken in."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pennywhistle.adapters.audio.analyse import SUFFIXES, check_header
from pennywhistle.adapters.audio.refusal import AudioRefusedError
from pennywhistle.adapters.audio.sniff import Container, sniff
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.read import TagsUnreadableError, read_tags
from pennywhistle.flows.ingest_report import FileReport, IgnoredFile, Outcome, Remark
from pennywhistle.kit.lines import clean_line
from pennywhistle.shop.catalogue.identifiers import (
    IdentifierError,
    checked_isrc,
    checked_iswc,
    checked_upc,
)
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack

FILES_MAX = 20_000
DEPTH_MAX = 8

# The catalogue's own lengths; tags beyond them are refused rather than cut.
_CHARACTERS_MAX = {
    "title": 300,
    "artist": 200,
    "album": 300,
    "album_artist": 200,
    "composer": 300,
    "label": 200,
    "genre": 100,
    "copyright": 300,
}
_VARIOUS = "Various Artists"
_COVER_NAMES = ("cover", "front", "folder")
_COVER_SUFFIXES = (".jpg", ".jpeg", ".png")
_COVERS = [f"{stem}{suffix}" for stem in _COVER_NAMES for suffix in _COVER_SUFFIXES]
_BOOKLETS = ["booklet.pdf", "digital booklet.pdf"]
_PICTURE_SUFFIXES = (*_COVER_SUFFIXES, ".svg", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".heic")
# Names that can only be meant as audio. What is named otherwise counts by its first bytes.
_AUDIO_SUFFIXES = frozenset(suffix for names in SUFFIXES.values() for suffix in names) | {
    *(".mp3", ".mp2", ".aac", ".ogg", ".oga", ".opus", ".wma", ".ac3", ".mpc"),
    *(".wv", ".ape", ".tak", ".tta", ".dsf", ".dff", ".w64", ".caf"),
}
_AUDIO_BYTES = (Container.FLAC, Container.WAV, Container.AIFF, Container.OGG, Container.WAVPACK)
_DISC_FOLDER = re.compile(r"(?:cd|dis[ck])[ _-]*0*([1-9][0-9]?)", re.IGNORECASE)


class DeliveryError(ValueError):
    """There is nothing to read at that path, or far too much; or the label given for it is no name."""


@dataclass(frozen=True, slots=True)
class DeliveredTrack:
    """One file that says what it is. `cover` is the picture inside it, if any."""

    path: Path
    name: str
    track: NewTrack
    cover: Cover | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class DeliveredRelease:
    """The files of one release. `cover_paths` and `booklet_paths` lie beside them, likeliest first."""

    release: NewRelease
    tracks: tuple[DeliveredTrack, ...]
    cover_paths: tuple[Path, ...]
    booklet_paths: tuple[Path, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A folder, read. `root` is what names are relative to."""

    root: Path
    releases: tuple[DeliveredRelease, ...]
    refused: tuple[FileReport, ...]
    ignored: tuple[IgnoredFile, ...]


@dataclass(frozen=True, slots=True)
class _Tagged:
    path: Path
    name: str
    tags: TrackTags
    remarks: list[Remark] = field(default_factory=list)


def read_delivery(*, folder: Path, label_name: str | None) -> Delivery:
    """Everything below `folder` (or the one file that it names), sorted by folder and by name.

    Files in one folder with one album make one release; `label_name`, cleaned as tags are, stands
    over theirs. Links, hidden files and what is neither audio nor a cover are left alone and told of
    in `ignored`. Reads headers and tags, decodes nothing, changes nothing. Raises `DeliveryError`.
    """
    label_name = None if label_name is None else _checked_label(label_name)
    root = folder if folder.is_dir() else folder.parent
    paths, ignored = _walk(folder)
    tagged, refused = [], []
    for path in paths:
        name = shown_name(path, root)
        try:
            tagged.append(_read_file(path, name))
        except _RefusedError as refusal:
            refused.append(FileReport(name, Outcome.REFUSED, tuple(refusal.remarks)))
    releases = tuple(_release(group, label_name, root) for group in _groups(tagged))
    beside = {path for one in releases for path in (*one.cover_paths, *one.booklet_paths)}
    left = [
        IgnoredFile(shown_name(path, root), _why_ignored(path))
        for path in ignored
        if path not in beside
    ]
    return Delivery(root, releases, tuple(refused), tuple(left))


def _checked_label(name: str) -> str:
    most = _CHARACTERS_MAX["label"]
    if not (clean := clean_line(name)) or len(clean) > most:
        raise DeliveryError(f"{name!r} is no label's name: write one line of 1 to {most} letters")
    return clean


def _why_ignored(path: Path) -> str:
    if path.is_symlink():
        return "it is a link; lay the file itself there"
    if path.name.startswith(".") or path.name == "__MACOSX":
        return "it is hidden; rename it if it is meant"
    if not path.is_file():
        return "it is no file"
    if path.suffix.lower() in _PICTURE_SUFFIXES:
        return "a cover is a JPEG or PNG called cover, front or folder, beside the tracks"
    if path.suffix.lower() == ".pdf":
        return "a booklet is a PDF called booklet.pdf, beside the tracks"
    return "it is neither a recording nor a cover"


def shown_name(path: Path, root: Path) -> str:
    """`path` below `root` as a terminal and a page may show it: no control or broken characters."""
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in name)


class _RefusedError(Exception):
    """Carries a file's remarks out of the reading of it."""

    def __init__(self, *remarks: Remark) -> None:
        super().__init__(*remarks)
        self.remarks = remarks


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """(audio files, all else) below `folder`, in the order of their names."""
    if folder.is_file():
        return [folder], []
    if not folder.is_dir():
        raise DeliveryError(f"there is no folder {folder}; name the folder that holds the files")
    audio, other = list[Path](), list[Path]()
    for count, path in enumerate(_below(folder, depth=0), start=1):
        if count > FILES_MAX:
            raise DeliveryError(
                f"{folder} holds more than {FILES_MAX:,} files; take it in folder by folder"
            )
        (audio if _is_audio(path) else other).append(path)
    return audio, other


def _below(folder: Path, *, depth: int) -> Iterable[Path]:
    if depth > DEPTH_MAX:
        raise DeliveryError(
            f"{folder} lies more than {DEPTH_MAX} folders deep; take it in by itself"
        )
    inside = sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name))
    for path in inside:
        if path.is_symlink() or path.name.startswith(".") or path.name == "__MACOSX":
            yield path
        elif path.is_dir():
            yield from _below(path, depth=depth + 1)
        else:
            yield path


def _is_audio(path: Path) -> bool:
    if path.is_symlink() or path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in _AUDIO_SUFFIXES:
        return True
    try:
        return sniff(path) in _AUDIO_BYTES
    except OSError:
        return False


def _read_file(path: Path, name: str) -> _Tagged:
    """The file with its tags. Raises `_RefusedError` with all that can be told without decoding it."""
    try:
        check_header(path=path)
        tags = read_tags(path, characters_max=_CHARACTERS_MAX)
    except AudioRefusedError as error:
        raise _RefusedError(Remark(error.reason, error.remedy)) from error
    except TagsUnreadableError as error:
        what, _, remedy = str(error).partition("; ")
        raise _RefusedError(Remark(what, remedy or "save its tags again")) from error
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise _RefusedError(
            Remark(f"it cannot be read ({reason})", "see to its permissions and try again")
        ) from error
    if faults := list(_lacking(tags)):
        raise _RefusedError(*faults)
    odd = [Remark(what, "correct it in a tagger and deliver it again") for what in tags.oddities]
    return _Tagged(path, name, tags, odd)


def _lacking(tags: TrackTags) -> Iterable[Remark]:
    needed = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "track number": tags.track_number,
    }
    if lacking := [what for what, value in needed.items() if not value]:
        yield Remark(
            f"it has no {listed(lacking)} in its tags",
            "write them with a tagger and deliver it again",
        )


def listed(words: Sequence[str]) -> str:
    """`title`, `title and artist`, `title, artist and album`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _groups(tagged: Iterable[_Tagged]) -> Iterable[tuple[str, list[_Tagged]]]:
    """(album artist, files) of each release: one folder, one album, one album artist."""
    albums: dict[tuple[Path, str], list[_Tagged]] = {}
    for file in tagged:
        albums.setdefault((file.path.parent, _key(file.tags.album)), []).append(file)
    for files in albums.values():
        stands_in = _album_artist(files)
        artists: dict[str, tuple[str, list[_Tagged]]] = {}
        for file in files:
            artist = file.tags.album_artist or stands_in
            artists.setdefault(_key(artist), (artist, []))[1].append(file)
        yield from artists.values()


def _key(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").casefold()


def _album_artist(files: Sequence[_Tagged]) -> str:
    """Who stands for the album where a file does not say: the others' word, or all its artists."""
    named = {_key(file.tags.album_artist): file.tags.album_artist for file in files}
    named.pop("", None)
    if len(named) == 1:
        return next(iter(named.values())) or _VARIOUS
    artists = {_key(file.tags.artist): file.tags.artist for file in files}
    return (next(iter(artists.values())) or _VARIOUS) if len(artists) == 1 else _VARIOUS


def _release(
    group: tuple[str, list[_Tagged]], label_name: str | None, root: Path
) -> DeliveredRelease:
    artist, files = group
    remarks: list[Remark] = []
    p_line, c_line = _rights_lines(_first(files, "copyright"))
    release = NewRelease(
        title=files[0].tags.album or "",
        artist=artist,
        label=_label(files, label_name, artist, remarks),
        upc=_upc(files, remarks),
        released_on=_released_on(files, remarks),
        genre=_first(files, "genre"),
        p_line=p_line,
        c_line=c_line,
        musicbrainz_release_id=_first(files, "musicbrainz_release_id"),
    )
    tracks = tuple(_track(file) for file in files)
    covers, booklets = (_beside(files[0].path, root, names) for names in (_COVERS, _BOOKLETS))
    return DeliveredRelease(release, tracks, covers, booklets, tuple(remarks))


def _first(files: Sequence[_Tagged], name: str) -> str:
    """The first value that any of the files has for a tag, "" if none has."""
    return next((str(value) for file in files if (value := getattr(file.tags, name))), "")


def _label(
    files: Sequence[_Tagged], label_name: str | None, artist: str, remarks: list[Remark]
) -> str:
    if label := label_name or _first(files, "label"):
        return label
    remarks.append(
        Remark(
            f"it names no label, so {artist} stands as the label",
            "name one in the tags or with --label before the first delivery",
        )
    )
    return artist


def _upc(files: Sequence[_Tagged], remarks: list[Remark]) -> str | None:
    said = _first(files, "upc")
    if not said:
        remarks.append(
            Remark("it has no UPC or EAN", "write it into the tag BARCODE if there is one")
        )
        return None
    try:
        return checked_upc(text=said)
    except IdentifierError as error:
        remarks.append(Remark(f"{error}; it was left out", "correct the tag BARCODE"))
        return None


def _released_on(files: Sequence[_Tagged], remarks: list[Remark]) -> date | None:
    said = _first(files, "date")
    if len(said) == len("2026-11-24"):
        return date.fromisoformat(said)
    what = f"its date says {said} and no day" if said else "it has no release date"
    remarks.append(Remark(what, "write the day as 2026-11-24 into the tag DATE"))
    return None


def _rights_lines(said: str) -> tuple[str, str]:
    """(P-line, C-line): the recording's notice and, where the tag is one, the artwork's."""
    is_c_line = said.lower().startswith(("©", "(c)", "copyright"))
    return ("", said) if is_c_line else (said, "")


def _track(file: _Tagged) -> DeliveredTrack:
    tags, remarks = file.tags, list(file.remarks)
    track = NewTrack(
        title=tags.title or "",
        artist=tags.artist or "",
        disc_number=tags.disc_number or _disc_of_folder(file.path.parent),
        track_number=tags.track_number,
        isrc=_isrc(tags, remarks),
        composer=tags.composer or "",
        iswc=_iswc(tags, remarks),
        lyrics=tags.lyrics or "",
        musicbrainz_recording_id=tags.musicbrainz_recording_id or "",
    )
    if not tags.composer:
        remarks.append(
            Remark(
                "it names no composer", "write the tag COMPOSER, or no society can find its work"
            )
        )
    return DeliveredTrack(file.path, file.name, track, tags.cover, tuple(remarks))


def _disc_of_folder(folder: Path) -> int:
    """2 for a folder called `CD 2`; 1 for any other."""
    found = _DISC_FOLDER.fullmatch(folder.name)
    return int(found[1]) if found else 1


def _isrc(tags: TrackTags, remarks: list[Remark]) -> str:
    if not tags.isrc:
        remarks.append(Remark("it has no ISRC", "write it into the tag ISRC if there is one"))
        return ""
    try:
        return checked_isrc(text=tags.isrc)
    except IdentifierError as error:
        remarks.append(Remark(f"{error}; it was left out", "correct the tag ISRC"))
        return ""


def _iswc(tags: TrackTags, remarks: list[Remark]) -> str | None:
    try:
        return checked_iswc(text=tags.iswc) if tags.iswc else None
    except IdentifierError as error:
        remarks.append(Remark(f"{error}; it was left out", "correct the tag ISWC"))
        return None


def _beside(track: Path, root: Path, wanted: Sequence[str]) -> tuple[Path, ...]:
    """Files of these names: in the track's folder, then in the one above a disc's folder."""
    folder = track.parent
    folders = [folder]
    if folder != root and _DISC_FOLDER.fullmatch(folder.name):
        folders.append(folder.parent)
    found = []
    for place in folders:
        named = {path.name.lower(): path for path in place.iterdir() if path.is_file()}
        found += [named[name] for name in wanted if name in named and not named[name].is_symlink()]
    return tuple(found)
