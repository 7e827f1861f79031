"""Real encodes: exact sizes, heads that are right, failures told. That the bytes are always the same
is tried in `test_audio_identity`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import wave
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from mutagen.mp4 import MP4

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import (
    EncodeOrder,
    EncoderFailedError,
    encode,
    measure_audio_bytes,
)
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.encoding.recipes import RECIPES, Framing, Recipe, Sizing
from pennywhistle.shop.encoding.rules import get_recipe, output_of, size_of
from tests.renditions import TAGS, Sample, decode, draw_cover, order_for, render_master

KNOWN = [recipe for recipe in RECIPES.values() if recipe.sizing is not Sizing.NOMINAL]
EVERY_KNOWN_SIZE = pytest.mark.parametrize("recipe", KNOWN, ids=lambda recipe: recipe.code)
CONSTANT_MP3S = [recipe for recipe in KNOWN if recipe.framing is Framing.MP3_CBR]
ONE_OF_EACH = {recipe.framing: recipe for recipe in RECIPES.values()}
_TIMEOUT_SECONDS = 60


@pytest.fixture(scope="session")
def masters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("masters")
    return {
        "stereo": render_master(folder / "stereo.wav", frames=100_001),
        "mono": render_master(folder / "mono.wav", frames=50_003, channels=1),
        "hi-res": render_master(folder / "hi-res.wav", frames=96_007, rate_hz=96_000, bits=24),
        "mono-24": render_master(folder / "mono-24.wav", frames=48_001, bits=24, channels=1),
        "surround": render_master(folder / "surround.wav", frames=20_001, channels=6),
    }


MASTERS = pytest.mark.parametrize("name", ["stereo", "mono", "hi-res", "mono-24", "surround"])


def encoded(order: EncodeOrder) -> bytes:
    pieces: list[bytes] = []
    result = encode(order, pieces.append)
    data = b"".join(pieces)
    assert result.size_bytes == len(data)
    assert result.sha256 == hashlib.sha256(data).hexdigest()
    return data


def written(order: EncodeOrder, recipe: Recipe, folder: Path) -> Path:
    path = folder / f"rendition.{recipe.extension}"
    path.write_bytes(encoded(order))
    return path


@EVERY_KNOWN_SIZE
@MASTERS
def test_the_file_without_its_tag_block_has_the_priced_size(
    recipe: Recipe, name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    sample = masters[name]
    order = order_for(sample, recipe, tmp_path)
    if recipe.sizing is Sizing.MEASURED:
        measured = dict.fromkeys(RECIPES, MeasuredSize(measure_audio_bytes(order), ""))
        sample = replace(sample, facts=replace(sample.facts, measured=measured))
    tags = replace(TAGS, cover=draw_cover())
    tagged = order_for(sample, recipe, tmp_path, tags=tags)
    audio = len(encoded(tagged)) - len(tagged.tag_block)
    assert audio == size_of(recipe=recipe, master=sample.facts).bytes


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 48, 1151, 1152, 1153, 123_457])
def test_a_constant_mp3_has_the_length_of_the_formula(
    frames: int, rate_hz: int, channels: int, tmp_path: Path
) -> None:
    sample = render_master(
        tmp_path / "master.wav", frames=frames, rate_hz=rate_hz, channels=channels
    )
    for recipe in CONSTANT_MP3S:
        order = order_for(sample, recipe, tmp_path)
        assert encode(order, lambda _: None).audio_bytes == order.audio_bytes, recipe.code


def test_what_was_made_is_told_with_its_checksums_and_its_cost(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    pieces: list[bytes] = []
    result = encode(
        order_for(masters["stereo"], get_recipe(code="mp3-320"), tmp_path), pieces.append
    )
    assert result.crc32 == zlib.crc32(b"".join(pieces))
    assert result.cpu_ms is not None
    assert 0 < result.cpu_ms < 60_000


@pytest.mark.parametrize("code", ["wav", "aiff", "flac", "wavpack", "alac"])
def test_six_channels_are_known_as_what_they_are(
    code: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    recipe = get_recipe(code=code)
    path = written(order_for(masters["surround"], recipe, tmp_path), recipe, tmp_path)
    done = subprocess.run(
        [ffmpeg_path(), "-hide_banner", "-i", path],
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    assert "5.1" in done.stderr


def streaminfo(path: Path) -> tuple[int, int, str]:
    """The longest frame, how many samples, and the MD5."""
    head = path.read_bytes()[8:42]
    return int.from_bytes(head[7:10], "big"), int.from_bytes(head[14:18], "big"), head[18:].hex()


def test_a_reduced_flac_has_the_encoders_own_head_since_its_samples_are_new(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    recipe, sample = get_recipe(code="flac-16-44"), masters["hi-res"]
    order = order_for(sample, recipe, tmp_path)
    assert order.is_encoded_first
    path = written(order, recipe, tmp_path)
    longest, frames, md5 = streaminfo(path)
    assert longest > 0
    assert frames == output_of(recipe=recipe, master=sample.facts).frames
    assert md5 == hashlib.md5(decode(path), usedforsecurity=False).hexdigest()


def test_a_file_encoded_first_is_held_to_its_length_too(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    order = order_for(masters["hi-res"], get_recipe(code="flac-16-44"), tmp_path)
    longer = replace(order, facts=replace(order.facts, frames=order.facts.frames + 1))
    with pytest.raises(EncoderFailedError, match="samples were to come"):
        encode(longer, lambda _: None)


def test_a_streamed_flac_of_unknown_samples_says_so(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    order = order_for(masters["stereo"], get_recipe(code="flac"), tmp_path)
    order = replace(order, facts=replace(order.facts, flac_md5=""))
    path = written(order, get_recipe(code="flac"), tmp_path)
    assert streaminfo(path) == (0, 100_001, "0" * 32)


def test_an_aac_tells_also_players_without_edit_lists_where_the_music_begins_and_ends(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    """https://developer.apple.com/library/archive/documentation/QuickTime/QTFF/QTFFAppenG/"""
    recipe = get_recipe(code="aac-128")
    path = written(order_for(masters["stereo"], recipe, tmp_path), recipe, tmp_path)
    told = MP4(path)["----:com.apple.iTunes:iTunSMPB"][0].decode().split()
    delay, padding, frames = (int(word, 16) for word in told[1:4])
    assert (delay, frames) == (1024, 100_001)
    assert (delay + padding + frames) % 1024 == 0
    assert len(told) == 12
    lossless = written(
        order_for(masters["stereo"], get_recipe(code="alac"), tmp_path), recipe, tmp_path
    )
    assert "----:com.apple.iTunes:iTunSMPB" not in MP4(lossless)


def test_a_head_comes_before_the_encoder_is_done(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    pieces: list[bytes] = []
    order = order_for(masters["stereo"], get_recipe(code="mp3-192"), tmp_path)
    encode(order, pieces.append)
    assert pieces[0].startswith(b"ID3")
    assert len(pieces) > 1


@pytest.mark.parametrize("recipe", ONE_OF_EACH.values(), ids=lambda recipe: recipe.code)
def test_a_source_that_is_no_audio_fails_and_says_what_the_encoder_said(
    recipe: Recipe, masters: dict[str, Sample], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF" + b"no audio at all" * 100)
    order = replace(order_for(masters["stereo"], recipe, tmp_path), source=broken)
    with pytest.raises(EncoderFailedError, match="broken.wav and said: "):
        encode(order, lambda _: None)


@pytest.mark.parametrize("code", ["mp3-192", "wav", "aiff"])
def test_a_master_shorter_than_its_facts_fails_the_encode(
    code: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    recipe = get_recipe(code=code)
    with (
        wave.open(str(masters["stereo"].path)) as whole,
        wave.open(str(tmp_path / "short.wav"), "wb") as short,
    ):
        short.setparams(whole.getparams())
        short.writeframes(whole.readframes(50_000))
    order = replace(order_for(masters["stereo"], recipe, tmp_path), source=tmp_path / "short.wav")
    with pytest.raises(EncoderFailedError, match="was to become"):
        encode(order, lambda _: None)


def test_an_encoder_that_does_not_start_is_a_failed_encode(
    masters: dict[str, Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pennywhistle.adapters.audio import encode as module

    monkeypatch.setattr(module, "ffmpeg_path", lambda: str(tmp_path / "nothing-here"))
    order = order_for(masters["stereo"], get_recipe(code="flac"), tmp_path)
    with pytest.raises(EncoderFailedError, match="does not start"):
        encode(order, lambda _: None)


def test_a_sink_that_breaks_ends_the_encoder_and_leaves_no_file(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    def full(_: bytes) -> None:
        raise OSError("the disk is full")

    folder = tmp_path / "work"
    folder.mkdir()
    for code in ("mp3-192", "alac"):
        with pytest.raises(OSError, match="the disk is full"):
            encode(order_for(masters["stereo"], get_recipe(code=code), folder), full)
    assert list(folder.iterdir()) == []


def test_debians_flac_finds_the_md5_and_every_frame_right(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    if shutil.which("flac") is None:
        pytest.skip("flac is not installed")
    for sample in masters.values():
        recipe = get_recipe(code="flac")
        path = written(order_for(sample, recipe, tmp_path), recipe, tmp_path)
        done = subprocess.run(
            ["flac", "--test", "--warnings-as-errors", path],
            check=False,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
        assert done.returncode == 0, done.stderr
