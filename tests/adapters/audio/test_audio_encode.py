"""Real encodes of every recipe: the same bytes always, exact lengths, whole music."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.encode import (
    EncodeOrder,
    EncoderFailedError,
    encode,
    measure_audio_bytes,
)
from pennywhistle.shop.encoding.recipes import RECIPES, Kind, Recipe, Sizing
from pennywhistle.shop.encoding.rules import get_recipe, output_of, size_of
from tests.renditions import TAGS, Sample, decode, draw_cover, order_for, render_master

EVERY_RECIPE = pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.code)
_TIMEOUT_SECONDS = 60


@pytest.fixture(scope="session")
def masters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("masters")
    return {
        "stereo": render_master(folder / "stereo.wav", frames=100_001),
        "mono": render_master(folder / "mono.wav", frames=50_003, channels=1),
        "hi-res": render_master(folder / "hi-res.wav", frames=96_007, rate_hz=96_000, bits=24),
        "mono-24": render_master(folder / "mono-24.wav", frames=48_001, bits=24, channels=1),
    }


MASTERS = pytest.mark.parametrize("name", ["stereo", "mono", "hi-res", "mono-24"])


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


@EVERY_RECIPE
@MASTERS
def test_a_rendition_decodes_to_the_masters_length_and_a_lossless_one_to_its_samples(
    recipe: Recipe, name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    sample = masters[name]
    output = output_of(recipe=recipe, master=sample.facts)
    path = written(order_for(sample, recipe, tmp_path), recipe, tmp_path)
    bits = output.bits_per_sample
    pcm = decode(path, bits=bits)
    assert len(pcm) == output.frames * output.channels * bits // 8
    if recipe.kind is Kind.LOSSLESS:
        assert pcm == sample.pcm


@EVERY_RECIPE
@MASTERS
def test_the_file_without_its_tag_block_has_the_priced_size(
    recipe: Recipe, name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    sample = masters[name]
    order = order_for(sample, recipe, tmp_path)
    if recipe.sizing is Sizing.MEASURED:
        measured = dict.fromkeys(RECIPES, measure_audio_bytes(order))
        sample = replace(sample, facts=replace(sample.facts, measured_bytes=measured))
    size = size_of(recipe=recipe, master=sample.facts)
    tags = replace(TAGS, cover=draw_cover())
    tagged = order_for(sample, recipe, tmp_path, tags=tags)
    audio = len(encoded(tagged)) - len(tagged.tag_block)
    if size.is_exact:
        assert audio == size.bytes


@EVERY_RECIPE
def test_another_process_makes_the_same_bytes(
    recipe: Recipe, masters: dict[str, Sample], tmp_path: Path
) -> None:
    sample = masters["stereo"]
    here = encoded(order_for(sample, recipe, tmp_path))
    program = (
        "import sys; from pathlib import Path; from tests.renditions import *; "
        "from pennywhistle.adapters.audio.encode import encode; "
        "from pennywhistle.shop.encoding.recipes import RECIPES; "
        "path = Path(sys.argv[1]); pcm = decode(path); "
        "facts = MasterFacts(100_001, 44_100, 16, 2, sys.argv[3], {}); "
        "order = order_for(Sample(path, pcm, facts), RECIPES[sys.argv[2]], path.parent); "
        "print(encode(order, lambda _: None).sha256)"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, sample.path, recipe.code, sample.facts.flac_md5],
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


@EVERY_RECIPE
@pytest.mark.parametrize("name", ["stereo", "hi-res"])
def test_a_machine_with_fewer_instructions_makes_the_same_bytes(
    recipe: Recipe, name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    order = order_for(masters[name], recipe, tmp_path)
    own = encode(order, lambda _: None).sha256
    for flags in ("0", "sse4.2"):
        assert encode(replace(order, cpu_flags=flags), lambda _: None).sha256 == own, flags


@pytest.mark.parametrize("kbps", [128, 192, 256, 320])
@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_constant_mp3_has_the_length_of_the_formula(
    kbps: int, rate_hz: int, channels: int, tmp_path: Path
) -> None:
    recipe = get_recipe(code=f"mp3-{kbps}")
    for frames in (1, 47, 48, 1151, 1152, 1153, 44_100, 123_457):
        sample = render_master(
            tmp_path / "master.wav", frames=frames, rate_hz=rate_hz, channels=channels
        )
        order = order_for(sample, recipe, tmp_path)
        assert encode(order, lambda _: None).audio_bytes == order.audio_bytes


def test_a_head_comes_before_the_encoder_is_done(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    pieces: list[bytes] = []
    order = order_for(masters["stereo"], get_recipe(code="mp3-192"), tmp_path)
    encode(order, pieces.append)
    assert pieces[0].startswith(b"ID3")
    assert len(pieces) > 1


@EVERY_RECIPE
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


OTHER_DECODERS = [
    # code, program and its arguments; each is to write a WAV of the decoded samples.
    ("flac", ["flac", "--decode", "--silent", "--force", "-o", "{out}", "{in}"]),
    ("mp3-192", ["mpg123", "--quiet", "--wav", "{out}", "{in}"]),
    ("mp3-v0", ["mpg123", "--quiet", "--wav", "{out}", "{in}"]),
    ("mp3-320", ["lame", "--quiet", "--decode", "{in}", "{out}"]),
    ("opus-96", ["opusdec", "--quiet", "--no-dither", "{in}", "{out}"]),
    ("vorbis-q6", ["oggdec", "--quiet", "--output", "{out}", "{in}"]),
]


@pytest.mark.parametrize(("code", "command"), OTHER_DECODERS)
@pytest.mark.parametrize("name", ["stereo", "mono"])
def test_decoders_that_are_not_ours_find_the_same_length(
    code: str, command: list[str], name: str, masters: dict[str, Sample], tmp_path: Path
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    recipe, sample = get_recipe(code=code), masters[name]
    tags = replace(TAGS, cover=draw_cover())
    source = written(order_for(sample, recipe, tmp_path, tags=tags), recipe, tmp_path)
    out = tmp_path / "decoded.wav"
    subprocess.run(
        [word.replace("{in}", str(source)).replace("{out}", str(out)) for word in command],
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )
    pcm = decode(out)
    output = output_of(recipe=recipe, master=sample.facts)
    assert len(pcm) == output.frames * output.channels * 2
    if recipe.kind is Kind.LOSSLESS:
        assert pcm == sample.pcm


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
