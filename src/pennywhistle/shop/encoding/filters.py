"""What ffmpeg does to a master's samples before they reach the encoder.

Each step but the clock is left out where the recipe carries the master as it is, so that lossless
recipes see the very samples.
"""

from __future__ import annotations

from pennywhistle.shop.encoding.facts import Excerpt, MasterFacts, OutputFacts, stretch_of
from pennywhistle.shop.encoding.formats import Kind, Recipe

# Fade at the end of a preview, so that it does not break off.
_FADE_SECONDS_MAX = 2

# Samples are counted anew. Some M4A masters time their packets unevenly, which Vorbis refuses; and a
# part of a recording would else begin as late as it does in the recording. The time base is one
# sample, so that the count is the time: N/SR/TB in floating point is one too few now and then.
_CLOCK = "asettb=1/sr,asetpts=N"

# Masters name the two last of six channels "side" or "back", and encoders know one of the names each.
# The samples stay where they are.
_SIX_CHANNELS = "channelmap=map=0|1|2|3|4|5:channel_layout=5.1"

# Left and right take 0.7071 of the centre and of their surround channel, the bass channel is left
# out (Recommendation ITU-R BS.775-4, table 2, https://www.itu.int/rec/R-REC-BS.775). All of it is
# divided by 1 + 0.7071 + 0.7071: what no channel clips cannot clip in the sum.
_STEREO_OF_SIX = (
    "aformat=sample_fmts=flt,pan=stereo"
    "|c0=0.414214*c0+0.292893*c2+0.292893*c4"
    "|c1=0.414214*c1+0.292893*c2+0.292893*c5"
)
SURROUND_CHANNELS = 6


def filters_of(
    *, recipe: Recipe, master: MasterFacts, output: OutputFacts, excerpt: Excerpt | None
) -> list[str]:
    """ffmpeg's filters in their order; the clock alone where the samples go through as they are."""
    filters = _cut(master, excerpt)
    if master.channels == SURROUND_CHANNELS:
        filters.append(_SIX_CHANNELS)
        if output.channels != master.channels:
            filters.append(_STEREO_OF_SIX)
    return filters + _converted(recipe, master, output)


def _cut(master: MasterFacts, excerpt: Excerpt | None) -> list[str]:
    start, stop = stretch_of(master=master, excerpt=excerpt)
    if excerpt is None or stop - start == master.frames:
        return [_CLOCK]
    filters = [f"atrim=start_sample={start}:end_sample={stop}", _CLOCK]
    if excerpt.fades and stop < master.frames:
        fade = min(_FADE_SECONDS_MAX * master.sample_rate_hz, stop - start)
        filters.append(f"afade=t=out:ss={stop - start - fade}:ns={fade}")
    return filters


def _converted(recipe: Recipe, master: MasterFacts, output: OutputFacts) -> list[str]:
    """Resampled by soxr at its best, and dithered where the result is stored in whole numbers.

    https://ffmpeg.org/ffmpeg-resampler.html
    """
    is_resampled = output.sample_rate_hz != master.sample_rate_hz
    if not is_resampled and output.bits_per_sample == master.bits_per_sample:
        return []
    steps = [str(output.sample_rate_hz), "resampler=soxr", "precision=28", _samples(recipe, output)]
    filters = [f"aresample={':'.join(steps)}"]
    if is_resampled:
        # The resampler's own count is off by a few samples; padding and cutting makes it exact,
        # and with it the length at the head, the formula of the size, and gapless playing.
        filters.append(f"apad=whole_len={output.frames}")
        filters.append(f"atrim=end_sample={output.frames}")
    return filters


def _samples(recipe: Recipe, output: OutputFacts) -> str:
    """Floating point for what encodes from it; else whole numbers under triangular dither."""
    if recipe.kind is Kind.LOSSY:
        return "osf=flt"
    if output.bits_per_sample == 16:
        return "osf=s16:dither_method=triangular"
    return f"osf=s32:output_sample_bits={output.bits_per_sample}:dither_method=triangular"
