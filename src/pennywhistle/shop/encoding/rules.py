"""What a recipe makes of a master: its size, its samples, its encoder's arguments, its identity.

**The priced size is the music.** A quote shows and prices the audio with the head of its container,
without tags and cover; these come on top, free, so that correcting a cover never changes a price.
For `exact` and `measured` recipes the delivered file is `size_of(...).bytes` plus the length of the
tag block, to the byte. Counted are, by framing:

- MP3: the Info frame and all audio frames. The ID3 tag before them is the tag block.
- FLAC: `fLaC`, STREAMINFO and all frames (measured). All other metadata blocks are the tag block.
- WAV, AIFF: the head up to the samples, the samples, and the pad byte after an odd length. Chunks
  after it are the tag block.
- M4A (ALAC: measured): the whole file without `udta`, which is the tag block.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pennywhistle.shop.encoding.recipes import (
    RECIPES,
    USUAL_AT_HZ,
    Framing,
    Kind,
    Recipe,
    Sizing,
    Usual,
)

# Samples in a frame of MPEG-1 Layer III, and bytes of a frame per (bit/s ÷ Hz): 1152 ÷ 8.
# http://www.mp3-tech.org/programmer/frame_header.html
MP3_FRAME_SAMPLES = 1152
_MP3_FRAME_FACTOR = MP3_FRAME_SAMPLES // 8
# The Info frame of a variable-bitrate file is a 128 kbit/s frame, which it fits into at any rate.
MP3_VBR_INFO_KBPS = 128

# RIFF, a plain `fmt ` of 16 bytes and the head of `data`; beyond 16 bits `fmt ` has 40 bytes.
# http://soundfile.sapp.org/doc/WaveFormat/ and
# https://learn.microsoft.com/en-us/windows/win32/api/mmreg/ns-mmreg-waveformatextensible
_WAV_HEAD_BYTES = 44
_WAV_EXTENSIBLE_HEAD_BYTES = 68
# FORM, COMM and the head of SSND. http://paulbourke.net/dataformats/audio/
_AIFF_HEAD_BYTES = 54

# How much of a song is heard before it is bought, where its licence says nothing else.
PREVIEW_SECONDS = 30
# Fade at the end of a preview, so that it does not break off.
_FADE_SECONDS_MAX = 2


class ExcerptError(ValueError):
    """A part of a recording that no recording can have."""


class UnknownRecipeError(LookupError):
    """A code that the table of recipes does not hold."""


class SizeNotMeasuredError(LookupError):
    """A master whose size in a measured recipe has not been counted."""


@dataclass(frozen=True, slots=True)
class MasterFacts:
    """What sizes and heads need to know of a master.

    `frames` counts samples per channel; `flac_md5` is the hex MD5 of the samples as FLAC defines it;
    `measured_bytes` holds the priced size in each `measured` recipe, counted at ingest.
    """

    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str
    measured_bytes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a recording, in whole seconds. A preview fades at its end, an audition does not.

    Where the recording ends sooner, the part moves forward so as to end with it; what is longer than
    the recording is the whole of it. Raises `ExcerptError` for a part before the start, or empty.
    """

    start_seconds: int
    seconds: int
    fades: bool = False

    def __post_init__(self) -> None:
        if self.start_seconds < 0 or self.seconds < 1:
            raise ExcerptError(
                f"{self.seconds} s from {self.start_seconds} s on are no part of a recording; take a "
                "second at least, from its start or later"
            )


@dataclass(frozen=True, slots=True)
class Size:
    """The priced size of a rendition. Where `is_exact` is false it must be called "about"."""

    bytes: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The samples that a rendition decodes to.

    `flac_md5` is their hex MD5 as FLAC defines it, empty where only an encode can tell it.
    """

    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str = ""


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


def list_measured_recipes() -> list[Recipe]:
    """Every recipe whose size ingest has to count."""
    return [recipe for recipe in RECIPES.values() if recipe.sizing is Sizing.MEASURED]


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


def output_of(
    *, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None
) -> OutputFacts:
    """What a rendition of `master`, or of a part of it, decodes to."""
    start, stop = _stretch(master, excerpt)
    rate_hz = _output_rate_hz(recipe, master.sample_rate_hz)
    resampled = -(-(stop - start) * rate_hz // master.sample_rate_hz)
    is_whole = stop - start == master.frames and recipe.kind is Kind.LOSSLESS
    return OutputFacts(
        frames=resampled,
        sample_rate_hz=rate_hz,
        bits_per_sample=master.bits_per_sample,
        channels=master.channels,
        flac_md5=master.flac_md5 if is_whole else "",
    )


def treatment_of(*, recipe: Recipe, master: MasterFacts) -> tuple[Treatment, ...]:
    """What the recipe will do to this master because it cannot carry it, in this order.

    To which sample rate, depth and channels, `output_of` says.
    """
    return (Treatment.RESAMPLED,) if _is_resampled(recipe, master) else ()


def size_of(*, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None) -> Size:
    """The priced size of `master` in `recipe`, or of a part of it. Raises `SizeNotMeasuredError`.

    See the head of this file for what is counted. A part of what is measured only as a whole comes
    to "about" its share.
    """
    start, stop = _stretch(master, excerpt)
    if recipe.sizing is Sizing.MEASURED:
        measured = master.measured_bytes.get(recipe.code)
        if measured is None:
            raise SizeNotMeasuredError(
                f"the size of this master as {recipe.title} was not measured; ingest it again"
            )
        if stop - start == master.frames:
            return Size(measured, is_exact=True)
        return Size(max(1, measured * (stop - start) // master.frames), is_exact=False)
    output = output_of(recipe=recipe, master=master, excerpt=excerpt)
    if recipe.sizing is Sizing.NOMINAL:
        return Size(_nominal_bytes(recipe, master, stop - start), is_exact=False)
    if recipe.framing is Framing.MP3_CBR:
        return Size(_mp3_cbr_bytes(recipe, output), is_exact=True)
    return Size(_pcm_bytes(recipe, output), is_exact=True)


def encoder_arguments(
    *, recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None = None
) -> tuple[str, ...]:
    """What ffmpeg is told between input and output: filters, codec, quality."""
    filters = _filters(recipe, master, excerpt)
    codec = tuple(
        word.replace("pcm_", f"pcm_s{master.bits_per_sample}") if word.startswith("pcm_") else word
        for word in recipe.codec_arguments
    )
    return (("-af", ",".join(filters)) if filters else ()) + codec


def holds_cpu_back(*, recipe: Recipe, master: MasterFacts) -> bool:
    """Whether the encode must not use instruction sets that other machines lack (law 5)."""
    return recipe.pins_cpu or _is_resampled(recipe, master)


def info_frame_kbps(*, recipe: Recipe) -> int:
    """The bitrate of an MP3's Info frame: its own where it is constant."""
    if recipe.framing is Framing.MP3_CBR and recipe.bitrate_kbps is not None:
        return recipe.bitrate_kbps
    return MP3_VBR_INFO_KBPS


def audio_key(
    *,
    master_sha256: str,
    recipe: Recipe,
    encoder_version: str,
    excerpt: Excerpt | None = None,
) -> str:
    """The identity of encoded audio without its tags, 64 hex digits, known before it is encoded."""
    named = (
        "audio",
        master_sha256,
        recipe.code,
        str(recipe.edition),
        " ".join(recipe.codec_arguments),
        f"{excerpt.start_seconds}+{excerpt.seconds}{'~' * excerpt.fades}" if excerpt else "whole",
        encoder_version,
    )
    return hashlib.sha256("\0".join(named).encode()).hexdigest()


def rendition_key(*, audio_key: str, tags_digest: str) -> str:
    """The identity of a rendition, 64 hex digits, known before a byte of it is encoded.

    Equal keys mean equal bytes (law 5), so it is also the strong ETag of the file. Renditions of one
    `audio_key` differ in their tags alone.
    """
    named = ("rendition", audio_key, tags_digest)
    return hashlib.sha256("\0".join(named).encode()).hexdigest()


def _stretch(master: MasterFacts, excerpt: Excerpt | None) -> tuple[int, int]:
    """The part of the master that is heard, half-open, in samples per channel."""
    if excerpt is None:
        return 0, master.frames
    frames = min(master.frames, excerpt.seconds * master.sample_rate_hz)
    start = min(excerpt.start_seconds * master.sample_rate_hz, master.frames - frames)
    return start, start + frames


def _output_rate_hz(recipe: Recipe, rate_hz: int) -> int:
    if recipe.rate_hz_fixed is not None:
        return recipe.rate_hz_fixed
    if recipe.rate_hz_max is None or rate_hz in (44_100, 48_000):
        return rate_hz
    # The family that the master's rate divides into: 88.2 → 44.1, 96 → 48 kHz.
    return 44_100 if rate_hz % 11_025 == 0 else 48_000


def _is_resampled(recipe: Recipe, master: MasterFacts) -> bool:
    return _output_rate_hz(recipe, master.sample_rate_hz) != master.sample_rate_hz


def _filters(recipe: Recipe, master: MasterFacts, excerpt: Excerpt | None) -> list[str]:
    output = output_of(recipe=recipe, master=master, excerpt=excerpt)
    filters = _cut(master, excerpt)
    if _is_resampled(recipe, master):
        # The resampler's own count is off by a few samples; padding and cutting makes it exact,
        # and with it the length at the head, the formula of the size, and gapless playing.
        filters.append(f"aresample={output.sample_rate_hz}:resampler=soxr:precision=28:osf=flt")
        filters.append(f"apad=whole_len={output.frames}")
        filters.append(f"atrim=end_sample={output.frames}")
    return filters


def _cut(master: MasterFacts, excerpt: Excerpt | None) -> list[str]:
    start, stop = _stretch(master, excerpt)
    if excerpt is None or stop - start == master.frames:
        return []
    # Without a clock of its own, the part would begin as late as it does in the recording.
    filters = [f"atrim=start_sample={start}:end_sample={stop}", "asetpts=PTS-STARTPTS"]
    if excerpt.fades and stop < master.frames:
        fade = min(_FADE_SECONDS_MAX * master.sample_rate_hz, stop - start)
        filters.append(f"afade=t=out:ss={stop - start - fade}:ns={fade}")
    return filters


def _mp3_cbr_bytes(recipe: Recipe, output: OutputFacts) -> int:
    """Frames and padding as LAME lays them, found by reading and by 304 encodes of odd lengths.

    LAME flushes at least 576 samples behind the music, which after its delay of 576 makes one frame
    more than the music fills; it pads a frame by a byte when the rest of the division runs over,
    and starts with the first frame unpadded.
    https://svn.code.sf.net/p/lame/svn/trunk/lame/libmp3lame/lame.c (lame_encode_flush)
    https://svn.code.sf.net/p/lame/svn/trunk/lame/libmp3lame/encoder.c (slot_lag)
    """
    assert recipe.bitrate_kbps is not None
    per_frame, rest = divmod(_MP3_FRAME_FACTOR * recipe.bitrate_kbps * 1000, output.sample_rate_hz)
    frames = mp3_frame_count(frames=output.frames)
    padded = -(-(frames - 1) * rest // output.sample_rate_hz)
    return per_frame + frames * per_frame + padded


def mp3_frame_count(*, frames: int) -> int:
    """MP3 frames that LAME makes of `frames` samples per channel, the Info frame not counted."""
    return -(-frames // MP3_FRAME_SAMPLES) + 1


def _pcm_bytes(recipe: Recipe, output: OutputFacts) -> int:
    samples = output.frames * output.channels * output.bits_per_sample // 8
    if recipe.framing is Framing.AIFF:
        head = _AIFF_HEAD_BYTES
    else:
        head = _WAV_HEAD_BYTES if output.bits_per_sample == 16 else _WAV_EXTENSIBLE_HEAD_BYTES
    return head + samples + samples % 2


def _nominal_bytes(recipe: Recipe, master: MasterFacts, frames: int) -> int:
    assert recipe.usual is not None
    bits = _usual_bits_per_second(recipe.usual, master) * frames // master.sample_rate_hz
    return max(1, bits // 8)


def _usual_bits_per_second(usual: Usual, master: MasterFacts) -> int:
    kbps = usual.mono_kbps if master.channels == 1 else usual.stereo_kbps
    rate_hz = min(max(master.sample_rate_hz, USUAL_AT_HZ[0]), USUAL_AT_HZ[-1])
    above = max(1, bisect_left(USUAL_AT_HZ, rate_hz))
    lower_hz, upper_hz = USUAL_AT_HZ[above - 1], USUAL_AT_HZ[above]
    weighed = kbps[above - 1] * (upper_hz - rate_hz) + kbps[above] * (rate_hz - lower_hz)
    return 1000 * weighed // (upper_hz - lower_hz)
