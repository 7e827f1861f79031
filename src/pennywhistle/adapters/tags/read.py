"""Reads what a delivered file says of itself, by the names that taggers agree on.

Names by MusicBrainz Picard's mapping:
https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html
with the few others that are common in files from labels (ORGANIZATION, PUBLISHER, UPC, TXXX:ISWC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture, VCFLACDict
from mutagen.id3 import ID3
from mutagen.mp4 import MP4, MP4Tags
from mutagen.wave import WAVE

from pennywhistle.adapters.audio.sniff import Container, sniff
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.riff_info import read_riff_info

TEXT_CHARACTERS_MAX = 500
COMMENT_CHARACTERS_MAX = 4_000
NUMBER_MAX = 9_999
PICTURES_MAX = 100
_DATE_SHOWN_CHARACTERS = 20

_FRONT_COVER = 3  # APIC's and FLAC's picture type: https://id3.org/id3v2.4.0-frames
_FREEFORM = "----:com.apple.iTunes:"

# Field of TrackTags → its names, the first that is there wins.
_VORBIS = {
    "title": ("TITLE",),
    "artist": ("ARTIST",),
    "album": ("ALBUM",),
    "album_artist": ("ALBUMARTIST", "ALBUM ARTIST"),
    "date": ("DATE", "YEAR"),
    "genre": ("GENRE",),
    "composer": ("COMPOSER",),
    "label": ("LABEL", "ORGANIZATION", "PUBLISHER"),
    "isrc": ("ISRC",),
    "iswc": ("ISWC",),
    "upc": ("BARCODE", "UPC", "EAN"),
    "copyright": ("COPYRIGHT",),
    "comment": ("COMMENT", "DESCRIPTION"),
}
_ID3 = {
    "title": ("TIT2",),
    "artist": ("TPE1",),
    "album": ("TALB",),
    "album_artist": ("TPE2",),
    "date": ("TDRC", "TDRL"),
    "genre": ("TCON",),
    "composer": ("TCOM",),
    "label": ("TPUB", "TXXX:LABEL"),
    "isrc": ("TSRC",),
    "iswc": ("TXXX:ISWC",),
    "upc": ("TXXX:BARCODE", "TXXX:UPC"),
    "copyright": ("TCOP",),
    "comment": ("COMM",),
}
_MP4 = {
    "title": ("\xa9nam",),
    "artist": ("\xa9ART",),
    "album": ("\xa9alb",),
    "album_artist": ("aART",),
    "date": ("\xa9day",),
    "genre": ("\xa9gen",),
    "composer": ("\xa9wrt",),
    "label": (f"{_FREEFORM}LABEL", f"{_FREEFORM}PUBLISHER"),
    "isrc": (f"{_FREEFORM}ISRC",),
    "iswc": (f"{_FREEFORM}ISWC",),
    "upc": (f"{_FREEFORM}BARCODE", f"{_FREEFORM}UPC"),
    "copyright": ("cprt",),
    "comment": ("\xa9cmt",),
}
# Embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_TURNING = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
# Several values of these are several people or works; of the others, the first is meant.
_LISTS = frozenset({"artist", "album_artist", "composer"})

Values = dict[str, Sequence[str]]
_File = TypeVar("_File")


class TagsUnreadableError(ValueError):
    """The tags are broken, or say more than any shop could show."""


def read_tags(path: Path, *, characters_max: Mapping[str, int] | None = None) -> TrackTags:
    """The tags of a FLAC, WAV (ID3, else RIFF INFO), AIFF (ID3) or M4A file, empty without any.

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
    values: Values = _named(held, _VORBIS)
    for field, totals in (
        ("track", ("TRACKTOTAL", "TOTALTRACKS")),
        ("disc", ("DISCTOTAL", "TOTALDISCS")),
    ):
        number = _first(held, (f"{field}NUMBER".upper(),))
        total = _first(held, totals)
        values[field] = [f"{number}/{total}" if total and "/" not in number else number]
    return values, _flac_cover(file.pictures)


def _read_wav(path: Path) -> tuple[Values, Cover | None]:
    values, cover = _from_id3(_opened(WAVE, path).tags)
    # ID3 can say more and says it in one encoding, so INFO fills only what it leaves out.
    said = {field: texts for field, texts in values.items() if any(texts)}
    return {**read_riff_info(path), **said}, cover


def _read_aiff(path: Path) -> tuple[Values, Cover | None]:
    return _from_id3(_opened(AIFF, path).tags)


def _from_id3(tags: ID3 | None) -> tuple[Values, Cover | None]:
    if tags is None:
        return {}, None
    held: dict[str, list[str]] = {}
    for key, frame in tags.items():
        name = key if key.startswith("TXXX:") else frame.FrameID
        name = name.upper() if name.startswith("TXXX:") else name
        if name not in held and hasattr(frame, "text"):
            texts = frame.genres if name == "TCON" else frame.text
            held[name] = [str(text) for text in texts]
    values: Values = _named(held, _ID3)
    values["track"], values["disc"] = held.get("TRCK", []), held.get("TPOS", [])
    pictures = tags.getall("APIC")[:PICTURES_MAX]
    front_first = sorted(pictures, key=lambda picture: picture.type != _FRONT_COVER)
    return values, _first_cover(picture.data for picture in front_first)


def _read_m4a(path: Path) -> tuple[Values, Cover | None]:
    tags: MP4Tags | None = _opened(MP4, path).tags
    if tags is None:
        return {}, None
    held = {
        name: [_mp4_text(item) for item in items]
        for name, items in tags.items()
        if isinstance(items, list) and name not in ("covr", "trkn", "disk")
    }
    values: Values = _named(held, _MP4)
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
}


def _named(held: dict[str, list[str]], names: dict[str, tuple[str, ...]]) -> Values:
    """The values of each field, under the first of its names that is not empty."""
    return {
        field: next((held[name] for name in known_as if any(held.get(name, []))), [])
        for field, known_as in names.items()
    }


def _first(held: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next((held[name][0] for name in names if held.get(name)), "")


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
        cover=cover,
        oddities=tuple(_oddities(values, text("date"))),
    )


def _oddities(values: Mapping[str, Sequence[str]], date_said: str | None) -> Iterable[str]:
    for field, texts in values.items():
        if field != "comment" and any(map(_hides_something, texts)):
            yield f"its {field.replace('_', ' ')} held characters that cannot be seen, now left out"
    if date_said and _date(date_said) is None:
        yield f"its date says {date_said[:_DATE_SHOWN_CHARACTERS]}, which is no day of any year"


def _text(field: str, values: Sequence[str], characters_max: int) -> str | None:
    """The field's values as one line, None if nothing is left of them."""
    clean = [line for line in map(_clean, values) if line]
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


def _clean(text: str) -> str:
    """Composed, on one line, without control, private or unpaired surrogate characters, nor those
    that turn the direction of what is written around them.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = (mark for mark in composed if not _is_hidden(mark))
    return " ".join("".join(kept).split())


def _is_hidden(mark: str) -> bool:
    if mark.isspace():
        return False
    return mark in _TURNING or unicodedata.category(mark) in ("Cc", "Cs", "Co")


def _hides_something(text: str) -> bool:
    """True for what no tagger writes by itself; a closing NUL is the habit of some."""
    return any(map(_is_hidden, text.rstrip("\0")))


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
