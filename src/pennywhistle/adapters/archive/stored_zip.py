"""The bytes of a ZIP whose members are stored as they are, without one that depends on the clock.

Every member has its size and CRC-32 in the header before it, so that any program can unpack the
stream as it comes. Where each byte lies follows from names and sizes alone: the length of the whole,
and any part of it, can be told before a member is there. Beyond 4 GiB or 65,534 members the ZIP64
fields are used, and only then.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

# What 32 bits cannot hold, or hold as the sign that ZIP64 does: sections 4.4.8, 4.4.9 and 4.4.16.
ZIP64_FROM_BYTES = 0xFFFFFFFF
ZIP64_FROM_MEMBERS = 0xFFFF

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")
_EXTRA_64_ID = 0x0001

_VERSION, _VERSION_64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_UTF8_NAMES = 1 << 11
_STORED = 0
# 1980-01-01, 00:00: the first instant that the format knows.
_TIME, _DATE = 0, 0x0021
# A regular file that everybody may read.
_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Placed:
    """A member and where it lies: its header from `header_at` on, its bytes up to `ends_at`."""

    name: str
    size_bytes: int
    header_at: int
    data_at: int

    @property
    def ends_at(self) -> int:
        """The first byte behind it."""
        return self.data_at + self.size_bytes


def place(*, name: str, size_bytes: int, header_at: int) -> Placed:
    """A member of that size from that offset on."""
    extra = 20 if size_bytes >= ZIP64_FROM_BYTES else 0
    return Placed(name, size_bytes, header_at, header_at + _LOCAL.size + len(name.encode()) + extra)


def place_all(*, members: Sequence[tuple[str, int]]) -> list[Placed]:
    """Members of these names and sizes, one behind the other."""
    placed: list[Placed] = []
    for name, size_bytes in members:
        header_at = placed[-1].ends_at if placed else 0
        placed.append(place(name=name, size_bytes=size_bytes, header_at=header_at))
    return placed


def header_of(*, member: Placed, crc32: int) -> bytes:
    """What stands before a member's bytes."""
    is_large = member.size_bytes >= ZIP64_FROM_BYTES
    extra = _extra_64([member.size_bytes, member.size_bytes]) if is_large else b""
    size = ZIP64_FROM_BYTES if is_large else member.size_bytes
    name = member.name.encode()
    return (
        _LOCAL.pack(
            b"PK\x03\x04",
            _VERSION_64 if is_large else _VERSION,
            _UTF8_NAMES,
            _STORED,
            _TIME,
            _DATE,
            crc32,
            size,
            size,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def directory_bytes(*, members: Sequence[Placed]) -> int:
    """The length of `directory_of`."""
    return len(directory_of(members=members, crc32s=[0] * len(members)))


def directory_of(*, members: Sequence[Placed], crc32s: Sequence[int]) -> bytes:
    """What stands behind the last member, to the end of the ZIP."""
    at = members[-1].ends_at if members else 0
    entries = b"".join(_entry(member, crc32) for member, crc32 in zip(members, crc32s, strict=True))
    return entries + _end(len(members), len(entries), at)


def _entry(member: Placed, crc32: int) -> bytes:
    large: list[int] = []
    size = _or_large(member.size_bytes, large)
    if large:
        large.append(member.size_bytes)  # Packed and unpacked, which are the same.
    at = _or_large(member.header_at, large)
    extra = _extra_64(large) if large else b""
    version = _VERSION_64 if large else _VERSION
    name = member.name.encode()
    head = _CENTRAL.pack(
        b"PK\x01\x02",
        _MADE_ON_UNIX | version,
        version,
        _UTF8_NAMES,
        _STORED,
        _TIME,
        _DATE,
        crc32,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        _MODE,
        at,
    )
    return head + name + extra


def _end(members: int, size: int, at: int) -> bytes:
    end = _END.pack(
        b"PK\x05\x06",
        0,
        0,
        min(members, ZIP64_FROM_MEMBERS),
        min(members, ZIP64_FROM_MEMBERS),
        min(size, ZIP64_FROM_BYTES),
        min(at, ZIP64_FROM_BYTES),
        0,
    )
    if members < ZIP64_FROM_MEMBERS and max(size, at) < ZIP64_FROM_BYTES:
        return end
    made_by = _MADE_ON_UNIX | _VERSION_64
    # Its own length is told without the first twelve bytes: section 4.3.14.1.
    whole = (b"PK\x06\x06", _END_64.size - 12, made_by, _VERSION_64, 0, 0, members, members)
    return _END_64.pack(*whole, size, at) + _LOCATOR_64.pack(b"PK\x06\x07", 0, at + size, 1) + end


def _or_large(value: int, large: list[int]) -> int:
    """`value` for a field of 32 bits; what does not fit goes to `large`, for the ZIP64 field."""
    if value < ZIP64_FROM_BYTES:
        return value
    large.append(value)
    return ZIP64_FROM_BYTES


def _extra_64(values: Sequence[int]) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", _EXTRA_64_ID, 8 * len(values), *values)
