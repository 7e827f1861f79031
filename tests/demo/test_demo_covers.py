from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from pennywhistle.demo.covers import COVERS, UnknownCoverError, draw_cover
from pennywhistle.demo.linocut import COVER_BYTES_MAX, SIZE_PX


@pytest.mark.parametrize("name", COVERS)
def test_a_cover_is_a_square_jpeg_of_a_size_to_be_sent(name: str) -> None:
    data = draw_cover(name)
    image = Image.open(BytesIO(data))
    assert image.format == "JPEG"
    assert image.size == (SIZE_PX, SIZE_PX)
    assert len(data) <= COVER_BYTES_MAX
    assert len(image.resize((16, 16)).getcolors() or []) > 20  # it is not a blank sheet


def test_the_same_cover_is_drawn_again_to_the_byte() -> None:
    assert draw_cover("fairies") == draw_cover("fairies")


def test_a_cover_that_is_not_drawn_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownCoverError, match=r"no cover 'sleeve'.*lamplight"):
        draw_cover("sleeve")
