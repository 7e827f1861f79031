"""Drawings made of numbers: a waveform as pen strokes, an amount as pennies."""

from __future__ import annotations

import zlib
from functools import lru_cache

# What pictures are painted with, from silence over faint and middling to loud: the tokens card,
# copper-soft, copper and ink of each theme. A test holds them to tokens.css.
DAY_INKS = ("#fbf6ea", "#f0d5b8", "#964317", "#231c15")
NIGHT_INKS = ("#221b15", "#452a18", "#e59a61", "#f1e6d2")

# Waveforms kept ready: a few pages' worth of tracks, at most some 4 kB each.
_WAVEFORMS_KEPT_MAX = 512

# Strokes stand this far apart; a viewBox of `strokes × PITCH` by HEIGHT holds them.
PITCH = 6
HEIGHT = 48

# What stays below this excursion, of 127, is not drawn larger than it is: -36 dB.
_QUIET = 2.0

# Exponent of a stroke's height: evenly loud music would be drawn as a hedge without it.
_CONTRAST = 1.8


def _loudest(peaks: bytes) -> list[int]:
    """The larger excursion of each (min, max) pair of signed bytes, 0 to 127.

    Peaks are rounded down, so that -1 is anything below nothing: dither, as often as not.
    """
    signed = memoryview(peaks).cast("b")
    return [max(-signed[i] - 1, signed[i + 1], 0) for i in range(0, len(signed) - 1, 2)]


def _levels(peaks: bytes, strokes: int) -> list[float]:
    """The mean excursion of each of `strokes` stretches, the loudest of them being 1.

    Where even that is next to silence, it is drawn as such.
    """
    heights = _loudest(peaks)
    if not heights:
        return [0.0] * strokes
    means = []
    for i in range(strokes):
        start = i * len(heights) // strokes
        stretch = heights[start : max(start + 1, (i + 1) * len(heights) // strokes)]
        means.append(sum(stretch) / len(stretch))
    top = max(*means, _QUIET)
    return [(mean / top) ** _CONTRAST for mean in means]


@lru_cache(maxsize=_WAVEFORMS_KEPT_MAX)
def ink_strokes(peaks: bytes, strokes: int = 64) -> str:
    """SVG path data of `strokes` pen strokes for a track's peaks (pairs of signed 8-bit min, max).

    Each stroke is a narrow leaf, as a nib leaves it: thicker where the music is louder, a little
    off the vertical. The unsteadiness of the hand is drawn from the peaks themselves, so the same
    music is always drawn the same. Empty peaks draw a quiet line.
    """
    hand = zlib.crc32(peaks)
    parts = []
    for i, level in enumerate(_levels(peaks, strokes)):
        hand = (hand * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        lean = ((hand >> 8) % 100 - 50) / 45
        swell = 0.75 + ((hand >> 16) % 100) / 130
        half = 1.2 + level * (HEIGHT / 2 - 2)
        width = 0.7 + swell * (0.6 + 1.2 * level)
        x = i * PITCH + PITCH / 2
        top, bottom, middle = HEIGHT / 2 - half, HEIGHT / 2 + half * 0.86, HEIGHT / 2 - half * 0.1
        parts.append(
            f"M{x + lean:.1f} {top:.1f}Q{x + width:.1f} {middle:.1f} {x - lean:.1f} {bottom:.1f}"
            f"Q{x - width:.1f} {middle:.1f} {x + lean:.1f} {top:.1f}"
        )
    return "".join(parts)


def ink_drawing(peaks: bytes, strokes: int) -> str:
    """`ink_strokes` as an SVG document of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {strokes * PITCH} {HEIGHT}"'
        f' preserveAspectRatio="none" class="waveform"><path d="{ink_strokes(peaks, strokes)}"/>'
        "</svg>"
    )


def coin_widths(micros: int, coin_micros: int, *, coins_max: int = 24) -> list[float]:
    """How much of each coin, 0 to 1, an amount fills: 25,000 in 10,000s is [1, 1, 0.5].

    At most `coins_max` coins are drawn; what is more than that stays in the figure beside them.
    """
    whole, rest = divmod(max(micros, 0), coin_micros)
    widths = [1.0] * min(whole, coins_max)
    if rest and whole < coins_max:
        widths.append(round(rest / coin_micros, 3))
    return widths
