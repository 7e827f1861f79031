"""Reads what a file says of itself, by the names in `table.py`: delivered masters, and for a
listener's check what the store itself has sold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import mutagen
from mutagen.aiff import AIFF
from mutagen.apev2 import APETextValue, APEv2
from mutagen.flac import FLAC, Picture, VCFLACDict
from mutagen.id3 import ID3, TCON, UFID, Frame, ID3NoHeaderError
from mutagen.mp4 import MP4, MP4Tags
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from pennywhistle.adapters.audio.sniff import Container, sniff
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.riff_info import read_riff_info
from pennywhistle.adapters.tags.table import TABLE, Family
from pennywhistle.kit.ids import is_musicbrainz_id
from pennywhistle.kit.lines import (
    LYRICS_CHARACTERS_MAX,
    clean_line,
    clean_lines,
    hides_something,
)

TEXT_CHARACTERS_MAX = 500
COMMENT_CHARACTERS_MAX = 4_000
NUMBER_MAX = 9_999
PICTURES_MAX = 100
_DATE_SHOWN_CHARACTERS = 20

_FRONT_COVER = 3  # APIC's and FLAC's picture type: https://id3.org/id3v2.4.0-frames

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Several values of these are several people or works; of the others, the first is meant.
_LISTS = frozenset({"artist", "album_artist", "composer"})

# Numbers and pictures have readers of their own; gains are measured here, whatever a file says.
_READ_OTHERWISE = frozenset(
    {"track_number", "track_total", "disc_number", "disc_total", "cover", "reference_loudness"}
    | {"track_gain", "track_peak", "album_gain", "album_peak"}
)

Values = dict[str, Sequence[str]]
_File = TypeVar("_File")


class TagsUnreadableError(ValueError):
    """The tags are broken, or say more than any shop could show."""


def read_tags(path: Path, *, characters_max: Mapping[str, int] | None = None) -> TrackTags:
    """The tags of a FLAC, WAV (ID3, else RIFF INFO), AIFF or MP3 (ID3), M4A, Ogg or WavPack file,
    empty without any. A cover is looked for in what may be a master only.

    Text is stripped, in Unicode's composed form and without control characters. What cannot be a
    date or a number is None or 0; `oddities` says so. Raises `TagsUnreadableError` for tags that
    cannot be parsed, and for text beyond `characters_max`, by field, or `TEXT_CHARACTERS_MAX`.
    """
    reader = _READERS.get(sniff(path))
    if reader is None:
        raise TagsUnreadableError("its kind of file carries no tags that this store reads")
    values, cover = reader(path)
    return _tags_from(values, cover, characters_max or {})


def _opened(kind: Callable[[Path], _File], path: Path) -> _File:
    try:
        return kind(path)
    except Exception as error:  # mutagen lets struct, index and Unicode errors of bad tags escape
        raise TagsUnreadableError(
            "its tags are broken; open it in a tagger, save it again and deliver that"
        ) from error


def _read_flac(path: Path) -> tuple[Values, Cover | None]:
    file = _opened(FLAC, path)
    held: dict[str, list[str]] = {}
    for name, text in file.tags if isinstance(file.tags, VCFLACDict) else ():
        held.setdefault(name.upper(), []).append(text)
    return _from_vorbis(held), _flac_cover(file.pictures)


def _read_ogg(path: Path) -> tuple[Values, Cover | None]:
    file = _opened(mutagen.File, path)
    held: dict[str, list[str]] = {}
    for name, text in getattr(file, "tags", None) or ():
        held.setdefault(name.upper(), []).append(text)
    return _from_vorbis(held), None


def _from_vorbis(held: dict[str, list[str]]) -> Values:
    values = _named(held, Family.VORBIS)
    for field, totals in (("track", "TOTALTRACKS"), ("disc", "TOTALDISCS")):
        number = _first(held, f"{field}NUMBER".upper())
        total = _first(held, f"{field}TOTAL".upper()) or _first(held, totals)
        values[field] = [f"{number}/{total}" if total and "/" not in number else number]
    return values


def _first(held: dict[str, list[str]], name: str) -> str:
    return next(iter(held.get(name, [])), "")


def _read_wav(path: Path) -> tuple[Values, Cover | None]:
    values, cover = _from_id3(_opened(WAVE, path).tags)
    # ID3 can say more and says it in one encoding, so INFO fills only what it leaves out.
    said = {field: texts for field, texts in values.items() if any(texts)}
    return {**read_riff_info(path), **said}, cover


def _read_aiff(path: Path) -> tuple[Values, Cover | None]:
    return _from_id3(_opened(AIFF, path).tags)


def _read_mp3(path: Path) -> tuple[Values, Cover | None]:
    try:
        return _from_id3(_opened(ID3, path))
    except TagsUnreadableError as error:
        if isinstance(error.__cause__, ID3NoHeaderError):
            return {}, None
        raise


def _read_wavpack(path: Path) -> tuple[Values, Cover | None]:
    held: dict[str, list[str]] = {}
    tags: APEv2 | None = _opened(WavPack, path).tags
    for name, value in tags.items() if tags else ():
        if isinstance(value, APETextValue):
            held[name.upper()] = [str(text) for text in value]
    values = _named(held, Family.APE)
    values["track"], values["disc"] = held.get("TRACK", []), held.get("DISC", [])
    return values, None


def _from_id3(tags: ID3 | None) -> tuple[Values, Cover | None]:
    if tags is None:
        return {}, None
    held: dict[str, list[str]] = {}
    for key, frame in tags.items():
        name = key if key.startswith(("TXXX:", "UFID:")) else frame.FrameID
        held.setdefault(name.upper(), _id3_texts(frame))
    values: Values = _named(held, Family.ID3)
    values["track"], values["disc"] = held.get("TRCK", []), held.get("TPOS", [])
    pictures = tags.getall("APIC")[:PICTURES_MAX]
    front_first = sorted(pictures, key=lambda picture: picture.type != _FRONT_COVER)
    return values, _first_cover(picture.data for picture in front_first)


def _id3_texts(frame: Frame) -> list[str]:
    if isinstance(frame, UFID):
        return [bytes(getattr(frame, "data", b"")).decode("latin-1")]
    if isinstance(frame, TCON):
        return [str(genre) for genre in frame.genres]
    text = getattr(frame, "text", [])
    return [text] if isinstance(text, str) else [str(each) for each in text]


def _read_m4a(path: Path) -> tuple[Values, Cover | None]:
    tags: MP4Tags | None = _opened(MP4, path).tags
    if tags is None:
        return {}, None
    held = {
        name.upper(): [_mp4_text(item) for item in items]
        for name, items in tags.items()
        if isinstance(items, list) and name not in ("covr", "trkn", "disk")
    }
    values = _named(held, Family.MP4)
    for field, name in (("track", "trkn"), ("disc", "disk")):
        values[field] = [f"{number}/{total}" for number, total in tags.get(name, [])]
    return values, _first_cover(bytes(picture) for picture in tags.get("covr", [])[:PICTURES_MAX])


def _mp4_text(item: object) -> str:
    """Freeform values come as bytes."""
    return bytes(item).decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


_READERS = {
    Container.FLAC: _read_flac,
    Container.WAV: _read_wav,
    Container.AIFF: _read_aiff,
    Container.M4A: _read_m4a,
    Container.MP3: _read_mp3,
    Container.OGG: _read_ogg,
    Container.WAVPACK: _read_wavpack,
}


def _named(held: dict[str, list[str]], family: Family) -> Values:
    """The values of each field, under the first of its names that is not empty.

    `held` is by names in capitals.
    """
    values: Values = {}
    for row in TABLE:
        if row.field in _READ_OTHERWISE:
            continue
        known_as = (name.upper() for name in row.names_read(family))
        values[row.field] = next((held[name] for name in known_as if any(held.get(name, []))), [])
    return values


def _flac_cover(pictures: list[Picture]) -> Cover | None:
    front_first = sorted(pictures[:PICTURES_MAX], key=lambda picture: picture.type != _FRONT_COVER)
    return _first_cover(picture.data for picture in front_first)


def _first_cover(pictures: Iterable[bytes]) -> Cover | None:
    """The first picture that is a JPEG or a PNG by its own first bytes, whatever its label says."""
    for data in pictures:
        if data.startswith(b"\xff\xd8\xff"):
            return Cover(data, "image/jpeg")
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return Cover(data, "image/png")
    return None


def _tags_from(
    values: Mapping[str, Sequence[str]], cover: Cover | None, characters_max: Mapping[str, int]
) -> TrackTags:
    def text(field: str) -> str | None:
        most = characters_max.get(field, TEXT_CHARACTERS_MAX)
        return _text(field, values.get(field, []), most)

    track_number, track_total = _number_and_total(text("track"))
    disc_number, disc_total = _number_and_total(text("disc"))
    return TrackTags(
        title=text("title"),
        artist=text("artist"),
        album=text("album"),
        album_artist=text("album_artist"),
        track_number=track_number,
        track_total=track_total,
        disc_number=disc_number,
        disc_total=disc_total,
        date=_date(text("date")),
        genre=text("genre"),
        composer=text("composer"),
        label=text("label"),
        isrc=text("isrc"),
        iswc=text("iswc"),
        upc=text("upc"),
        copyright=text("copyright"),
        comment=text("comment"),
        lyrics=_lyrics(values.get("lyrics", [])),
        musicbrainz_recording_id=_musicbrainz_id(text("musicbrainz_recording_id")),
        musicbrainz_release_id=_musicbrainz_id(text("musicbrainz_release_id")),
        pcm_sha256=_sha256(text("pcm_sha256")),
        cover=cover,
        oddities=tuple(_oddities(values, text("date"))),
    )


def _oddities(values: Mapping[str, Sequence[str]], date_said: str | None) -> Iterable[str]:
    for field, texts in values.items():
        if field != "comment" and any(map(hides_something, texts)):
            yield f"its {field.replace('_', ' ')} held characters that cannot be seen, now left out"
    if date_said and _date(date_said) is None:
        yield f"its date says {date_said[:_DATE_SHOWN_CHARACTERS]}, which is no day of any year"
    for field in ("musicbrainz_recording_id", "musicbrainz_release_id"):
        said = next(iter(values.get(field, [])), "")
        if said and not _musicbrainz_id(said.strip()):
            yield f"its {field.replace('_', ' ').replace('musicbrainz', 'MusicBrainz')} is no UUID"


def _text(field: str, values: Sequence[str], characters_max: int) -> str | None:
    """The field's values as one line, None if nothing is left of them."""
    clean = [line for line in map(clean_line, values) if line]
    if not clean:
        return None
    line = ", ".join(dict.fromkeys(clean)) if field in _LISTS else clean[0]
    if field == "comment":
        return line[:COMMENT_CHARACTERS_MAX]
    if len(line) > characters_max:
        raise TagsUnreadableError(
            f"its {field.replace('_', ' ')} has {len(line):,} characters; "
            f"shorten it to {characters_max}"
        )
    return line


def _lyrics(values: Sequence[str]) -> str | None:
    """The first lyrics, line by line; lines that are empty stay where they stand between others."""
    said = next(filter(None, values), "")
    lyrics = clean_lines(said)
    if len(lyrics) > LYRICS_CHARACTERS_MAX:
        raise TagsUnreadableError(
            f"its lyrics have {len(lyrics):,} characters; shorten them to {LYRICS_CHARACTERS_MAX:,}"
        )
    return lyrics or None


def _musicbrainz_id(text: str | None) -> str | None:
    """`text` in small letters where it is one, else None."""
    said = (text or "").lower()
    return said if is_musicbrainz_id(said) else None


def _sha256(text: str | None) -> str | None:
    said = (text or "").lower()
    return said if _SHA256.fullmatch(said) else None


def _number_and_total(text: str | None) -> tuple[int, int]:
    """`3/12` → 3 of 12, `03` → 3 of an unknown number."""
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*(?:/\s*([0-9]{1,6})?\s*)?", text or "")
    if found is None:
        return 0, 0
    number, total = int(found[1]), int(found[2] or 0)
    return (number if number <= NUMBER_MAX else 0), (total if total <= NUMBER_MAX else 0)


def _date(text: str | None) -> str | None:
    """The leading ISO 8601 date, as exact as it is: `2026-11-24T08:00:00Z` → `2026-11-24`."""
    found = re.match(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])", text or "")
    if found is None:
        return None
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    return found[0]
