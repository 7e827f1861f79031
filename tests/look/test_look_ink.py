"""Waveforms as strokes and amounts as coins."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.look.ink import HEIGHT, PITCH, coin_widths, ink_strokes

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def coordinates(path: str) -> list[tuple[float, float]]:
    """Every point of a path in order."""
    numbers = [float(text) for text in NUMBER.findall(path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@given(st.binary(max_size=2_000), st.integers(min_value=1, max_value=160))
def test_any_peaks_draw_every_stroke_inside_the_picture(peaks: bytes, strokes: int) -> None:
    path = ink_strokes(peaks, strokes)
    assert path.count("M") == strokes
    for x, y in coordinates(path):
        assert -PITCH <= x <= (strokes + 1) * PITCH
        assert -1 <= y <= HEIGHT + 1


def test_the_same_music_is_drawn_the_same() -> None:
    peaks = bytes(range(256)) * 4
    first = ink_strokes(peaks, 40)
    ink_strokes.cache_clear()
    assert ink_strokes(peaks, 40) == first


def test_silence_is_a_quiet_line_and_not_an_error() -> None:
    dithered = bytes([255, 0]) * 100
    for path in (ink_strokes(b"", 8), ink_strokes(bytes(200), 8), ink_strokes(dithered, 8)):
        heights = [y for _, y in coordinates(path)]
        assert max(heights) - min(heights) < 4


def test_the_loudest_stretch_has_the_longest_stroke() -> None:
    quiet, loud = bytes([246, 10]) * 50, bytes([136, 120]) * 50
    strokes = ink_strokes(quiet + loud, 2).split("M")[1:]
    reach = [max(y for _, y in coordinates(stroke)) for stroke in strokes]
    assert reach[1] > reach[0]


@given(st.integers(min_value=0, max_value=240_000), st.sampled_from([10_000, 1_000_000]))
def test_coins_fill_to_the_amount(micros: int, coin_micros: int) -> None:
    widths = coin_widths(micros, coin_micros)
    assert abs(sum(widths) - micros / coin_micros) <= 0.001
    assert all(0 <= width <= 1 for width in widths)


def test_a_large_amount_is_not_drawn_coin_by_coin() -> None:
    assert len(coin_widths(10**12, 10_000)) == 24
