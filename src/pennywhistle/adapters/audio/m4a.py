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
# Of AAC-LC.
_PACKET_SAMPLES = 1024
_DATA_IS_UTF8 = 1
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


class HeadTagger:
    """Feeds on an M4A and gives it back with `udta` in its head, in place of one that is there.

    `frames` are the samples per channel that the file decodes to.
    """

    def __init__(self, *, udta: bytes, frames: int) -> None:
        self._udta = udta
        self._frames = frames
        self._pending: bytes | None = b""
        self.added_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """What can be passed on after `data`. Raises `M4aError`."""
        if self._pending is None:
            return data
        self._pending += data
        length = head_bytes(self._pending)
        if length is None or len(self._pending) < length:
            return b""
        head, rest = self._pending[:length], self._pending[length:]
        self._pending = None
        udta = add_gapless(head=head, udta=self._udta, frames=self._frames)
        self._udta = b""
        tagged = tag_head(head=head, udta=udta)
        self.added_bytes = len(tagged.data) - tagged.untagged_bytes
        return tagged.data + rest

    def finish(self) -> None:
        """Raises `M4aError` where the file ended inside its head."""
        if self._pending is not None:
            raise M4aError("this M4A has no index")


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


def add_gapless(*, head: bytes, udta: bytes, frames: int) -> bytes:
    """`udta` with iTunSMPB, which tells players that know no edit list where the music begins and
    ends; unchanged where the encoder put nothing before the music, or where there are no tags.

    https://developer.apple.com/library/archive/documentation/QuickTime/QTFF/QTFFAppenG/QTFFAppenG.html
    """
    delay, packets = _delay_samples(head), _packet_count(head)
    if not udta or not delay:
        return udta
    padding = packets * _PACKET_SAMPLES - delay - frames
    if padding < 0:
        raise M4aError(f"{packets} packets of this M4A do not hold {frames} samples")
    told = f" 00000000 {delay:08X} {padding:08X} {frames:016X}" + " 00000000" * 8
    atom = _box(
        b"----",
        _box(b"mean", bytes(4) + b"com.apple.iTunes"),
        _box(b"name", bytes(4) + b"iTunSMPB"),
        _box(b"data", struct.pack(">II", _DATA_IS_UTF8, 0) + told.encode()),
    )
    return _insert(udta, (b"udta", b"meta", b"ilst"), atom)


def _insert(data: bytes, path: tuple[bytes, ...], atom: bytes) -> bytes:
    """`data` with `atom` at the end of the box at `path`."""
    out = b""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind != path[0]:
            out += data[start:end]
        elif len(path) == 1:
            out += _box(kind, data[start + _BOX_HEAD_BYTES : end], atom)
        else:
            # `meta` has a version and flags before its boxes.
            inner = start + _BOX_HEAD_BYTES + (4 if kind == b"meta" else 0)
            own = data[start + _BOX_HEAD_BYTES : inner]
            out += _box(kind, own, _insert(data[inner:end], path[1:], atom))
    return out


def _box(kind: bytes, *body: bytes) -> bytes:
    return struct.pack(">I4s", _BOX_HEAD_BYTES + sum(map(len, body)), kind) + b"".join(body)


def _delay_samples(head: bytes) -> int:
    """Samples before the music, as the one entry of the edit list says."""
    start = _find(head, (b"moov", b"trak", b"edts", b"elst"))
    return 0 if start is None else int(struct.unpack_from(">i", head, start + 20)[0])


def _packet_count(head: bytes) -> int:
    start = _find(head, (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"))
    return 0 if start is None else int(struct.unpack_from(">I", head, start + 16)[0])


def _find(data: bytes, path: tuple[bytes, ...]) -> int | None:
    """Where the first box at `path` starts."""
    start, end = -_BOX_HEAD_BYTES, len(data)
    for wanted in path:
        boxes = _boxes(data, start + _BOX_HEAD_BYTES, end)
        found = next(((at, to) for kind, at, to in boxes if kind == wanted), None)
        if found is None:
            return None
        start, end = found
    return start


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
