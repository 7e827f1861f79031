"""What kind of file this is, by its first bytes and never by its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import BinaryIO


class Container(StrEnum):
    """The containers that are told apart. Only the first four can hold a master."""

    FLAC = "flac"
    WAV = "wav"
    AIFF = "aiff"
    M4A = "m4a"
    MP3 = "mp3"
    OGG = "ogg"
    WAVPACK = "wavpack"
    UNKNOWN = "unknown"


_HEAD_BYTES = 16


def sniff(path: Path) -> Container:
    """The container of the file at `path`; `UNKNOWN` for an empty file or anything else.

    An ID3v2 tag before the audio is stepped over. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(id3v2_bytes(file))
        head = file.read(_HEAD_BYTES)
    return _container_of(head)


def id3v2_bytes(file: BinaryIO) -> int:
    """Length of the ID3v2 tag that `file` starts with, 0 without one. Moves the file's position.

    https://id3.org/id3v2.4.0-structure
    """
    file.seek(0)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    size = 0
    for octet in head[6:10]:
        size = size << 7 | octet & 0x7F
    has_footer = bool(head[5] & 0x10)
    return 10 + size + (10 if has_footer else 0)


def _container_of(head: bytes) -> Container:
    """Magic numbers: https://en.wikipedia.org/wiki/List_of_file_signatures"""
    if head[:4] == b"fLaC":
        return Container.FLAC
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return Container.WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Container.AIFF
    if head[4:8] == b"ftyp":
        return Container.M4A
    if head[:4] == b"OggS":
        return Container.OGG
    if head[:4] == b"wvpk":
        return Container.WAVPACK
    return Container.MP3 if _is_mpeg_audio(head) else Container.UNKNOWN


def _is_mpeg_audio(head: bytes) -> bool:
    """Eleven sync bits, and no value that the standard reserves.

    http://www.mp3-tech.org/programmer/frame_header.html
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate_index, rate_index = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bitrate_index != 15 and rate_index != 3
