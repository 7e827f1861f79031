"""The layout of a ZIP: what the arithmetic says is what other programs read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.archive.stored_zip import (
    ZIP64_FROM_BYTES,
    directory_bytes,
    directory_of,
    header_of,
    place_all,
)

_NAMES = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="/\\"), min_size=1, max_size=40
)
_MEMBERS = st.dictionaries(_NAMES, st.binary(max_size=300), max_size=12)


def packed(members: dict[str, bytes]) -> bytes:
    placed = place_all(members=[(name, len(data)) for name, data in members.items()])
    crc32s = [zlib.crc32(data) for data in members.values()]
    pieces = []
    for member, crc32, data in zip(placed, crc32s, members.values(), strict=True):
        pieces += [header_of(member=member, crc32=crc32), data]
    return b"".join(pieces) + directory_of(members=placed, crc32s=crc32s)


@given(_MEMBERS)
def test_zipfile_reads_every_member_where_the_layout_says(members: dict[str, bytes]) -> None:
    placed = place_all(members=[(name, len(data)) for name, data in members.items()])
    whole = packed(members)
    assert len(whole) == (placed[-1].ends_at if placed else 0) + directory_bytes(members=placed)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(members)
        for member, info in zip(placed, archive.infolist(), strict=True):
            assert archive.read(info.filename) == members[info.filename]
            assert whole[member.data_at : member.ends_at] == members[info.filename]
            assert info.header_offset == member.header_at
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.flag_bits == 0x800, "UTF-8 names, and no data descriptor"
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644


class _Holed(io.RawIOBase):
    """A file of zeros, but for some pieces: as much of a huge ZIP as its directory is found by."""

    def __init__(self, size: int, pieces: dict[int, bytes]) -> None:
        self._size, self._pieces, self._at = size, pieces, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self._size, self._size - self._at)
        data = bytearray(size)
        for start, piece in self._pieces.items():
            first, last = max(start, self._at), min(start + len(piece), self._at + size)
            if first < last:
                data[first - self._at : last - self._at] = piece[first - start : last - start]
        self._at += size
        return bytes(data)


@pytest.mark.parametrize(
    "size", [ZIP64_FROM_BYTES - 1, ZIP64_FROM_BYTES, ZIP64_FROM_BYTES + 1, 6_000_000_000]
)
def test_beyond_four_gigabytes_other_programs_find_each_member(size: int) -> None:
    members = [("first.wav", 10), ("large.wav", size), ("last.wav", 20)]
    placed = place_all(members=members)
    crc32s = [1, 2, 3]
    pieces = {
        member.header_at: header_of(member=member, crc32=crc32)
        for member, crc32 in zip(placed, crc32s, strict=True)
    }
    directory = directory_of(members=placed, crc32s=crc32s)
    pieces[placed[-1].ends_at] = directory
    total = placed[-1].ends_at + len(directory)
    with zipfile.ZipFile(_Holed(total, pieces)) as archive:
        assert [(info.filename, info.file_size) for info in archive.infolist()] == members
        assert [info.header_offset for info in archive.infolist()] == [
            member.header_at for member in placed
        ]
        for member in placed:
            # Opening reads the header before the member, and holds its name against the directory.
            with archive.open(member.name) as opened:
                assert opened.tell() == 0
    header = pieces[placed[1].header_at]
    assert len(header) == placed[1].data_at - placed[1].header_at
    is_large = size >= ZIP64_FROM_BYTES
    assert struct.unpack_from("<I", header, 22)[0] == min(size, ZIP64_FROM_BYTES)
    if is_large:
        assert struct.unpack_from("<HHQQ", header, 30 + len("large.wav")) == (1, 16, size, size)


def test_more_members_than_sixteen_bits_count_are_all_found() -> None:
    members = {f"{number:06}": b"" for number in range(65_536)}
    with zipfile.ZipFile(io.BytesIO(packed(members))) as archive:
        assert archive.namelist() == list(members)
