"""A track's outline in at most a thousand strokes, gathered while it is decoded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STROKES_MAX = 1_000

# Blocks are merged in pairs when there are this many, so that memory stays small for any length.
_BLOCKS_MAX = 8 * STROKES_MAX
_FIRST_BLOCK_FRAMES = 32


class WaveformGatherer:
    """Takes PCM in pieces, gives the extremes of the mono mix as pairs of signed bytes."""

    def __init__(self, *, bits_per_sample: int, channels: int) -> None:
        self._sample_bytes = bits_per_sample // 8
        self._channels = channels
        self._block_frames = _FIRST_BLOCK_FRAMES
        self._waiting = np.zeros(0, dtype=np.int8)
        self._lows: list[NDArray[np.int8]] = []
        self._highs: list[NDArray[np.int8]] = []
        self._blocks = 0

    def add(self, pcm: bytes) -> None:
        """Take whole frames of interleaved little-endian signed samples."""
        frames = np.concatenate([self._waiting, self._mono(pcm)])
        whole = len(frames) // self._block_frames * self._block_frames
        self._waiting = frames[whole:]
        self._keep(frames[:whole].reshape(-1, self._block_frames))

    def strokes(self) -> bytes:
        """`low, high` for each stroke in time order, as signed bytes: 2,000 bytes at most."""
        lows, highs = list(self._lows), list(self._highs)
        if len(self._waiting):
            lows.append(self._waiting.min(keepdims=True))
            highs.append(self._waiting.max(keepdims=True))
        if not lows:
            return b""
        low, high = np.concatenate(lows), np.concatenate(highs)
        count = min(STROKES_MAX, len(low))
        starts = np.arange(count) * len(low) // count
        pairs = [np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)]
        return np.stack(pairs, axis=1).tobytes()

    def _mono(self, pcm: bytes) -> NDArray[np.int8]:
        """The mean of the channels in eight bits; the top two bytes of a sample are enough."""
        octets = np.frombuffer(pcm, dtype=np.uint8).reshape(-1, self._sample_bytes)
        samples = np.ascontiguousarray(octets[:, -2:]).view("<i2").reshape(-1, self._channels)
        mixed: NDArray[np.int32] = samples.astype(np.int32).sum(axis=1) // self._channels
        return (mixed >> 8).astype(np.int8)

    def _keep(self, blocks: NDArray[np.int8]) -> None:
        if not len(blocks):
            return
        self._lows.append(blocks.min(axis=1))
        self._highs.append(blocks.max(axis=1))
        self._blocks += len(blocks)
        while self._blocks >= _BLOCKS_MAX:
            self._merge_pairs()

    def _merge_pairs(self) -> None:
        low, high = np.concatenate(self._lows), np.concatenate(self._highs)
        starts = np.arange(0, len(low), 2)
        self._lows = [np.minimum.reduceat(low, starts)]
        self._highs = [np.maximum.reduceat(high, starts)]
        self._blocks = len(starts)
        self._block_frames *= 2
