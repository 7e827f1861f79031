"""Reads the INFO list of a WAV file, which is where many programs keep its tags.

Names by Microsoft's RIFF, as https://exiftool.org/TagNames/RIFF.html#Info lists them; IPRT for the
track number is ffmpeg's: https://ffmpeg.org/doxygen/trunk/riff_8c_source.html
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

# Chunks that are looked at, and bytes of an INFO list that are read; what lies beyond is left.
CHUNKS_MAX = 10_000
INFO_BYTES_MAX = 1_000_000

# Chunk → field of TrackTags; where two name one field, the first that is there wins.
_FIELDS = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IPRT": "track",
    b"ITRK": "track",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"IMUS": "composer",
    b"IWRI": "composer",
    b"ICOP": "copyright",
    b"ICMT": "comment",
    b"ISRC": "isrc",
}
_ISRC = re.compile(r"[A-Z]{2}-?[A-Z0-9]{3}-?[0-9]{2}-?[0-9]{5}", re.IGNORECASE)


def read_riff_info(path: Path) -> dict[str, list[str]]:
    """What the INFO lists of the file say, by field; empty where it has none or is cut short.

    The chunk ISRC is the recording's supplier by RIFF and its ISRC by ffmpeg: it counts where it is
    written as one.
    """
    said: dict[bytes, str] = {}
    for name, text in _info_chunks(path):
        said.setdefault(name, text)
    if not _ISRC.fullmatch(said.get(b"ISRC", "")):
        said.pop(b"ISRC", None)
    values: dict[str, list[str]] = {}
    for name, field in _FIELDS.items():
        if said.get(name):
            values.setdefault(field, [said[name]])
    return values


def _info_chunks(path: Path) -> Iterator[tuple[bytes, str]]:
    """(name, text) of everything in the INFO lists."""
    with path.open("rb") as file:
        position = 12
        for _ in range(CHUNKS_MAX):
            file.seek(position)
            head = file.read(12)
            if len(head) < 12:
                return
            name, size_bytes = struct.unpack("<4sI", head[:8])
            if name == b"LIST" and head[8:] == b"INFO":
                yield from _texts(file.read(min(max(size_bytes - 4, 0), INFO_BYTES_MAX)))
            position += 8 + size_bytes + size_bytes % 2


def _texts(body: bytes) -> Iterator[tuple[bytes, str]]:
    position = 0
    while position + 8 <= len(body):
        name, size_bytes = struct.unpack_from("<4sI", body, position)
        position += 8
        yield name, _decoded(body[position : position + size_bytes].split(b"\0")[0])
        position += size_bytes + size_bytes % 2


def _decoded(text: bytes) -> str:
    """RIFF names no encoding: UTF-8 where it is that, else Windows' Western one."""
    try:
        return text.decode("utf-8").strip()
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace").strip()
