"""Parts of a recording: the very stretch that was asked for, in every codec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.encoding.recipes import Kind, Recipe
from pennywhistle.shop.encoding.rules import (
    Excerpt,
    encoder_arguments,
    get_recipe,
    is_streamed,
    output_of,
    size_of,
)
from tests.renditions import Sample, decode, order_for, render_master

CODES = (
    *("mp3-192", "mp3-v0", "opus-128", "vorbis-q6", "aac-256", "flac", "flac-16-44"),
    *("alac", "wavpack", "wav", "aiff", "preview"),
)
AUDITION = Excerpt(start_seconds=1, seconds=1)


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("excerpts")
    return {
        "stereo": render_master(folder / "stereo.wav", frames=3 * 44_100),
        "hi-res": render_master(folder / "hi-res.wav", frames=3 * 96_000, rate_hz=96_000, bits=24),
    }


def made(sample: Sample, recipe: Recipe, excerpt: Excerpt, folder: Path) -> bytes:
    """The samples of that part in that recipe."""
    output = output_of(recipe=recipe, master=sample.facts, excerpt=excerpt)
    size = size_of(
        recipe=recipe,
        master=replace(sample.facts, measured=dict.fromkeys(CODES, MeasuredSize(1, ""))),
        excerpt=excerpt,
    )
    order = order_for(sample, recipe, folder)
    order = replace(
        order,
        arguments=encoder_arguments(recipe=recipe, master=sample.facts, excerpt=excerpt),
        facts=replace(order.facts, frames=output.frames, flac_md5=output.flac_md5),
        streams=is_streamed(recipe=recipe, master=sample.facts),
        audio_bytes=size.bytes if size.is_exact else None,
    )
    path = folder / f"part.{recipe.extension}"
    with path.open("wb") as file:
        encode(order, file.write)
    return decode(path, bits=output.bits_per_sample)


@pytest.mark.parametrize("name", ["stereo", "hi-res"])
@pytest.mark.parametrize("code", CODES)
def test_a_part_is_as_long_as_asked_and_a_lossless_one_is_that_very_stretch(
    masters: dict[str, Sample], tmp_path: Path, code: str, name: str
) -> None:
    sample, recipe = masters[name], get_recipe(code=code)
    output = output_of(recipe=recipe, master=sample.facts, excerpt=AUDITION)
    pcm = made(sample, recipe, AUDITION, tmp_path)
    assert len(pcm) == output.frames * output.channels * output.bits_per_sample // 8
    second = len(sample.pcm) // 3
    if recipe.kind is Kind.LOSSLESS:
        assert pcm == sample.pcm[second : 2 * second]


@pytest.mark.parametrize("code", ["mp3-320", "opus-256", "vorbis-q9", "aac-320"])
def test_a_lossy_part_lies_sample_by_sample_beside_the_lossless_one(
    masters: dict[str, Sample], tmp_path: Path, code: str
) -> None:
    """So that a listener may switch between them in place."""
    sample = masters["stereo"]
    lossy = _left(made(sample, get_recipe(code=code), AUDITION, tmp_path))
    lossless = _left(made(sample, get_recipe(code="flac"), AUDITION, tmp_path))
    rate = len(lossy) / len(lossless)
    lossless = np.interp(np.arange(len(lossy)) / rate, np.arange(len(lossless)), lossless)
    shifts = range(-20, 21)
    middle = slice(2_000, -2_000)
    match = [float(np.dot(np.roll(lossy, shift)[middle], lossless[middle])) for shift in shifts]
    assert abs(shifts[int(np.argmax(match))]) <= 1


def test_a_preview_fades_and_an_audition_does_not(
    masters: dict[str, Sample], tmp_path: Path
) -> None:
    recipe = get_recipe(code="wav")
    fading = replace(AUDITION, fades=True)
    kept, faded = (
        _left(made(masters["stereo"], recipe, excerpt, tmp_path)) for excerpt in (AUDITION, fading)
    )
    assert np.abs(kept[-1000:]).max() > 10_000
    assert np.abs(faded[-1000:]).max() < 600
    assert np.abs(kept[:100] - faded[:100]).max() < 100


def _left(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(pcm, dtype="<i2")[::2].astype(np.float64)
