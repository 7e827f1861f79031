"""Covers are decoded wholly before they are believed."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pennywhistle.adapters.images.cover import (
    COVER_SIDES,
    CoverRefusedError,
    check_cover,
    cover_sizes,
)


def _picture(
    kind: str, width: int, height: int, mode: str = "RGB", colour: str = "#b87333"
) -> bytes:
    held = io.BytesIO()
    Image.new(mode, (width, height), colour).save(held, kind)
    return held.getvalue()


JPEG = _picture("JPEG", 700, 700)


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_whole_square_picture_is_a_cover(kind: str, media_type: str) -> None:
    data = _picture(kind, 640, 600)
    cover = check_cover(data)
    assert (cover.data, cover.media_type) == (data, media_type)
    assert (cover.width_pixels, cover.height_pixels) == (640, 600)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_picture("JPEG", 300, 300), "300 × 300"),
        (_picture("JPEG", 6001, 6001), "6001 × 6001"),
        (_picture("JPEG", 500, 1000), "no square"),
        (_picture("GIF", 600, 600), "no whole JPEG or PNG"),
        (JPEG[: len(JPEG) // 2], "no whole JPEG or PNG"),
        (b"", "no whole JPEG or PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no whole JPEG or PNG"),
        (bytes(10_000_001), "10.0 MB"),
    ],
)
def test_what_cannot_be_a_cover_is_refused_with_a_remedy(data: bytes, words: str) -> None:
    with pytest.raises(CoverRefusedError, match=words) as caught:
        check_cover(data)
    assert caught.value.remedy


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """A PNG of a few bytes that says it has 60,000 × 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + bytes(200)
    with pytest.raises(CoverRefusedError):
        check_cover(bomb)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK"])
def test_every_size_is_a_square_jpeg(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    colour = "white" if mode in ("L", "P") else "#b87333"
    sizes = cover_sizes(_picture(kind, 700, 600, mode, colour))
    assert sizes.keys() == COVER_SIDES.keys()
    for name, side in COVER_SIDES.items():
        with Image.open(io.BytesIO(sizes[name])) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (side, side))


def test_the_same_cover_gives_the_same_sizes() -> None:
    assert cover_sizes(JPEG) == cover_sizes(JPEG)


def test_see_through_parts_become_paper_white() -> None:
    sizes = cover_sizes(_picture("PNG", 600, 600, "RGBA", "#00000000"))
    with Image.open(io.BytesIO(sizes["small"])) as picture:
        assert picture.getpixel((80, 80)) == (255, 255, 255)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(JPEG) - 1), st.integers(0, 255)), max_size=5))
def test_a_broken_picture_raises_only_our_own_error(changes: list[tuple[int, int]]) -> None:
    data = bytearray(JPEG)
    for position, octet in changes:
        data[position] = octet
    try:
        check_cover(bytes(data))
        cover_sizes(bytes(data))
    except CoverRefusedError as error:
        assert str(error)
