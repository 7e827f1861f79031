"""The outline of a track does not depend on how its samples arrive."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.waveform import STROKES_MAX, WaveformGatherer

SAMPLES = st.lists(st.integers(-32768, 32767), min_size=1, max_size=600)


def _strokes(samples: list[int], *, piece: int, repeat: int = 1) -> bytes:
    pcm = struct.pack(f"<{len(samples)}h", *samples) * repeat
    gatherer = WaveformGatherer(bits_per_sample=16, channels=1)
    for start in range(0, len(pcm), 2 * piece):
        gatherer.add(pcm[start : start + 2 * piece])
    return gatherer.strokes()


@given(SAMPLES, st.integers(1, 600))
def test_pieces_of_any_size_draw_the_same_outline(samples: list[int], piece: int) -> None:
    assert _strokes(samples, piece=piece) == _strokes(samples, piece=len(samples))


@given(SAMPLES, st.integers(1, 40_000))
def test_an_outline_keeps_the_extremes_and_its_limit(samples: list[int], repeat: int) -> None:
    repeat = min(repeat, 2_000_000 // len(samples))
    strokes = list(struct.iter_unpack("bb", _strokes(samples, piece=1 << 17, repeat=repeat)))
    assert 1 <= len(strokes) <= STROKES_MAX
    assert min(low for low, _ in strokes) == min(samples) >> 8
    assert max(high for _, high in strokes) == max(samples) >> 8


def test_a_long_track_gets_all_its_strokes() -> None:
    assert len(_strokes([0, 100], piece=1 << 17, repeat=500_000)) == 2 * STROKES_MAX


def test_opposite_channels_cancel_out() -> None:
    gatherer = WaveformGatherer(bits_per_sample=24, channels=2)
    gatherer.add((b"\x00\x00\x40" + b"\x00\x00\xc0") * 1000)
    assert set(gatherer.strokes()) == {0}


def test_nothing_draws_nothing() -> None:
    assert WaveformGatherer(bits_per_sample=16, channels=2).strokes() == b""
