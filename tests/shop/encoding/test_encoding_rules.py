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
    mp3_info_frame,
    wav_head,
)
from pennywhistle.kit.mp3 import mp3_frame_count
from pennywhistle.shop.catalogue.facts import MeasuredSize
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
    OutputFacts,
    Size,
    SizeNotMeasuredError,
    Treatment,
    UnknownRecipeError,
    audio_key,
    encoder_arguments,
    get_recipe,
    holds_cpu_back,
    info_frame_kbps,
    is_offered,
    is_streamed,
    list_families,
    list_measured_recipes,
    list_recipes_for_sale,
    output_of,
    promised_bytes,
    rendition_key,
    size_of,
    treatment_of,
)

MEASURED = ("flac", "flac-16-44", "flac-16-48", "flac-24-48", "flac-24-96", "alac", "wavpack")

masters = st.builds(
    MasterFacts,
    frames=st.integers(1, 30_000_000),
    sample_rate_hz=st.sampled_from(
        [8_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
    ),
    bits_per_sample=st.sampled_from([16, 24]),
    channels=st.sampled_from([1, 2, 6]),
    flac_md5=st.just("1" * 32),
    measured=st.just(dict.fromkeys(MEASURED, MeasuredSize(1234, ""))),
)
recipes = st.sampled_from(list(RECIPES.values()))
excerpts = st.builds(
    Excerpt, start_seconds=st.integers(0, 900), seconds=st.integers(1, 900), fades=st.booleans()
)
FLAC = get_recipe(code="flac")
CHANGES_SAMPLES = ("aresample", "pan=", "aformat", "apad", "atrim", "afade")


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
        first = recipe.framing is Framing.M4A or recipe.kind is Kind.REDUCED
        assert recipe.streams != first
        assert (recipe.bitrate_kbps is None) == (recipe.framing is not Framing.MP3_CBR)


@given(recipes, masters)
def test_a_size_is_exact_unless_it_is_nominal(recipe: object, master: MasterFacts) -> None:
    for each in RECIPES.values():
        size = size_of(recipe=each, master=master)
        assert size.bytes > 0
        assert size.is_exact == (each.sizing is not Sizing.NOMINAL)


@pytest.mark.parametrize(
    ("rate_hz", "bits", "reduced"),
    [
        (44_100, 16, set()),
        (32_000, 16, set()),
        (44_100, 24, {"flac-16-44"}),  # flac-16-48 makes the same
        (48_000, 16, {"flac-16-44"}),
        (48_000, 24, {"flac-16-44", "flac-16-48"}),
        (96_000, 16, {"flac-16-44", "flac-16-48"}),
        (96_000, 24, {"flac-16-44", "flac-16-48", "flac-24-48"}),
        (192_000, 24, {"flac-16-44", "flac-16-48", "flac-24-48", "flac-24-96"}),
    ],
)
def test_each_size_is_measured_once_and_refused_until_then(
    rate_hz: int, bits: int, reduced: set[str]
) -> None:
    master = MasterFacts(44_100, rate_hz, bits, 2, "1" * 32, {})
    asked = {recipe.code for recipe in list_measured_recipes(master=master)}
    assert asked == {"flac", "alac", "wavpack"} | reduced
    for code in MEASURED:
        recipe = get_recipe(code=code)
        with pytest.raises(SizeNotMeasuredError, match="worker"):
            size_of(recipe=recipe, master=master)
        assert not is_offered(recipe=recipe, master=master)
    measured = replace(master, measured=dict.fromkeys(asked, MeasuredSize(99, "")))
    for code in MEASURED:
        recipe = get_recipe(code=code)
        assert size_of(recipe=recipe, master=measured).bytes == 99
        plain = recipe.kind is not Kind.REDUCED
        assert is_offered(recipe=recipe, master=measured) == (
            plain
            or output_of(recipe=recipe, master=master) != output_of(recipe=FLAC, master=master)
        )


def test_a_measured_length_is_promised_of_the_audio_that_was_measured_alone() -> None:
    encoder, sha256 = "ffmpeg 9 on x86_64", "a" * 64
    bare = MasterFacts(44_100, 44_100, 24, 2, "1" * 32, {})

    def promised(master: MasterFacts, code: str, **other: object) -> int | None:
        named = {"master_sha256": sha256, "encoder": encoder, "recipe": get_recipe(code=code)}
        return promised_bytes(master=master, **{**named, **other})  # type: ignore[arg-type]

    def measured(code: str, **other: object) -> MasterFacts:
        named = {"master_sha256": sha256, "encoder": encoder, "recipe": get_recipe(code=code)}
        key = audio_key(master=bare, **{**named, **other})  # type: ignore[arg-type]
        return replace(bare, measured={code: MeasuredSize(99, key)})

    assert promised(bare, "flac") is None
    assert promised(measured("flac"), "flac") == 99
    assert promised(measured("flac"), "alac") is None
    assert promised(measured("flac"), "flac", excerpt=Excerpt(0, 1)) is None
    assert promised(measured("flac-16-44"), "flac-16-48") == 99  # Makes the same of it.
    louder = replace(FLAC, codec_arguments=("-c:a", "flac"))
    for other in (
        {"encoder": "ffmpeg 9.1 on x86_64"},
        {"recipe": louder},
        {"recipe": replace(FLAC, edition=2)},
    ):
        stale = measured("flac", **other)
        assert promised(stale, "flac") is None
        assert size_of(recipe=FLAC, master=stale) == Size(99, is_exact=True)  # Still a price.
    unnamed = replace(bare, measured={"flac": MeasuredSize(99, "")})
    assert promised(unnamed, "flac") is None


@given(recipes, masters)
def test_what_follows_from_a_formula_is_promised_and_what_varies_never_is(
    recipe: Recipe, master: MasterFacts
) -> None:
    promised = promised_bytes(
        master_sha256="a" * 64, master=master, recipe=recipe, encoder="ffmpeg 9"
    )
    size = size_of(recipe=recipe, master=master)
    assert promised == (size.bytes if recipe.sizing is Sizing.EXACT else None)


def test_a_surround_wav_names_its_speakers_and_so_does_an_aiff() -> None:
    master = MasterFacts(1000, 48_000, 16, 6, "1" * 32, {})
    assert size_of(recipe=get_recipe(code="wav"), master=master).bytes == 68 + 12_000
    assert size_of(recipe=get_recipe(code="aiff"), master=master).bytes == 74 + 12_000


@given(masters)
def test_the_size_of_pcm_is_its_head_and_its_samples(master: MasterFacts) -> None:
    samples = master.frames * master.channels * master.bits_per_sample // 8
    for code, head in (("wav", wav_head), ("aiff", aiff_head)):
        facts = facts_of_output(code, master)
        size = size_of(recipe=get_recipe(code=code), master=master)
        assert size.bytes == len(head(facts=facts, tail_bytes=0)) + samples + samples % 2


@given(masters, st.sampled_from([96, 112, 128, 160, 192, 224, 256, 320]))
def test_the_size_of_a_constant_mp3_lies_between_unpadded_and_padded_frames(
    master: MasterFacts, kbps: int
) -> None:
    recipe = get_recipe(code=f"mp3-{kbps}")
    facts = facts_of_output(recipe.code, master)
    size = size_of(recipe=recipe, master=master).bytes
    info = mp3_info_frame(facts=facts, kbps=kbps, audio_bytes=size)
    frames = mp3_frame_count(frames=facts.frames)
    assert 0 <= size - len(info) - frames * len(info) <= frames


@given(masters)
def test_a_lossless_recipe_keeps_every_sample(master: MasterFacts) -> None:
    for recipe in RECIPES.values():
        if recipe.kind is Kind.LOSSLESS:
            assert output_of(recipe=recipe, master=master) == OutputFacts(
                frames=master.frames,
                sample_rate_hz=master.sample_rate_hz,
                bits_per_sample=master.bits_per_sample,
                channels=master.channels,
                flac_md5=master.flac_md5,
            )
            told = " ".join(encoder_arguments(recipe=recipe, master=master))
            assert not any(word in told for word in CHANGES_SAMPLES)
            assert treatment_of(recipe=recipe, master=master) == ()
            assert recipe.priced_as == "lossless"


@given(masters)
def test_a_reduced_recipe_never_raises_rate_or_depth_and_is_plain_flac_where_nothing_is_above(
    master: MasterFacts,
) -> None:
    for recipe in RECIPES.values():
        if recipe.kind is not Kind.REDUCED:
            continue
        bits, khz = (int(part) for part in recipe.code.split("-")[1:])
        output = output_of(recipe=recipe, master=master)
        assert output.bits_per_sample == min(bits, master.bits_per_sample)
        assert output.sample_rate_hz == min(
            {44: 44_100}.get(khz, khz * 1000), master.sample_rate_hz
        )
        assert output.channels == master.channels
        reduces = output != output_of(recipe=FLAC, master=master)
        assert reduces == bool(treatment_of(recipe=recipe, master=master))
        assert reduces == is_offered(recipe=recipe, master=master)
        assert reduces != is_streamed(recipe=recipe, master=master)
        assert reduces == (output.flac_md5 == "")
        told = encoder_arguments(recipe=recipe, master=master)
        assert reduces == (told != encoder_arguments(recipe=FLAC, master=master))
        assert reduces == ("dither_method=triangular" in " ".join(told))
        assert recipe.priced_as == "reduced"


@given(recipes, masters)
def test_what_a_recipe_does_to_a_master_it_says_first(recipe: Recipe, master: MasterFacts) -> None:
    output = output_of(recipe=recipe, master=master)
    done = treatment_of(recipe=recipe, master=master)
    assert (Treatment.RESAMPLED in done) == (output.sample_rate_hz != master.sample_rate_hz)
    assert (Treatment.DITHERED in done) == (output.bits_per_sample < master.bits_per_sample)
    assert (Treatment.MIXED_DOWN in done) == (output.channels < master.channels)
    assert output.channels in (1, 2) or recipe.kind is not Kind.LOSSY
    told = " ".join(encoder_arguments(recipe=recipe, master=master))
    assert ("pan=stereo" in told) == (Treatment.MIXED_DOWN in done)
    assert not done or holds_cpu_back(recipe=recipe, master=master)


def test_no_sum_of_a_mixdown_can_clip() -> None:
    master = MasterFacts(1000, 48_000, 16, 6, "1" * 32, {})
    told = " ".join(encoder_arguments(recipe=get_recipe(code="mp3-192"), master=master))
    for channel in ("c0", "c1"):
        weights = re.search(rf"\|{channel}=([^|,\s]+)", told)
        assert weights is not None
        assert sum(float(each.split("*")[0]) for each in weights[1].split("+")) <= 1.0
        assert "c3" not in weights[1]


@given(masters)
def test_no_lossy_recipe_goes_beyond_48_khz(master: MasterFacts) -> None:
    for recipe in RECIPES.values():
        if recipe.kind is Kind.LOSSY:
            output = output_of(recipe=recipe, master=master)
            assert output.sample_rate_hz in (44_100, 48_000)
            resampled = output.sample_rate_hz != master.sample_rate_hz
            told = " ".join(encoder_arguments(recipe=recipe, master=master))
            assert ("resampler=soxr" in told) == resampled
            assert recipe.priced_as == "lossy"


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
        assert len({recipe.kind is Kind.LOSSY for recipe in family.recipes}) == 1
        assert family.kind is not Kind.REDUCED
        assert sum(recipe.is_default for recipe in family.recipes) <= 1


def test_audio_is_another_one_when_anything_it_depends_on_is_another() -> None:
    recipe = get_recipe(code="mp3-192")
    named = {
        "master_sha256": "a" * 64,
        "master": MasterFacts(1000, 44_100, 16, 2, "1" * 32, {}),
        "recipe": recipe,
        "encoder": "ffmpeg n9.0.2",
        "excerpt": Excerpt(start_seconds=0, seconds=30),
    }
    key = audio_key(**named)  # type: ignore[arg-type]
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert key == audio_key(**named)  # type: ignore[arg-type]
    for other in (
        {"master_sha256": "c" * 64},
        {"recipe": get_recipe(code="mp3-320")},
        {"recipe": replace(recipe, edition=2)},
        {"recipe": replace(recipe, pins_cpu=True)},
        {"recipe": replace(recipe, rates_hz=(48_000,))},
        {"recipe": replace(recipe, channels_max=1)},
        {"encoder": "ffmpeg n9.0.3"},
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
