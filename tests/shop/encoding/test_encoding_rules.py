"""The table of recipes and what it promises, without a file or an encoder."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.framing import MUXERS
from pennywhistle.adapters.audio.heads import (
    AudioFacts,
    aiff_head,
    mp3_frame_count,
    mp3_info_frame,
    wav_head,
)
from pennywhistle.shop.encoding.recipes import (
    PREVIEW_RECIPE,
    RECIPES,
    Framing,
    Kind,
    Recipe,
    Sizing,
)
from pennywhistle.shop.encoding.rules import (
    Excerpt,
    ExcerptError,
    MasterFacts,
    SizeNotMeasuredError,
    UnknownRecipeError,
    audio_key,
    encoder_arguments,
    get_recipe,
    holds_cpu_back,
    info_frame_kbps,
    list_families,
    list_measured_recipes,
    list_recipes_for_sale,
    output_of,
    rendition_key,
    size_of,
)

masters = st.builds(
    MasterFacts,
    frames=st.integers(1, 30_000_000),
    sample_rate_hz=st.sampled_from([32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]),
    bits_per_sample=st.sampled_from([16, 24]),
    channels=st.sampled_from([1, 2]),
    flac_md5=st.just("0" * 32),
    measured_bytes=st.just({"flac": 1234, "alac": 2345}),
)
recipes = st.sampled_from(list(RECIPES.values()))
excerpts = st.builds(
    Excerpt, start_seconds=st.integers(0, 900), seconds=st.integers(1, 900), fades=st.booleans()
)
FLAC = get_recipe(code="flac")


def facts_of_output(recipe: str, master: MasterFacts) -> AudioFacts:
    output = output_of(recipe=get_recipe(code=recipe), master=master)
    return AudioFacts(output.frames, output.sample_rate_hz, output.bits_per_sample, output.channels)


def test_every_recipe_is_found_by_a_canonical_url_safe_code() -> None:
    for code, recipe in RECIPES.items():
        assert recipe.code == code
        assert re.fullmatch(r"[a-z0-9-]+", code)
        assert get_recipe(code=code) is recipe


def test_an_unknown_recipe_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(UnknownRecipeError, match="'mp3-7' is not a recipe.*mp3-192"):
        get_recipe(code="mp3-7")


def test_the_preview_is_not_for_sale() -> None:
    assert PREVIEW_RECIPE in RECIPES
    assert PREVIEW_RECIPE not in [recipe.code for recipe in list_recipes_for_sale()]


def test_every_recipe_says_why_it_streams_or_not_and_has_words_for_people() -> None:
    for recipe in RECIPES.values():
        assert recipe.summary.endswith(".")
        assert recipe.streams_because.endswith(".")
        assert recipe.beyond_its_reach.endswith(".")
        assert recipe.framing.value in MUXERS
        assert recipe.streams == (recipe.framing is not Framing.M4A)
        assert (recipe.bitrate_kbps is None) == (recipe.framing is not Framing.MP3_CBR)


@given(recipes, masters)
def test_a_size_is_exact_unless_it_is_nominal(recipe: object, master: MasterFacts) -> None:
    for each in RECIPES.values():
        size = size_of(recipe=each, master=master)
        assert size.bytes > 0
        assert size.is_exact == (each.sizing is not Sizing.NOMINAL)


def test_a_size_that_was_not_measured_is_refused() -> None:
    master = MasterFacts(44_100, 44_100, 16, 2, "0" * 32, {})
    assert {recipe.code for recipe in list_measured_recipes()} == {"flac", "alac"}
    for recipe in list_measured_recipes():
        with pytest.raises(SizeNotMeasuredError, match="ingest it again"):
            size_of(recipe=recipe, master=master)


@given(masters)
def test_the_size_of_pcm_is_its_head_and_its_samples(master: MasterFacts) -> None:
    samples = master.frames * master.channels * master.bits_per_sample // 8
    for code, head in (("wav", wav_head), ("aiff", aiff_head)):
        facts = facts_of_output(code, master)
        size = size_of(recipe=get_recipe(code=code), master=master)
        assert size.bytes == len(head(facts=facts, tail_bytes=0)) + samples + samples % 2


@given(masters, st.sampled_from([128, 192, 256, 320]))
def test_the_size_of_a_constant_mp3_lies_between_unpadded_and_padded_frames(
    master: MasterFacts, kbps: int
) -> None:
    recipe = get_recipe(code=f"mp3-{kbps}")
    facts = facts_of_output(recipe.code, master)
    size = size_of(recipe=recipe, master=master).bytes
    info = mp3_info_frame(facts=facts, kbps=kbps, audio_bytes=size)
    frames = mp3_frame_count(facts)
    assert 0 <= size - len(info) - frames * len(info) <= frames


@given(recipes, masters)
def test_a_lossless_recipe_keeps_rate_and_depth(recipe: object, master: MasterFacts) -> None:
    for each in RECIPES.values():
        if each.kind is Kind.LOSSLESS:
            output = output_of(recipe=each, master=master)
            assert (output.frames, output.sample_rate_hz) == (master.frames, master.sample_rate_hz)
            assert "-af" not in encoder_arguments(recipe=each, master=master)


@given(masters)
def test_no_lossy_recipe_goes_beyond_48_khz(master: MasterFacts) -> None:
    for recipe in RECIPES.values():
        if recipe.kind is Kind.LOSSY:
            output = output_of(recipe=recipe, master=master)
            assert output.sample_rate_hz in (44_100, 48_000)
            resampled = output.sample_rate_hz != master.sample_rate_hz
            told = " ".join(encoder_arguments(recipe=recipe, master=master))
            assert ("resampler=soxr" in told) == resampled
            assert holds_cpu_back(recipe=recipe, master=master) or not resampled


@given(recipes, masters, excerpts)
def test_a_part_is_as_long_as_asked_or_the_whole_recording(
    recipe: Recipe, master: MasterFacts, excerpt: Excerpt
) -> None:
    whole = output_of(recipe=recipe, master=master)
    part = output_of(recipe=recipe, master=master, excerpt=excerpt)
    assert part.frames == min(whole.frames, excerpt.seconds * part.sample_rate_hz)
    filters = " ".join(encoder_arguments(recipe=recipe, master=master, excerpt=excerpt))
    if part.frames == whole.frames:
        assert part == whole
        assert filters == " ".join(encoder_arguments(recipe=recipe, master=master))
    else:
        assert part.flac_md5 == ""
        assert "afade" not in filters or excerpt.fades
        size, all_of_it = (
            size_of(recipe=recipe, master=master, excerpt=each) for each in (excerpt, None)
        )
        assert 0 < size.bytes <= all_of_it.bytes
        assert size.is_exact == (recipe.sizing is Sizing.EXACT)


@given(masters, excerpts)
def test_a_part_lies_inside_the_recording(master: MasterFacts, excerpt: Excerpt) -> None:
    told = " ".join(encoder_arguments(recipe=FLAC, master=master, excerpt=excerpt))
    if cut := re.search(r"start_sample=(\d+):end_sample=(\d+)", told):
        start, stop = int(cut[1]), int(cut[2])
        assert 0 <= start < stop <= master.frames
        assert start <= excerpt.start_seconds * master.sample_rate_hz


@pytest.mark.parametrize(("start", "seconds"), [(-1, 30), (0, 0), (0, -1)])
def test_a_part_that_no_recording_has_is_refused(start: int, seconds: int) -> None:
    with pytest.raises(ExcerptError, match="a second at least"):
        Excerpt(start_seconds=start, seconds=seconds)


def test_an_info_frame_has_the_bitrate_of_its_file_where_that_is_constant() -> None:
    assert info_frame_kbps(recipe=get_recipe(code="mp3-320")) == 320
    assert info_frame_kbps(recipe=get_recipe(code="mp3-v0")) == 128


def test_every_recipe_for_sale_stands_in_one_family_which_has_a_default() -> None:
    families = list_families()
    listed = [recipe for family in families for recipe in family.recipes]
    assert listed == list_recipes_for_sale()
    assert len({family.title for family in families}) == len(families)
    for family in families:
        assert family.default in family.recipes
        assert {recipe.kind for recipe in family.recipes} == {family.kind}
        assert sum(recipe.is_default for recipe in family.recipes) <= 1


def test_audio_is_another_one_when_anything_it_depends_on_is_another() -> None:
    recipe = get_recipe(code="mp3-192")
    named = {
        "master_sha256": "a" * 64,
        "recipe": recipe,
        "encoder_version": "ffmpeg n9.0.2",
        "excerpt": Excerpt(start_seconds=0, seconds=30),
    }
    key = audio_key(**named)  # type: ignore[arg-type]
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert key == audio_key(**named)  # type: ignore[arg-type]
    for other in (
        {"master_sha256": "c" * 64},
        {"recipe": get_recipe(code="mp3-320")},
        {"recipe": replace(recipe, edition=2)},
        {"encoder_version": "ffmpeg n9.0.3"},
        {"excerpt": None},
        {"excerpt": Excerpt(start_seconds=1, seconds=30)},
        {"excerpt": Excerpt(start_seconds=0, seconds=30, fades=True)},
    ):
        assert audio_key(**{**named, **other}) != key  # type: ignore[arg-type]


def test_renditions_of_the_same_audio_differ_by_their_tags() -> None:
    key = rendition_key(audio_key="a" * 64, tags_digest="b" * 64)
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert key == rendition_key(audio_key="a" * 64, tags_digest="b" * 64)
    assert key != rendition_key(audio_key="a" * 64, tags_digest="c" * 64)
    assert key != rendition_key(audio_key="c" * 64, tags_digest="b" * 64)
