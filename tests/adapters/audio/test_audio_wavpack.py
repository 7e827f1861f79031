"""WavPack: blocks told their sample count, the MD5 behind them, and what Debian's tools make of it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.encode import EncodeOrder, EncoderFailedError, encode
from pennywhistle.adapters.audio.wavpack import BlockPatcher, WavpackError, md5_block
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, decode, draw_cover, order_for, render_master

INITIAL, SIGNED = 0x800, 0x10000000
# The encoder's settings: three bytes and one to fill up. 0x08 in the last is CONFIG_MD5_CHECKSUM.
HAS_MD5 = bytes((0x65, 2, 0, 0, 8, 0))
_TIMEOUT_SECONDS = 60


def block(*, index: int, samples: int, body: bytes, flags: int = INITIAL, total: int = 0) -> bytes:
    head = struct.pack(
        "<4sIHBBIIIII", b"wvpk", 24 + len(body), 0x410, 0, 0, total, index, samples, flags, 7
    )
    return head + body


BODIES = st.lists(st.binary(min_size=6, max_size=90).map(lambda b: b + bytes(len(b) % 2)))


@given(bodies=BODIES, channels=st.integers(1, 3), cut=st.integers(1, 70), md5_follows=st.booleans())
def test_every_block_is_told_how_many_samples_there_are_and_nothing_else_changes(
    bodies: list[bytes], channels: int, cut: int, md5_follows: bool
) -> None:
    """A frame of several channels is several blocks, of which the first is marked."""
    total = 100 * len(bodies)

    def stream(told: int, first: bytes = b"") -> bytes:
        return b"".join(
            block(
                index=100 * n,
                samples=100,
                body=body if n or c else first + body,
                flags=0 if c else INITIAL,
                total=told,
            )
            for n, body in enumerate(bodies)
            for c in range(channels)
        )

    finished = stream(total, HAS_MD5 if md5_follows else b"")
    md5 = md5_block(frames=total, md5="ab" * 16)
    assert len(md5) == 50
    for source in (stream(0), finished + md5 + b"APETAGEX" + bytes(300)):
        patcher = BlockPatcher(frames=total, md5_follows=md5_follows)
        pieces = (source[at : at + cut] for at in range(0, len(source), cut))
        assert b"".join(map(patcher.feed, pieces)) == finished
        patcher.finish()


def test_a_stream_that_is_not_as_long_as_its_master_is_refused() -> None:
    whole = block(index=0, samples=100, body=b"music!")
    for told, given_bytes in ((101, whole), (100, whole[:-1]), (100, whole + b"wvpk")):
        patcher = BlockPatcher(frames=told, md5_follows=False)
        patcher.feed(given_bytes)
        with pytest.raises(WavpackError):
            patcher.finish()


@pytest.mark.parametrize(
    "broken",
    [
        b"RIFF" + bytes(40),
        b"wvpk" + bytes(40),
        block(index=0, samples=9, body=b"music!", flags=INITIAL | SIGNED),
    ],
)
def test_what_is_no_block_is_refused(broken: bytes) -> None:
    with pytest.raises(WavpackError):
        BlockPatcher(frames=9, md5_follows=False).feed(broken)


def test_more_samples_than_a_head_can_count_are_refused() -> None:
    with pytest.raises(WavpackError, match="more than a WavPack head can count"):
        BlockPatcher(frames=2**32, md5_follows=False)


MASTERS = {
    "stereo": {"frames": 100_001},
    "24-bit mono": {"frames": 48_001, "rate_hz": 96_000, "bits": 24, "channels": 1},
    "24-bit surround": {"frames": 48_000, "rate_hz": 48_000, "bits": 24, "channels": 6},
    "surround": {"frames": 30_011, "channels": 6},
    "one sample": {"frames": 1},
}


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("wavpack")
    return {name: render_master(folder / f"{name}.wav", **is_) for name, is_ in MASTERS.items()}


def wavpack_order(sample: Sample, folder: Path) -> EncodeOrder:
    tags = replace(TAGS, cover=draw_cover())
    return order_for(sample, get_recipe(code="wavpack"), folder, tags=tags)


@pytest.mark.parametrize("name", MASTERS)
def test_debians_wvunpack_finds_length_depth_and_md5_right(
    name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    if shutil.which("wvunpack") is None:
        pytest.skip("wvunpack is not installed")
    sample, path = masters[name], tmp_path / "file.wv"
    with path.open("wb") as file:
        encode(wavpack_order(sample, tmp_path), file.write)
    told = wvunpack("-ss", str(path))
    assert f"{sample.facts.bits_per_sample}-bit ints at {sample.facts.sample_rate_hz} Hz" in told
    assert sample.facts.flac_md5 in told
    assert "warning" not in wvunpack("-v", "-m", str(path)).lower()
    wvunpack("-q", "-r", "-o", str(tmp_path / "samples.raw"), str(path))
    assert (tmp_path / "samples.raw").read_bytes() == sample.pcm
    assert decode(path, bits=sample.facts.bits_per_sample) == sample.pcm


def wvunpack(*arguments: str) -> str:
    done = subprocess.run(
        ["wvunpack", *arguments],
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )
    return (done.stdout + done.stderr).decode()


def test_wvunpack_does_notice_another_md5(masters: dict[str, Sample], tmp_path: Path) -> None:
    if shutil.which("wvunpack") is None:
        pytest.skip("wvunpack is not installed")
    order = wavpack_order(masters["stereo"], tmp_path)
    order = replace(order, facts=replace(order.facts, flac_md5="0" * 32))
    path = tmp_path / "file.wv"
    with path.open("wb") as file:
        encode(order, file.write)
    with pytest.raises(subprocess.CalledProcessError):
        wvunpack("-v", "-m", str(path))


def test_a_master_shorter_than_its_facts_fails_the_encode(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    order = wavpack_order(masters["stereo"], tmp_path)
    order = replace(order, facts=replace(order.facts, frames=order.facts.frames + 1))
    with pytest.raises(EncoderFailedError, match="samples were to come"):
        encode(order, lambda _: None)
