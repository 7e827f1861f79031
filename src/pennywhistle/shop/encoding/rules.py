"""What a recipe makes of a master: its size, its samples, its encoder's arguments, its identity.

**The priced size is the music.** A quote shows and prices the audio with the head of its container,
without tags and cover; these come on top, free, so that correcting a cover never changes a price.
For `exact` recipes the delivered file is `size_of(...).bytes` plus the length of the tag block, to the
byte; for `measured` ones it is, as long as the encoder is the one that was measured with. What may be
promised of a file is therefore asked of `promised_bytes`. Counted are, by framing:

- MP3: the Info frame and all audio frames. The ID3 tag before them is the tag block.
- FLAC: `fLaC`, STREAMINFO and all frames (measured). All other metadata blocks are the tag block.
- WAV, AIFF: the head up to the samples, the samples, and the pad byte after an odd length. Chunks
  after it are the tag block.
- M4A (ALAC: measured): the whole file without `udta`, which is the tag block.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from pennywhistle.shop.encoding.facts import (
    Excerpt,
    ExcerptError,
    MasterFacts,
    OutputFacts,
    stretch_of,
)
from pennywhistle.shop.encoding.filters import filters_of
from pennywhistle.shop.encoding.formats import Framing, Kind, Recipe, Sizing
from pennywhistle.shop.encoding.recipes import RECIPES
from pennywhistle.shop.encoding.sizes import (
    mp3_cbr_bytes,
    pcm_bytes,
    usual_bytes,
)

__all__ = [
    "MP3_VBR_INFO_KBPS",
    "PREVIEW_SECONDS",
    "Excerpt",
    "ExcerptError",
    "Family",
    "MasterFacts",
    "OutputFacts",
    "Size",
    "SizeNotMeasuredError",
    "Treatment",
    "UnknownRecipeError",
    "audio_key",
    "encoder_arguments",
    "get_recipe",
    "get_recipe_for_sale",
    "holds_cpu_back",
    "info_frame_kbps",
    "is_offered",
    "is_streamed",
    "list_families",
    "list_measured_recipes",
    "list_recipes_for_sale",
    "output_of",
    "promised_bytes",
    "rendition_key",
    "size_of",
    "treatment_of",
]

# How much of a song is heard before it is bought, where its licence says nothing else.
PREVIEW_SECONDS = 30
# The Info frame of a variable-bitrate file is a 128 kbit/s frame, which it fits into at any rate.
MP3_VBR_INFO_KBPS = 128


class UnknownRecipeError(LookupError):
    """A code that the table of recipes does not hold."""


class SizeNotMeasuredError(LookupError):
    """A master whose size in a measured recipe has not been counted."""


@dataclass(frozen=True, slots=True)
class Size:
    """The priced size of a rendition. Where `is_exact` is false it must be called "about"."""

    bytes: int
    is_exact: bool


class Treatment(StrEnum):
    """What a recipe does to a master that it cannot carry as it is; `output_of` tells to what."""

    RESAMPLED = "resampled"
    DITHERED = "dithered"
    MIXED_DOWN = "mixed-down"


@dataclass(frozen=True, slots=True)
class Family:
    """The recipes of one format that are for sale, in the order of the table, never none."""

    title: str
    kind: Kind
    recipes: tuple[Recipe, ...]
    default: Recipe


def get_recipe(*, code: str) -> Recipe:
    """The recipe of that code. Raises `UnknownRecipeError`."""
    recipe = RECIPES.get(code)
    if recipe is None:
        known = ", ".join(recipe.code for recipe in list_recipes_for_sale())
        raise UnknownRecipeError(f"{code!r} is not a recipe; choose one of {known}")
    return recipe


def get_recipe_for_sale(*, code: str) -> Recipe:
    """A recipe that a listener may choose. Raises `UnknownRecipeError`, for the preview too."""
    recipe = get_recipe(code=code)
    if not recipe.for_sale:
        raise UnknownRecipeError(f"{code!r} is not for sale")
    return recipe


def list_recipes_for_sale() -> list[Recipe]:
    """Every recipe that a listener may choose, in the order of the table."""
    return [recipe for recipe in RECIPES.values() if recipe.for_sale]


def list_measured_recipes(*, master: MasterFacts) -> list[Recipe]:
    """Every recipe whose size has to be counted for this master; of those that make the same of it
    the first."""
    return [
        recipe
        for recipe in RECIPES.values()
        if recipe.sizing is Sizing.MEASURED and _measured_as(recipe, master) is recipe
    ]


def list_families() -> list[Family]:
    """Every format that is for sale with its recipes, in the order of the table."""
    grouped: dict[str, list[Recipe]] = {}
    for recipe in list_recipes_for_sale():
        grouped.setdefault(recipe.family, []).append(recipe)
    return [
        Family(
            title=title,
            kind=recipes[0].kind,
            recipes=tuple(recipes),
            default=next((recipe for recipe in recipes if recipe.is_default), recipes[0]),
        )
        for title, recipes in grouped.items()
    ]


def is_offered(*, recipe: Recipe, master: MasterFacts) -> bool:
    """Whether the recipe makes something of this master that a listener should be shown.

    Not where a reduced recipe has nothing to reduce, which is what its family's lossless one is for;
    nor where a size that has to be measured has not been.
    """
    if recipe.kind is Kind.REDUCED and not _is_reduced(recipe, master):
        return False
    return recipe.sizing is not Sizing.MEASURED or _measured_bytes(recipe, master) is not None


def is_streamed(*, recipe: Recipe, master: MasterFacts) -> bool:
    """Whether a rendition can be sent while it is encoded: as the table says, and where a reduced
    recipe has nothing to reduce."""
    return recipe.streams or (recipe.kind is Kind.REDUCED and not _is_reduced(recipe, master))


def output_of(
    *, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None
) -> OutputFacts:
    """What a rendition of `master`, or of a part of it, decodes to."""
    start, stop = stretch_of(master=master, excerpt=excerpt)
    rate_hz = _output_rate_hz(recipe, master.sample_rate_hz)
    resampled = -(-(stop - start) * rate_hz // master.sample_rate_hz)
    keeps_samples = recipe.kind is not Kind.LOSSY and not _is_reduced(recipe, master)
    return OutputFacts(
        frames=resampled,
        sample_rate_hz=rate_hz,
        bits_per_sample=_at_most(recipe.bits_max, master.bits_per_sample),
        channels=_at_most(recipe.channels_max, master.channels),
        flac_md5=master.flac_md5 if keeps_samples and stop - start == master.frames else "",
    )


def treatment_of(*, recipe: Recipe, master: MasterFacts) -> tuple[Treatment, ...]:
    """What the recipe will do to this master because it cannot carry it, in the order of the enum.

    To which sample rate, depth and channels, `output_of` says.
    """
    output = output_of(recipe=recipe, master=master)
    done = {
        Treatment.RESAMPLED: output.sample_rate_hz != master.sample_rate_hz,
        Treatment.DITHERED: output.bits_per_sample < master.bits_per_sample,
        Treatment.MIXED_DOWN: output.channels < master.channels,
    }
    return tuple(treatment for treatment, is_done in done.items() if is_done)


def size_of(*, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None) -> Size:
    """The priced size of `master` in `recipe`, or of a part of it. Raises `SizeNotMeasuredError`.

    See the head of this file for what is counted. A part of what is measured only as a whole comes
    to "about" its share. Whatever was measured gives a price, also where another encoder would pack
    a little better or worse by now: a quote freezes what was shown (law 3), and no shop stands
    closed until thousands of masters were measured anew.
    """
    start, stop = stretch_of(master=master, excerpt=excerpt)
    output = output_of(recipe=recipe, master=master, excerpt=excerpt)
    if recipe.sizing is Sizing.MEASURED:
        measured = _measured_bytes(recipe, master)
        if measured is None:
            raise SizeNotMeasuredError(
                f"the size of this master as {recipe.title} was not measured yet; the worker does "
                "so in the background: start it, or wait for it"
            )
        if stop - start == master.frames:
            return Size(measured, is_exact=True)
        return Size(max(1, measured * (stop - start) // master.frames), is_exact=False)
    if recipe.usual is not None:
        about = usual_bytes(
            usual=recipe.usual, master=master, channels=output.channels, frames=stop - start
        )
        return Size(about, is_exact=False)
    if recipe.bitrate_kbps is not None:
        return Size(mp3_cbr_bytes(kbps=recipe.bitrate_kbps, output=output), is_exact=True)
    return Size(pcm_bytes(framing=recipe.framing, output=output), is_exact=True)


def promised_bytes(
    *,
    master_sha256: str,
    master: MasterFacts,
    recipe: Recipe,
    encoder: str,
    excerpt: Excerpt | None = None,
) -> int | None:
    """The length without tags that may be promised before a byte is encoded; None where none may.

    A measured size is promised only of the very audio that was measured: another encoder, or other
    arguments, and it is stale by itself. `encoder` as in `audio_key`.
    """
    if recipe.sizing is not Sizing.MEASURED:
        size = size_of(recipe=recipe, master=master, excerpt=excerpt)
        return size.bytes if size.is_exact else None
    as_recipe = _measured_as(recipe, master)
    measured = master.measured.get(as_recipe.code)
    if measured is None or excerpt is not None:
        return None
    key = audio_key(master_sha256=master_sha256, master=master, recipe=as_recipe, encoder=encoder)
    return measured.bytes if measured.audio_key == key else None


def encoder_arguments(
    *, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None
) -> tuple[str, ...]:
    """What ffmpeg is told between input and output: filters, codec, quality."""
    output = output_of(recipe=recipe, master=master, excerpt=excerpt)
    filters = filters_of(recipe=recipe, master=master, output=output, excerpt=excerpt)
    codec = tuple(
        word.replace("pcm_", f"pcm_s{output.bits_per_sample}") if word.startswith("pcm_") else word
        for word in recipe.codec_arguments
    )
    if recipe.framing in (Framing.FLAC, Framing.WAVPACK) and output.bits_per_sample > 16:
        # These carry 32 bits as well, which is how ffmpeg holds 24 of them.
        codec += ("-bits_per_raw_sample", str(output.bits_per_sample))
    return ("-af", ",".join(filters), *codec)


def holds_cpu_back(*, recipe: Recipe, master: MasterFacts) -> bool:
    """Whether the encode must not use instruction sets that other machines lack (law 5)."""
    return recipe.pins_cpu or bool(treatment_of(recipe=recipe, master=master))


def info_frame_kbps(*, recipe: Recipe) -> int:
    """The bitrate of an MP3's Info frame: its own where it is constant."""
    if recipe.framing is Framing.MP3_CBR and recipe.bitrate_kbps is not None:
        return recipe.bitrate_kbps
    return MP3_VBR_INFO_KBPS


def audio_key(
    *,
    master_sha256: str,
    master: MasterFacts,
    recipe: Recipe,
    encoder: str,
    excerpt: Excerpt | None = None,
) -> str:
    """The identity of encoded audio without its tags, 64 hex digits, known before it is encoded.

    All that the encoder is told is part of it: another filter is another file. `encoder` is its
    version and the machine it is built for.
    """
    named = (
        "audio",
        master_sha256,
        recipe.code,
        recipe.framing,
        str(recipe.edition),
        *encoder_arguments(recipe=recipe, master=master, excerpt=excerpt),
        str(holds_cpu_back(recipe=recipe, master=master)),
        str(is_streamed(recipe=recipe, master=master)),
        f"{excerpt.start_seconds}+{excerpt.seconds}{'~' * excerpt.fades}" if excerpt else "whole",
        encoder,
    )
    return hashlib.sha256("\0".join(named).encode()).hexdigest()


def rendition_key(*, audio_key: str, tags_digest: str) -> str:
    """The identity of a rendition, 64 hex digits, known before a byte of it is encoded.

    Equal keys mean equal bytes (law 5), so it is also the strong ETag of the file. Renditions of one
    `audio_key` differ in their tags alone.
    """
    named = ("rendition", audio_key, tags_digest)
    return hashlib.sha256("\0".join(named).encode()).hexdigest()


def _at_most(limit: int | None, value: int) -> int:
    return value if limit is None else min(limit, value)


def _output_rate_hz(recipe: Recipe, rate_hz: int) -> int:
    if recipe.rates_hz and rate_hz not in recipe.rates_hz:
        # The family that the master's rate divides into: 88.2 → 44.1, 96 → 48 kHz.
        return recipe.rates_hz[0 if rate_hz % 11_025 == 0 else -1]
    return _at_most(recipe.rate_hz_max, rate_hz)


def _is_reduced(recipe: Recipe, master: MasterFacts) -> bool:
    return (
        _at_most(recipe.bits_max, master.bits_per_sample) < master.bits_per_sample
        or _output_rate_hz(recipe, master.sample_rate_hz) < master.sample_rate_hz
    )


def _measured_as(recipe: Recipe, master: MasterFacts) -> Recipe:
    """The first of the table that makes the very same of this master."""
    if recipe.kind is not Kind.REDUCED:
        return recipe
    made = output_of(recipe=recipe, master=master)
    alike = (recipe.framing, recipe.codec_arguments)
    return next(
        each
        for each in RECIPES.values()
        if (each.framing, each.codec_arguments) == alike
        and output_of(recipe=each, master=master) == made
    )


def _measured_bytes(recipe: Recipe, master: MasterFacts) -> int | None:
    measured = master.measured.get(_measured_as(recipe, master).code)
    return None if measured is None else measured.bytes
