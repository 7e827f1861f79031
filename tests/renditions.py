"""What the tests of encoding and delivery share: masters with their facts, and orders for them."""

from __future__ import annotations

import hashlib
import io
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import EncodeOrder
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.write import tag_block
from pennywhistle.flows.encode_order import order_of
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import (
    MasterFacts,
)

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """A master on disk, its samples and what a master's row would say of it."""

    path: Path
    pcm: bytes
    facts: MasterFacts


def render_master(
    path: Path, *, frames: int, rate_hz: int = 44_100, bits: int = 16, channels: int = 2
) -> Sample:
    """A WAV with a sweeping tone and some noise: `frames` samples per channel."""
    tone = "0.4*sin(440*2*PI*t*(1+t/3))+0.05*(random(0)-0.5)"
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    seconds = frames / rate_hz + 1
    run_ffmpeg(
        *("-f", "lavfi", "-i", f"aevalsrc={'|'.join([tone] * channels)}:s={rate_hz}:d={seconds}"),
        *("-af", f"atrim=end_sample={frames},aformat=channel_layouts={layout}"),
        *("-c:a", f"pcm_s{bits}le", "-bitexact", str(path)),
    )
    pcm = decode(path, bits=bits)
    md5 = hashlib.md5(pcm, usedforsecurity=False).hexdigest()
    return Sample(path, pcm, MasterFacts(frames, rate_hz, bits, channels, md5, {}))


def decode(path: Path, *, bits: int = 16) -> bytes:
    """Interleaved little-endian samples, as ffmpeg decodes them."""
    form = f"s{bits}le"
    return run_ffmpeg("-i", str(path), "-map", "0:a:0", "-f", form, "-c:a", f"pcm_{form}", "pipe:1")


def draw_cover(*, side: int = 300) -> Cover:
    """A picture that does not compress, so that it takes many Ogg pages."""
    file = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(file, "JPEG", quality=95)
    return Cover(file.getvalue(), "image/jpeg")


TAGS = TrackTags(
    title="Süße Töne",
    artist="The Lantern Row Céilí",
    album="First Light",
    album_artist="The Lantern Row Céilí",
    track_number=3,
    track_total=12,
    disc_number=1,
    disc_total=2,
    date="2026-11-24",
    genre="Folk",
    composer="Trad.",
    label="Lantern Row Records",
    isrc="ZZAAA2600003",
    iswc="T0345246801",
    upc="0200000000017",
    copyright="℗ 2026 Lantern Row Records",
    comment="For testing",
    lyrics="Süß ist der Ton,\nund fort ist er schon.",
    musicbrainz_recording_id="5b11f4ce-a62d-471e-81fc-a69a8278c7da",
    musicbrainz_release_id="76df3287-6cda-33eb-8e9a-044b5e15ffdd",
    pcm_sha256="0f" * 32,
    track_loudness_lufs=-14.6,
    track_true_peak_dbtp=-1.0,
    album_loudness_lufs=-13.25,
    album_true_peak_dbtp=0.2,
)


def order_for(
    sample: Sample, recipe: Recipe, working_folder: Path, *, tags: TrackTags = TAGS
) -> EncodeOrder:
    """The order that the flow would give."""
    return order_of(
        recipe=recipe,
        master=sample.facts,
        source=sample.path,
        working_folder=working_folder,
        render_tags=partial(tag_block, tags=tags, framing=recipe.framing.value),
    )


def run_ffmpeg(*arguments: str) -> bytes:
    """What it writes to its standard output."""
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *arguments],
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )
    return done.stdout
