"""A master whose packets are timed unevenly by its container: the samples count, not their times."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.analyse import analyse
from pennywhistle.adapters.audio.encode import encode
from pennywhistle.shop.encoding.recipes import Kind
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe, output_of
from tests.audio_samples import ALAC_16, render
from tests.renditions import Sample, decode, order_for

SECONDS = 3
PACKET = 4096
# Every fifth packet lasts longer than its samples do, and the next one as much less.
LATE = 3500


@pytest.fixture(scope="module", params=[48_000, 96_000])
def uneven(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """ALAC in M4A, as encoders write it that are fed from a resampler."""
    rate_hz = request.param
    folder = tmp_path_factory.mktemp("uneven")
    path = render(folder / "one.m4a", *ALAC_16, frequency_hz=730, rate_hz=rate_hz, seconds=SECONDS)
    path.write_bytes(timed_unevenly(path.read_bytes(), SECONDS * rate_hz))
    analysis = analyse(path=path)
    assert analysis.frames == SECONDS * rate_hz
    facts = MasterFacts(analysis.frames, rate_hz, 16, 2, analysis.flac_md5, {})
    return Sample(path, decode(path), facts)


def timed_unevenly(m4a: bytes, frames: int) -> bytes:
    """The same file with other durations in `stts`, at the same length of it: the box of a file that
    ends with `moov` may grow if all around it does."""
    packets, last = divmod(frames, PACKET)
    uneven = [(3, PACKET), (1, PACKET + LATE), (1, PACKET - LATE)]
    runs = [*(packets // 5 * uneven), (packets % 5, PACKET), (1, last)]
    at = m4a.index(b"stts") - 4
    (size,) = struct.unpack_from(">I", m4a, at)
    table = struct.pack(">II", 0, len(runs)) + b"".join(struct.pack(">II", *run) for run in runs)
    grown = len(table) + 8 - size
    changed = bytearray(m4a[:at] + struct.pack(">I", len(table) + 8) + b"stts" + table)
    changed += m4a[at + size :]
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        starts_at = m4a.index(name) - 4
        assert m4a.index(b"mdat") < starts_at < at
        (length,) = struct.unpack_from(">I", m4a, starts_at)
        struct.pack_into(">I", changed, starts_at, length + grown)
    return bytes(changed)


@pytest.mark.parametrize(
    "code", ["vorbis-q6", "opus-128", "mp3-192", "aac-256", "flac", "alac", "wavpack", "wav"]
)
def test_every_codec_takes_it_and_keeps_its_length(
    uneven: Sample, tmp_path: Path, code: str
) -> None:
    recipe = get_recipe(code=code)
    path = tmp_path / f"made.{recipe.extension}"
    with path.open("wb") as file:
        encode(order_for(uneven, recipe, tmp_path), file.write)
    output = output_of(recipe=recipe, master=uneven.facts)
    pcm = decode(path)
    assert len(pcm) == output.frames * output.channels * 2
    if recipe.kind is Kind.LOSSLESS:
        assert hashlib.sha256(pcm).digest() == hashlib.sha256(uneven.pcm).digest()
