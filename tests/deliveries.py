"""Folders as a label would send them, with tags in the four containers."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, TALB, TCOM, TDRC, TIT2, TPE1, TPE2, TPOS, TPUB, TRCK, TSRC, TXXX, Frame
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.wave import WAVE
from PIL import Image

UPC = "0200000000028"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written into a file's tags; an empty field is left out.

    Lyrics and MusicBrainz's ids go into FLAC alone.
    """

    title: str = "Lamp Black"
    number: str = "1"
    artist: str = "Róisín Vale"
    album: str = "Lamps on the Quay"
    album_artist: str = ""
    disc: str = ""
    isrc: str = ""
    iswc: str = ""
    upc: str = UPC
    label: str = "Lantern Row Records"
    date: str = "2026-11-20"
    composer: str = "Trad."
    lyrics: str = ""
    recording_id: str = ""
    release_id: str = ""


def deliver(source: Path, folder: Path, name: str, sheet: Sheet) -> Path:
    """Copy a recording to `folder/name` and write the sheet's tags into it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(shutil.copy(source, folder / name))
    {".flac": _flac, ".wav": _wav, ".aiff": _aiff, ".m4a": _m4a}[path.suffix](path, sheet)
    return path


def picture(*, side: int = 600, colour: str = "#b87333", kind: str = "JPEG") -> bytes:
    """A plain square picture."""
    held = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(held, kind)
    return held.getvalue()


def put_picture_inside(path: Path, data: bytes) -> None:
    """Embed a front cover in a FLAC file."""
    file = FLAC(path)
    front = Picture()
    front.type, front.mime, front.data = 3, "image/jpeg", data
    file.add_picture(front)
    file.save()


def _said(sheet: Sheet, names: dict[str, str]) -> dict[str, str]:
    return {name: text for field, name in names.items() if (text := getattr(sheet, field))}


def _flac(path: Path, sheet: Sheet) -> None:
    file = FLAC(path)
    names = {
        "title": "TITLE",
        "number": "TRACKNUMBER",
        "artist": "ARTIST",
        "album": "ALBUM",
        "album_artist": "ALBUMARTIST",
        "disc": "DISCNUMBER",
        "isrc": "ISRC",
        "iswc": "ISWC",
        "upc": "BARCODE",
        "label": "LABEL",
        "date": "DATE",
        "composer": "COMPOSER",
        "lyrics": "LYRICS",
        "recording_id": "MUSICBRAINZ_TRACKID",
        "release_id": "MUSICBRAINZ_ALBUMID",
    }
    file.update(_said(sheet, names))
    file.save()


_ID3: dict[str, Callable[[int, str], Frame]] = {
    "title": TIT2,
    "number": TRCK,
    "artist": TPE1,
    "album": TALB,
    "album_artist": TPE2,
    "disc": TPOS,
    "isrc": TSRC,
    "label": TPUB,
    "date": TDRC,
    "composer": TCOM,
}


def _id3(tags: ID3 | None, sheet: Sheet) -> None:
    assert tags is not None
    for field, frame in _ID3.items():
        if text := getattr(sheet, field):
            tags.add(frame(3, text))
    tags.add(TXXX(3, "BARCODE", sheet.upc))


def _wav(path: Path, sheet: Sheet) -> None:
    file = WAVE(path)
    file.add_tags()
    _id3(file.tags, sheet)
    file.save()


def _aiff(path: Path, sheet: Sheet) -> None:
    file = AIFF(path)
    file.add_tags()
    _id3(file.tags, sheet)
    file.save()


def _m4a(path: Path, sheet: Sheet) -> None:
    file = MP4(path)
    names = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb", "date": "\xa9day"}
    for name, text in _said(sheet, names | {"composer": "\xa9wrt", "album_artist": "aART"}).items():
        file[name] = [text]
    file["trkn"] = [(int(sheet.number), 0)]
    for name, text in _said(sheet, {"isrc": "ISRC", "upc": "BARCODE", "label": "LABEL"}).items():
        file[f"----:com.apple.iTunes:{name}"] = [MP4FreeForm(text.encode())]
    file.save()
