"""Tag blocks: what a track's tags are in each container, as bytes that depend on nothing else.

Which field goes where follows MusicBrainz Picard, which most players and taggers agree with:
https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
from dataclasses import astuple, replace

import mutagen
from mutagen.flac import Picture
from mutagen.id3 import (
    APIC,
    COMM,
    ID3,
    TALB,
    TCOM,
    TCON,
    TCOP,
    TDRC,
    TIT2,
    TPE1,
    TPE2,
    TPOS,
    TPUB,
    TRCK,
    TSRC,
    TXXX,
)
from mutagen.mp4 import MP4Cover, MP4FreeForm, MP4Tags
from PIL import Image

from pennywhistle.adapters.tags.fields import Cover, TrackTags

# Raise it when the same tags are written as other bytes: it goes into `tags_digest`.
_WRITER_EDITION = 1
_VENDOR = b"Pennywhistle"
_UTF8 = 3
_FRONT_COVER = 3
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
            return b"OpusTags" + _vorbis_comment(tags, with_cover=True)
        case "ogg-vorbis":
            return b"\x03vorbis" + _vorbis_comment(tags, with_cover=True) + b"\x01"
        case "m4a":
            return _udta(tags)
        case _:
            raise TagsNotWritableError(f"no tags are known for the framing {framing!r}")


def _of_total(number: int, total: int) -> str | None:
    """`3/12`, `3`, or None."""
    if not number:
        return None
    return f"{number}/{total}" if total else str(number)


# --- ID3v2.4: MP3, WAV, AIFF ---------------------------------------------------------------------


def _id3(tags: TrackTags) -> bytes:
    """https://id3.org/id3v2.4.0-frames"""
    id3 = ID3()
    for frame, text in (
        (TIT2, tags.title),
        (TPE1, tags.artist),
        (TALB, tags.album),
        (TPE2, tags.album_artist),
        (TRCK, _of_total(tags.track_number, tags.track_total)),
        (TPOS, _of_total(tags.disc_number, tags.disc_total)),
        (TDRC, tags.date),
        (TCON, tags.genre),
        (TCOM, tags.composer),
        (TPUB, tags.label),
        (TSRC, tags.isrc),
        (TCOP, tags.copyright),
    ):
        if text:
            id3.add(frame(encoding=_UTF8, text=text))
    for name, text in (("BARCODE", tags.upc), ("ISWC", tags.iswc)):
        if text:
            id3.add(TXXX(encoding=_UTF8, desc=name, text=text))
    if tags.comment:
        id3.add(COMM(encoding=_UTF8, lang="XXX", desc="", text=tags.comment))
    if tags.cover is not None:
        cover = tags.cover
        id3.add(APIC(encoding=0, mime=cover.media_type, type=_FRONT_COVER, data=cover.data))
    file = io.BytesIO()
    id3.save(file, v2_version=4, padding=lambda _: 0)
    return file.getvalue()


def _chunk(name: bytes, body: bytes, order: str) -> bytes:
    if not body:
        return b""
    return name + struct.pack(f"{order}I", len(body)) + body + bytes(len(body) % 2)


def _riff_info(tags: TrackTags) -> bytes:
    """For players that know RIFF's own tags only.

    https://www.exiftool.org/TagNames/RIFF.html#Info
    """
    body = b""
    for name, text in (
        (b"INAM", tags.title),
        (b"IART", tags.artist),
        (b"IPRD", tags.album),
        (b"IPRT", _of_total(tags.track_number, tags.track_total)),
        (b"ICRD", tags.date),
        (b"IGNR", tags.genre),
        (b"ICOP", tags.copyright),
        (b"ISRC", tags.isrc),
    ):
        if text:
            body += _chunk(name, text.encode() + b"\0", "<")
    return b"INFO" + body if body else b""


# --- Vorbis comments: FLAC, Opus, Vorbis ---------------------------------------------------------


def _vorbis_fields(tags: TrackTags) -> list[tuple[str, str]]:
    """https://www.xiph.org/vorbis/doc/v-comment.html"""
    fields = (
        ("TITLE", tags.title),
        ("ARTIST", tags.artist),
        ("ALBUM", tags.album),
        ("ALBUMARTIST", tags.album_artist),
        ("TRACKNUMBER", str(tags.track_number or "")),
        ("TRACKTOTAL", str(tags.track_total or "")),
        ("TOTALTRACKS", str(tags.track_total or "")),
        ("DISCNUMBER", str(tags.disc_number or "")),
        ("DISCTOTAL", str(tags.disc_total or "")),
        ("TOTALDISCS", str(tags.disc_total or "")),
        ("DATE", tags.date),
        ("GENRE", tags.genre),
        ("COMPOSER", tags.composer),
        ("LABEL", tags.label),
        ("ISRC", tags.isrc),
        ("ISWC", tags.iswc),
        ("BARCODE", tags.upc),
        ("COPYRIGHT", tags.copyright),
        ("COMMENT", tags.comment),
    )
    return [(name, text) for name, text in fields if text]


def _vorbis_comment(tags: TrackTags, *, with_cover: bool) -> bytes:
    comments = [f"{name}={text}".encode() for name, text in _vorbis_fields(tags)]
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
    blocks = [(_FLAC_VORBIS_COMMENT, _vorbis_comment(tags, with_cover=False))]
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
    for name, text in (
        ("\xa9nam", tags.title),
        ("\xa9ART", tags.artist),
        ("\xa9alb", tags.album),
        ("aART", tags.album_artist),
        ("\xa9day", tags.date),
        ("\xa9gen", tags.genre),
        ("\xa9wrt", tags.composer),
        ("cprt", tags.copyright),
        ("\xa9cmt", tags.comment),
    ):
        if text:
            atoms[name] = [text]
    for name, number, total in (
        ("trkn", tags.track_number, tags.track_total),
        ("disk", tags.disc_number, tags.disc_total),
    ):
        if number:
            atoms[name] = [(number, total)]
    for name, text in (
        ("LABEL", tags.label),
        ("ISRC", tags.isrc),
        ("ISWC", tags.iswc),
        ("BARCODE", tags.upc),
    ):
        if text:
            atoms[f"----:com.apple.iTunes:{name}"] = [MP4FreeForm(text.encode())]
    if tags.cover is not None:
        png = tags.cover.media_type == "image/png"
        form = MP4Cover.FORMAT_PNG if png else MP4Cover.FORMAT_JPEG
        atoms["covr"] = [MP4Cover(tags.cover.data, imageformat=form)]
    empty = struct.pack(">I4s4sI4sI4s", 20, b"ftyp", b"M4A ", 0, b"M4A ", 8, b"moov")
    file = io.BytesIO(empty)
    atoms.save(file, padding=lambda _: 0)
    return file.getvalue()[len(empty) :]
