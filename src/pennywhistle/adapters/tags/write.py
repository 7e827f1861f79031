"""Tag blocks: what a track's tags are in each container, as bytes that depend on nothing else.

Which field goes where is in `table.py`, what it says in `texts.py`; here are the containers.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from dataclasses import astuple, replace

import mutagen
from mutagen.apev2 import BINARY, APEv2, APEValue
from mutagen.flac import Picture
from mutagen.id3 import APIC, COMM, ID3, TXXX, UFID, USLT, Frame, Frames
from mutagen.mp4 import MP4Cover, MP4FreeForm, MP4Tags
from PIL import Image

from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.table import FREEFORM, Family
from pennywhistle.adapters.tags.texts import texts_of

# Raise it when the same tags are written as other bytes: it goes into `tags_digest`.
_WRITER_EDITION = 3
_VENDOR = b"Pennywhistle"
_UTF8 = 3
_FRONT_COVER = 3
_NO_LANGUAGE = "XXX"
# A block of FLAC metadata counts its length in 24 bits.
_FLAC_BLOCK_BYTES_MAX = 2**24 - 1
_FLAC_VORBIS_COMMENT, _FLAC_PICTURE, _FLAC_LAST = 4, 6, 0x80


class TagsNotWritableError(ValueError):
    """Tags that the container cannot hold."""


def tags_digest(tags: TrackTags) -> str:
    """The identity of the tags as they would be written, 64 hex digits: equal means equal bytes."""
    digest = hashlib.sha256(f"tags {_WRITER_EDITION} {mutagen.version_string}\0".encode())
    digest.update(repr(astuple(replace(tags, cover=None))).encode())
    if tags.cover is not None:
        digest.update(tags.cover.media_type.encode() + b"\0" + tags.cover.data)
    return digest.hexdigest()


def tag_block(*, tags: TrackTags, framing: str) -> bytes:
    """The tags as the framing wants them; for Ogg the comment packet, for M4A the `udta` box.

    WavPack's stand at the end of the file, AIFF's and WAV's behind the samples, all others' before
    the music.

    Raises `TagsNotWritableError`.
    """
    match framing:
        case "mp3-cbr" | "mp3-vbr":
            return _id3(tags)
        case "flac":
            return _flac_blocks(tags)
        case "wav":
            return _chunk(b"LIST", _riff_info(tags), "<") + _chunk(b"id3 ", _id3(tags), "<")
        case "aiff":
            return _chunk(b"ID3 ", _id3(tags), ">")
        case "ogg-opus":
            return b"OpusTags" + _vorbis_comment(tags, Family.OPUS, with_cover=True)
        case "ogg-vorbis":
            return b"\x03vorbis" + _vorbis_comment(tags, Family.VORBIS, with_cover=True) + b"\x01"
        case "m4a":
            return _udta(tags)
        case "wavpack":
            return _ape(tags)
        case _:
            raise TagsNotWritableError(f"no tags are known for the framing {framing!r}")


# --- ID3v2.4: MP3, WAV, AIFF ---------------------------------------------------------------------


def _id3(tags: TrackTags) -> bytes:
    """https://id3.org/id3v2.4.0-frames"""
    id3 = ID3()
    for name, text in texts_of(tags, Family.ID3):
        id3.add(_id3_frame(name, text))
    if tags.cover is not None:
        cover = tags.cover
        id3.add(APIC(encoding=0, mime=cover.media_type, type=_FRONT_COVER, data=cover.data))
    file = io.BytesIO()
    id3.save(file, v2_version=4, padding=lambda _: 0)
    return file.getvalue()


def _id3_frame(name: str, text: str) -> Frame:
    """`TIT2`, `TXXX:BARCODE`, `UFID:http://musicbrainz.org`, `USLT` and `COMM` of no language."""
    kind, _, detail = name.partition(":")
    match kind:
        case "TXXX":
            return TXXX(encoding=_UTF8, desc=detail, text=text)
        case "UFID":
            return UFID(owner=detail, data=text.encode())
        case "USLT":
            return USLT(encoding=_UTF8, lang=_NO_LANGUAGE, desc="", text=text)
        case "COMM":
            return COMM(encoding=_UTF8, lang=_NO_LANGUAGE, desc="", text=text)
        case _:
            return Frames[kind](encoding=_UTF8, text=text)


def _chunk(name: bytes, body: bytes, order: str) -> bytes:
    if not body:
        return b""
    return name + struct.pack(f"{order}I", len(body)) + body + bytes(len(body) % 2)


def _riff_info(tags: TrackTags) -> bytes:
    """For players that know RIFF's own tags only."""
    body = b"".join(
        _chunk(name.encode(), text.encode() + b"\0", "<")
        for name, text in texts_of(tags, Family.RIFF)
    )
    return b"INFO" + body if body else b""


# --- Vorbis comments: FLAC, Opus, Vorbis ---------------------------------------------------------


def _vorbis_comment(tags: TrackTags, family: Family, *, with_cover: bool) -> bytes:
    """https://www.xiph.org/vorbis/doc/v-comment.html"""
    comments = [f"{name}={text}".encode() for name, text in texts_of(tags, family)]
    if with_cover and tags.cover is not None:
        picture = base64.b64encode(_picture(tags.cover))
        comments.append(b"METADATA_BLOCK_PICTURE=" + picture)
    packed = b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    vendor = struct.pack("<I", len(_VENDOR)) + _VENDOR
    return vendor + struct.pack("<I", len(comments)) + packed


def _picture(cover: Cover) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9639#name-picture"""
    picture = Picture()
    picture.type = _FRONT_COVER
    picture.mime = cover.media_type
    try:
        with Image.open(io.BytesIO(cover.data)) as image:
            picture.width, picture.height = image.size
    except (OSError, Image.DecompressionBombError) as error:
        raise TagsNotWritableError(f"the cover is not a picture: {error}") from error
    picture.depth = 24
    picture.data = cover.data
    return bytes(picture.write())


def _flac_blocks(tags: TrackTags) -> bytes:
    blocks = [(_FLAC_VORBIS_COMMENT, _vorbis_comment(tags, Family.VORBIS, with_cover=False))]
    if tags.cover is not None:
        blocks.append((_FLAC_PICTURE, _picture(tags.cover)))
    out = b""
    for number, (kind, body) in enumerate(blocks, start=1):
        if len(body) > _FLAC_BLOCK_BYTES_MAX:
            raise TagsNotWritableError(
                "a cover beyond 16 MB does not fit into FLAC; make it smaller"
            )
        last = _FLAC_LAST if number == len(blocks) else 0
        out += bytes((last | kind,)) + len(body).to_bytes(3, "big") + body
    return out


# --- MPEG-4: AAC, ALAC ---------------------------------------------------------------------------


def _udta(tags: TrackTags) -> bytes:
    """The `udta` box, by letting mutagen tag a file that holds nothing else."""
    atoms = MP4Tags()
    for name, text in texts_of(tags, Family.MP4):
        atoms[name] = [MP4FreeForm(text.encode()) if name.startswith(FREEFORM) else text]
    for name, number, total in (
        ("trkn", tags.track_number, tags.track_total),
        ("disk", tags.disc_number, tags.disc_total),
    ):
        if number:
            atoms[name] = [(number, total)]
    if tags.cover is not None:
        png = tags.cover.media_type == "image/png"
        form = MP4Cover.FORMAT_PNG if png else MP4Cover.FORMAT_JPEG
        atoms["covr"] = [MP4Cover(tags.cover.data, imageformat=form)]
    empty = struct.pack(">I4s4sI4sI4s", 20, b"ftyp", b"M4A ", 0, b"M4A ", 8, b"moov")
    file = io.BytesIO(empty)
    atoms.save(file, padding=lambda _: 0)
    return file.getvalue()[len(empty) :]


# --- APEv2: WavPack ------------------------------------------------------------------------------


def _ape(tags: TrackTags) -> bytes:
    """https://wiki.hydrogenaudio.org/index.php?title=APEv2_specification"""
    ape = APEv2()
    for name, text in texts_of(tags, Family.APE):
        ape[name] = text
    if tags.cover is not None:
        suffix = "png" if tags.cover.media_type == "image/png" else "jpg"
        named = f"cover.{suffix}".encode() + b"\0"
        ape["Cover Art (Front)"] = APEValue(named + tags.cover.data, BINARY)
    if not ape:
        return b""
    file = io.BytesIO()
    ape.save(file)
    return file.getvalue()
