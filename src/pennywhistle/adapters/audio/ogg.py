"""Ogg pages: replacing the comment header of a stream that passes by.

The encoder writes a stream without tags. The house puts its own comment packet in, which may take
any number of pages (a cover is large), and renumbers the pages that follow.

https://www.rfc-editor.org/rfc/rfc3533#section-6
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

_CAPTURE = b"OggS"
_HEAD = struct.Struct("<4sBBQIIIB")
_HEAD_BYTES = _HEAD.size
_SEGMENTS_MAX = 255
_SEGMENT_BYTES_MAX = 255
_CONTINUED = 1
_NO_PACKET_ENDS_HERE = 2**64 - 1
# The number of the only stream in what ffmpeg writes with `-fflags +bitexact`.
_BITEXACT_SERIAL = 0
# Of two header packets, as Opus has them, the comment is the last.
_COMMENT_IS_LAST = 2
# A cover of 1 MB is a third larger in a comment, and lyrics come on top. More would be no header of
# Opus or Vorbis.
_HEADER_BYTES_MAX = 4_000_000

_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggError(ValueError):
    """A stream that is not the Ogg that the encoder should have written."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `lacing` are the lengths of its segments."""

    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: bytes

    def pack(self) -> bytes:
        """The page as bytes, signed."""
        head = _HEAD.pack(
            *(_CAPTURE, 0, self.flags, self.granule, self.serial, self.sequence, 0),
            len(self.lacing),
        )
        page = head + self.lacing + self.body
        return page[:22] + struct.pack("<I", _crc32(page)) + page[26:]


def _crc32(data: bytes) -> int:
    """Ogg's CRC: polynomial 0x04C11DB7, not reflected, start and end zero.

    zlib's is the same one reflected and inverted, and runs in C; so bits are turned round, twice.
    """
    reflected = zlib.crc32(data.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    turned = reflected.to_bytes(4, "little").translate(_REVERSED_BITS)
    return int.from_bytes(turned, "big")


class CommentReplacer:
    """Feeds on an Ogg stream of one codec and gives it back with another comment packet.

    `headers` is how many header packets the codec has: 2 for Opus, 3 for Vorbis. The second is the
    comment. `added_bytes` is what the new comment takes, whatever the stream had before, and
    `header_bytes` what the stream's own header pages took.
    """

    def __init__(self, *, comment_packet: bytes, headers: int) -> None:
        self._comment = comment_packet
        self._headers = headers
        self._pending = b""
        self._shift: int | None = None
        self._first: Page | None = None
        self._header_packets: list[bytes] = []
        self._unended = bytearray()
        self._header_pages = 0
        self.header_bytes = 0
        self._prepared: list[bytes] | None = None
        self.added_bytes = 0

    def prepare(self) -> None:
        """Make the pages of the comment while the encoder has yet to begin, where no other header
        follows it: they take a millisecond."""
        if self._headers == _COMMENT_IS_LAST:
            self._prepared = self._own_pages(_BITEXACT_SERIAL, self._comment)

    def feed(self, data: bytes) -> bytes:
        """What can be passed on after `data`. Raises `OggError`."""
        data, at, out = self._pending + data, 0, []
        while (taken := _take_page(data, at)) is not None:
            page, at = taken
            out.append(self._pass(page))
        self._pending = data[at:]
        return b"".join(out)

    def finish(self) -> None:
        """Raises `OggError` where the stream ended inside a page or a header."""
        if self._pending or self._shift is None:
            raise OggError("the Ogg stream ended inside a page")

    def _pass(self, page: Page) -> bytes:
        if self._shift is not None:
            return replace(page, sequence=page.sequence + self._shift).pack()
        first = self._first = self._first or page
        self._gather(page)
        if len(self._header_packets) < self._headers:
            return b""
        if len(self._header_packets) > self._headers or self._unended:
            raise OggError("music begins on a header's page of this Ogg stream")
        own = self._prepared
        if own is None or first.serial != _BITEXACT_SERIAL:
            own = self._own_pages(first.serial, self._comment)
        self._shift = 1 + len(own) - self._header_pages
        without = sum(map(len, self._own_pages(first.serial, b"")))
        self.added_bytes = sum(map(len, own)) - without
        self._comment, self._prepared = b"", None
        return b"".join((first.pack(), *own))

    def _own_pages(self, serial: int, comment: bytes) -> list[bytes]:
        pages = _paginate([comment, *self._header_packets[2:]], serial)
        return [page.pack() for page in pages]

    def _gather(self, page: Page) -> None:
        """Take up a page of the headers, with the packets that end on it."""
        self._header_pages += 1
        self.header_bytes += _HEAD_BYTES + len(page.lacing) + len(page.body)
        if self.header_bytes > _HEADER_BYTES_MAX:
            raise OggError("the header of this Ogg stream does not end")
        offset = 0
        for length in page.lacing:
            self._unended += page.body[offset : offset + length]
            offset += length
            if length < _SEGMENT_BYTES_MAX:
                self._header_packets.append(bytes(self._unended))
                self._unended.clear()


def _take_page(data: bytes, at: int) -> tuple[Page, int] | None:
    """The page that starts at `at`, and where it ends; None while it is not all there."""
    if len(data) < at + _HEAD_BYTES:
        return None
    capture, version, flags, granule, serial, sequence, _, count = _HEAD.unpack_from(data, at)
    if capture != _CAPTURE or version != 0:
        raise OggError(f"no Ogg page where one should start: {data[at : at + 4]!r}")
    body_at = at + _HEAD_BYTES + count
    lacing = data[at + _HEAD_BYTES : body_at]
    end = body_at + sum(lacing)
    if len(lacing) < count or len(data) < end:
        return None
    return Page(flags, granule, serial, sequence, lacing, data[body_at:end]), end


def _paginate(packets: list[bytes], serial: int) -> Iterator[Page]:
    """Header pages from the second on: as full as they may be, the last one ending with a packet."""
    lacing = b"".join(
        bytes([_SEGMENT_BYTES_MAX]) * (len(packet) // _SEGMENT_BYTES_MAX)
        + bytes([len(packet) % _SEGMENT_BYTES_MAX])
        for packet in packets
    )
    data, offset, continued = b"".join(packets), 0, False
    for number, at in enumerate(range(0, len(lacing), _SEGMENTS_MAX), start=1):
        part = lacing[at : at + _SEGMENTS_MAX]
        end = offset + sum(part)
        ends_packet = any(length < _SEGMENT_BYTES_MAX for length in part)
        yield Page(
            flags=_CONTINUED if continued else 0,
            granule=0 if ends_packet else _NO_PACKET_ENDS_HERE,
            serial=serial,
            sequence=number,
            lacing=part,
            body=data[offset:end],
        )
        offset, continued = end, part[-1] == _SEGMENT_BYTES_MAX
