"""What an encoder is told, whether a listener waits for the file or its size is to be measured."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

from pennywhistle.adapters.audio.binary import encoder_version
from pennywhistle.adapters.audio.encode import EncodeOrder
from pennywhistle.adapters.audio.heads import AudioFacts
from pennywhistle.adapters.audio.processor import processor_name
from pennywhistle.shop.encoding.formats import Recipe, Sizing
from pennywhistle.shop.encoding.rules import (
    Excerpt,
    MasterFacts,
    encoder_arguments,
    holds_cpu_back,
    info_frame_kbps,
    is_streamed,
    output_of,
    size_of,
)


def order_of(
    *,
    recipe: Recipe,
    master: MasterFacts,
    source: Path,
    working_folder: Path,
    render_tags: Callable[[], bytes] = bytes,
    excerpt: Excerpt | None = None,
) -> EncodeOrder:
    """The order for the master at `source`, or for a part of it.

    Only a size that the recipe computes is held against what the encoder makes. What was measured is
    no promise of the encoder's: its files are good also where it packs better or worse.
    """
    output = output_of(recipe=recipe, master=master, excerpt=excerpt)
    promised = None
    if recipe.sizing is Sizing.EXACT:
        promised = size_of(recipe=recipe, master=master, excerpt=excerpt).bytes
    return EncodeOrder(
        source=source,
        arguments=encoder_arguments(recipe=recipe, master=master, excerpt=excerpt),
        framing=recipe.framing.value,
        facts=AudioFacts(
            frames=output.frames,
            sample_rate_hz=output.sample_rate_hz,
            bits_per_sample=output.bits_per_sample,
            channels=output.channels,
            flac_md5=output.flac_md5,
        ),
        render_tags=render_tags,
        working_folder=working_folder,
        info_kbps=info_frame_kbps(recipe=recipe),
        audio_bytes=promised,
        streams=is_streamed(recipe=recipe, master=master),
        holds_cpu_back=holds_cpu_back(recipe=recipe, master=master),
    )


def encoder_of(*, recipe: Recipe) -> str:
    """The encoder that a rendition is named by: its version, and the architecture that it is built
    for or, where that counts, the make of processor. Raises `EncoderMissingError`.
    """
    machine = processor_name() if recipe.varies_by_processor else platform.machine()
    return f"{encoder_version()} on {machine}"
