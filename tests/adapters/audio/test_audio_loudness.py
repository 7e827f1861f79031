"""An album's loudness from its tracks' blocks, held against the filter over the whole album."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.loudness import LoudnessGatherer, integrated_loudness

RATE_HZ = 8_000
# Half a unit of the last place that the filter prints, and what rounded blocks may add.
NEAR_LU = 0.08
# Blocks that reach from one short track into the next are in the row, and in neither track.
NEAR_IN_A_ROW_LU = 0.15

FRAME_LINE = (
    "[Parsed_ebur128_0 @ 0x7fada8001c00] t: 0.399977   TARGET:-23 LUFS    M: -38.5 S:-120.7     "
    "I: -38.5 LUFS       LRA:   0.0 LU  FTPK: -31.2 -31.2 dBFS  TPK: -29.1 -29.1 dBFS"
)


def noise(seconds: float, level: float, seed: int) -> bytes:
    """Mono noise at a level of full scale, swelling twice."""
    count = int(seconds * RATE_HZ)
    swell = 0.55 + 0.45 * np.sin(np.linspace(0, 4 * np.pi, count))
    grain = np.random.default_rng(seed).uniform(-1, 1, count)
    return bytes((grain * swell * level * 32_000).astype("<i2").tobytes())


def listen(pcm: bytes, path: Path) -> tuple[LoudnessGatherer, float]:
    """(the blocks, the filter's own integrated loudness) of mono samples."""
    path.write_bytes(pcm)
    command = [
        *(ffmpeg_path(), "-hide_banner", "-nostats", "-f", "s16le", "-ar", str(RATE_HZ)),
        *("-ac", "1", "-i", str(path), "-af", "ebur128=framelog=info", "-f", "null", "-"),
    ]
    heard = subprocess.run(command, capture_output=True, check=True).stderr
    gatherer = LoudnessGatherer()
    for at in range(0, len(heard), 100):
        gatherer.add(heard[at : at + 100])
    said = heard.decode()
    found = re.search(r"^\s+I:\s+(-?[\d.]+) LUFS$", said, re.MULTILINE)
    assert found is not None
    return gatherer, float(found[1])


def test_one_recording_is_as_loud_as_the_filter_says(tmp_path: Path) -> None:
    gatherer, said = listen(noise(12, 0.4, seed=1), tmp_path / "a.pcm")
    assert integrated_loudness([gatherer.blocks]) == pytest.approx(said, abs=NEAR_LU)


def test_an_album_is_as_loud_as_its_tracks_played_in_a_row(tmp_path: Path) -> None:
    tracks = [noise(20, 0.5, seed=1), noise(25, 0.02, seed=2), noise(15, 0.15, seed=3)]
    heard = [listen(pcm, tmp_path / "track.pcm") for pcm in tracks]
    _, whole = listen(b"".join(tracks), tmp_path / "album.pcm")
    album = integrated_loudness([gatherer.blocks for gatherer, _ in heard])
    assert album == pytest.approx(whole, abs=NEAR_IN_A_ROW_LU)
    mean = sum(said for _, said in heard) / len(heard)
    assert abs(mean - whole) > 1, "the sample could not tell a gated album from a mean"


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    gatherer, _ = listen(bytes(2 * RATE_HZ * 2), tmp_path / "silence.pcm")
    assert gatherer.blocks == {}
    assert integrated_loudness([gatherer.blocks, {}]) is None


def test_a_line_of_the_filter_is_counted_and_a_tag_that_looks_like_one_is_not() -> None:
    gatherer = LoudnessGatherer()
    for line in (
        FRAME_LINE,
        f"    title           : {FRAME_LINE}",
        FRAME_LINE.replace("-38.5", "-120.7"),
        "[Parsed_ebur128_0 @ 0x7fada8001c00] Summary:",
    ):
        gatherer.add(f"{line}\n".encode())
    assert gatherer.blocks == {"-385": 1}


HISTOGRAMS = st.lists(
    st.dictionaries(st.integers(-690, 50).map(str), st.integers(1, 500), max_size=12), max_size=5
)


@given(HISTOGRAMS)
def test_how_blocks_are_spread_over_tracks_does_not_matter(tracks: list[dict[str, int]]) -> None:
    whole: Counter[str] = Counter()
    for track in tracks:
        whole.update(track)
    assert integrated_loudness(tracks) == integrated_loudness([whole])


@given(HISTOGRAMS.filter(any))
def test_an_album_lies_between_its_quietest_and_its_loudest_block(
    tracks: list[dict[str, int]],
) -> None:
    levels = [int(tenths) / 10 for track in tracks for tenths in track]
    album = integrated_loudness(tracks)
    assert album is not None
    assert min(levels) - 0.01 <= album <= max(levels) + 0.01
