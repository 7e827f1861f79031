"""Loudness of several recordings together, from what the filter `ebur128` said of each.

An album's loudness is not the mean of its tracks': quiet passages are left out, and how quiet is too
quiet depends on the whole album. So each recording keeps how many of its blocks of 400 ms were how
loud, and the album is gated over the sum of them, as ITU-R BS.1770-4, annex 1, gates one programme:
https://www.itu.int/rec/R-REC-BS.1770-4-201510-S/en
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

# Blocks at or below it count as silence, and those this much below the mean of the rest as a pause.
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
# A louder block is none: the filter's own scale ends well below.
_LOUDEST_LUFS = 30.0
_BLOCKS_MAX = 1_000_000  # 27 hours at ten a second
_LINE_BYTES_MAX = 1_000

# `[Parsed_ebur128_0 @ 0x55d0] t: 0.4  TARGET:-23 LUFS  M: -38.5 S:-120.7  I: …`
# https://ffmpeg.org/ffmpeg-filters.html#ebur128-1
_FRAME_LINE = re.compile(
    rb"\[Parsed_ebur128_\d+ @ 0x[0-9a-f]+\] t: [\d.]+ +TARGET:-\d+ LUFS +M: *(-?\d+\.\d) S:"
)


class LoudnessGatherer:
    """Counts the momentary loudness that `ebur128=framelog=info` prints, ten times a second."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._taken = 0
        self._rest = b""

    def add(self, said: bytes) -> None:
        """Look at more of the decoder's standard error; most of its lines say nothing of loudness."""
        *lines, rest = (self._rest + said).split(b"\n")
        self._rest = rest[-_LINE_BYTES_MAX:]
        for line in lines:
            found = _FRAME_LINE.match(line)
            if found is not None and self._taken < _BLOCKS_MAX:
                self._take(found[1].decode())

    def _take(self, momentary: str) -> None:
        if _ABSOLUTE_GATE_LUFS < float(momentary) < _LOUDEST_LUFS:
            self._counts[momentary.replace(".", "")] += 1
            self._taken += 1

    @property
    def blocks(self) -> dict[str, int]:
        """How many blocks had that many tenths of LUFS: {"-231": 14}. Silent ones are left out."""
        return dict(sorted(self._counts.items(), key=lambda pair: int(pair[0])))


def integrated_loudness(histograms: Iterable[Mapping[str, int]]) -> float | None:
    """The loudness in LUFS of all these recordings as one programme, None where all is silence.

    Each histogram is `LoudnessGatherer.blocks` of one. Blocks are rounded to 0.1 LU, so the sum is
    right to some hundredths; it is given to 0.01.
    """
    blocks: Counter[float] = Counter()
    for histogram in histograms:
        for tenths, count in histogram.items():
            blocks[int(tenths) / 10] += count
    audible = {level: count for level, count in blocks.items() if level > _ABSOLUTE_GATE_LUFS}
    if not audible:
        return None
    gate = _mean(audible) + _RELATIVE_GATE_LU
    return round(_mean({lufs: count for lufs, count in audible.items() if lufs > gate}), 2)


def _mean(blocks: Mapping[float, int]) -> float:
    """The level of the mean power, in LUFS."""
    power = math.fsum(count * 10 ** (level / 10) for level, count in blocks.items())
    return 10 * math.log10(power / sum(blocks.values()))
