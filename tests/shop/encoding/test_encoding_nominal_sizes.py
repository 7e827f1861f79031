"""Sizes that are called "about": near what is delivered, mono or stereo, at any sample rate."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import measure_audio_bytes
from pennywhistle.demo.perform import Arrangement, Backing, Round
from pennywhistle.demo.synth import render_track
from pennywhistle.demo.tunes import TUNES
from pennywhistle.demo.voices import SAMPLE_RATE_HZ
from pennywhistle.shop.encoding.recipes import RECIPES, USUAL_AT_HZ, Framing, Sizing
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe, list_families, size_of
from tests.renditions import Sample, order_for
from tests.soak import is_soak

NOMINAL = [recipe for recipe in RECIPES.values() if recipe.sizing is Sizing.NOMINAL]
ONE_OF_EACH_CODEC = [
    get_recipe(code=code) for code in ("mp3-v2", "opus-128", "vorbis-q6", "aac-256")
]
SECONDS = 10
OFF_AT_MOST = 0.15

rates = st.integers(8_000, 192_000)


def facts(*, rate_hz: int, channels: int, seconds: int = 180) -> MasterFacts:
    return MasterFacts(seconds * rate_hz, rate_hz, 16, channels, "0" * 32, {})


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Kesh by the demo's band, as samples without a head."""
    path = tmp_path_factory.mktemp("nominal") / "kesh.pcm"
    band = Arrangement(116, (Round((Backing.GUITAR, Backing.BODHRAN)),))
    path.write_bytes(
        render_track(tune=TUNES["kesh"], arrangement=band, random=np.random.default_rng(1))
    )
    return path


def master(tune: Path, *, rate_hz: int, channels: int) -> Sample:
    path = tune.with_name(f"{rate_hz}-{channels}.wav")
    subprocess.run(
        [
            *(ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-f", "s16le"),
            *("-ar", str(SAMPLE_RATE_HZ), "-ac", "2", "-t", str(SECONDS), "-i", str(tune)),
            *("-ar", str(rate_hz), "-ac", str(channels), str(path)),
        ],
        check=True,
        timeout=60,
    )
    return Sample(path, b"", facts(rate_hz=rate_hz, channels=channels, seconds=SECONDS))


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 44_100, 48_000])
def test_music_is_delivered_near_its_nominal_size(tune: Path, rate_hz: int, channels: int) -> None:
    sample = master(tune, rate_hz=rate_hz, channels=channels)
    is_usual = (rate_hz, channels) == (44_100, 2)
    for recipe in NOMINAL if is_usual or is_soak() else ONE_OF_EACH_CODEC:
        nominal = size_of(recipe=recipe, master=sample.facts).bytes
        delivered = measure_audio_bytes(order_for(sample, recipe, tune.parent))
        assert abs(nominal / delivered - 1) <= OFF_AT_MOST, (recipe.code, nominal, delivered)


@given(rates)
def test_a_mono_recording_is_hardly_ever_larger_than_the_same_in_stereo(rate_hz: int) -> None:
    """A small AAC spends the same on both, give or take a kbit/s."""
    for recipe in NOMINAL:
        mono, stereo = (
            size_of(recipe=recipe, master=facts(rate_hz=rate_hz, channels=channels)).bytes
            for channels in (1, 2)
        )
        assert mono <= 1.02 * stereo
        if recipe.framing is Framing.MP3_VBR:
            assert 0.45 < mono / stereo < 0.55


@given(rates, st.sampled_from([1, 2]))
def test_a_nominal_size_lies_between_those_of_the_rates_beside_it(
    rate_hz: int, channels: int
) -> None:
    for recipe in NOMINAL:
        below = max(each for each in USUAL_AT_HZ if each <= rate_hz)
        above = min((each for each in USUAL_AT_HZ if each >= rate_hz), default=below)
        lower, between, upper = (
            size_of(recipe=recipe, master=facts(rate_hz=each, channels=channels)).bytes
            for each in (below, rate_hz, above)
        )
        assert min(lower, upper) <= between <= max(lower, upper)


@given(rates, st.sampled_from([1, 2]), st.integers(1, 3600))
def test_a_nominal_size_grows_with_the_length_alone(
    rate_hz: int, channels: int, seconds: int
) -> None:
    for recipe in NOMINAL:
        minute = facts(rate_hz=rate_hz, channels=channels, seconds=seconds)
        longer = replace(minute, frames=2 * minute.frames)
        once, twice = (size_of(recipe=recipe, master=each).bytes for each in (minute, longer))
        assert 0 <= twice - 2 * once <= 1


def test_every_nominal_recipe_says_what_it_comes_to_at_each_measured_rate() -> None:
    for recipe in RECIPES.values():
        assert (recipe.usual is not None) == (recipe.sizing is Sizing.NOMINAL)
        if recipe.usual is not None:
            assert len(recipe.usual.stereo_kbps) == len(USUAL_AT_HZ)
            assert len(recipe.usual.mono_kbps) == len(USUAL_AT_HZ)


def test_a_better_recipe_of_one_family_is_hardly_ever_smaller() -> None:
    """AAC of a mono master with little in it has all it can use from 192 kbit/s on."""
    for family in list_families():
        sizes = [each.usual for each in family.recipes if each.usual is not None]
        if family.title == "MP3":
            sizes.reverse()  # V0 is better than V4
        for worse, better in pairwise(sizes):
            for said in ("stereo_kbps", "mono_kbps"):
                pairs = zip(getattr(worse, said), getattr(better, said), strict=True)
                assert all(less <= 1.02 * more for less, more in pairs), family.title


@given(rates)
def test_surround_comes_to_what_its_stereo_mix_does(rate_hz: int) -> None:
    for recipe in NOMINAL:
        six, two = (
            size_of(recipe=recipe, master=facts(rate_hz=rate_hz, channels=channels)).bytes
            for channels in (6, 2)
        )
        assert six == two
