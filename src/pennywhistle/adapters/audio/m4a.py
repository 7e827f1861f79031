"""MPEG-4 boxes: putting tags into a finished M4A without touching its audio.

https://developer.apple.com/documentation/quicktime-file-format
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

# Boxes on the way to the tables of chunk offsets.
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_BOX_HEAD_BYTES = 8
_OFFSET_MAX = 2**32 - 1
# An index beyond this is not that of a track which ingest let in.
HEAD_BYTES_MAX = 64_000_000


class M4aError(ValueError):
    """A file that is not the M4A that the encoder should have written."""


@dataclass(frozen=True, slots=True)
class TaggedHead:
    """The head of an M4A with tags in it.

    `data` stands for the first `replaces_bytes` of the file; the rest follows untouched.
    `untagged_bytes` is the length of that part without any `udta`.
    """

    data: bytes
    replaces_bytes: int
    untagged_bytes: int


def head_bytes(start: bytes) -> int | None:
    """How many bytes `ftyp` and `moov` take, from the first bytes of a file; None if not seen yet.

    Raises `M4aError` where `moov` does not come before the audio.
    """
    offset: int = 0
    length: int
    kind: bytes
    while len(start) >= offset + _BOX_HEAD_BYTES:
        length, kind = struct.unpack_from(">I4s", start, offset)
        if kind == b"mdat" or length < _BOX_HEAD_BYTES:
            raise M4aError("the index of this M4A is not before its audio")
        offset += length
        if offset > HEAD_BYTES_MAX:
            raise M4aError("the index of this M4A is too large")
        if kind == b"moov":
            return offset
    return None


def tag_head(*, head: bytes, udta: bytes) -> TaggedHead:
    """Put `udta` at the end of `moov`, in place of one that is there, and shift the audio's offsets.

    `head` is the file up to the end of `moov`.
    """
    boxes = list(_boxes(head, 0, len(head)))
    kind, start, end = boxes[-1]
    if kind != b"moov":
        raise M4aError("the index of this M4A is not before its audio")
    kept = b"".join(
        head[inner_start:inner_end]
        for inner, inner_start, inner_end in _boxes(head, start + _BOX_HEAD_BYTES, end)
        if inner != b"udta"
    )
    untagged = start + _BOX_HEAD_BYTES + len(kept)
    shift = untagged + len(udta) - len(head)
    moov = bytearray(struct.pack(">I4s", _BOX_HEAD_BYTES + len(kept) + len(udta), b"moov") + kept)
    _shift_offsets(moov, 0, len(moov), shift)
    return TaggedHead(head[:start] + bytes(moov) + udta, len(head), untagged)


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + _BOX_HEAD_BYTES <= end:
        length, kind = struct.unpack_from(">I4s", data, start)
        if length < _BOX_HEAD_BYTES or start + length > end:
            raise M4aError(f"a box {kind!r} runs over its end")
        yield kind, start, start + length
        start += length


def _shift_offsets(moov: bytearray, start: int, end: int, shift: int) -> None:
    """Add `shift` to every chunk offset below the box at `start`, whose children end at `end`."""
    inner = start + _BOX_HEAD_BYTES
    for kind, box_start, box_end in _boxes(moov, inner, end):
        if kind in _CONTAINERS:
            _shift_offsets(moov, box_start, box_end, shift)
        elif kind in (b"stco", b"co64"):
            form = ">I" if kind == b"stco" else ">Q"
            (count,) = struct.unpack_from(">I", moov, box_start + 12)
            for at in range(count):
                place = box_start + 16 + at * struct.calcsize(form)
                (offset,) = struct.unpack_from(form, moov, place)
                if kind == b"stco" and offset + shift > _OFFSET_MAX:
                    raise M4aError("with its tags this M4A would outgrow its index")
                struct.pack_into(form, moov, place, offset + shift)
