"""Hear before buying: which part of a song is compared, and pictures of how it sounds."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pennywhistle.adapters.audio import spectrum
from pennywhistle.adapters.audio.spectrum import Palette, SpectrumError
from pennywhistle.adapters.storage.masters import MasterMissingError
from pennywhistle.adapters.storage.rendition_cache import State, heard_extension
from pennywhistle.flows.encode_rendition import WantedRendition, want_rendition
from pennywhistle.flows.encoders import Encoders, EncodersBusyError, Need
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import Excerpt, output_of

# Doors catch these without importing adapters.
__all__ = [
    "REFERENCE_RECIPE",
    "EncodersBusyError",
    "MasterMissingError",
    "Palette",
    "SpectrumBusyError",
    "SpectrumError",
    "WantedSpectrum",
    "audition_of",
    "draw_spectrum",
    "find_reach_hz",
    "top_of",
    "want_spectrum",
]

# A comparison lasts so long, where the licence does not allow less.
AUDITION_SECONDS = 30
# What a recipe is compared with: the master's own samples, packed.
REFERENCE_RECIPE = "flac"

# Pictures that are made at once in one process, and how long a request waits for its turn and for the
# music: pages are answered by few threads, and who asks for pictures must not hold them all.
DRAWINGS_MAX = 3
TURN_SECONDS_MAX = 0.2
CLIP_SECONDS_MAX = 3.0
_LOOK_SECONDS = 0.02
_EXTENSION = heard_extension("png")

_drawing = threading.BoundedSemaphore(DRAWINGS_MAX)


class SpectrumBusyError(RuntimeError):
    """Too many pictures are being drawn, or the music for this one takes too long to encode."""


@dataclass(frozen=True, slots=True)
class WantedSpectrum:
    """A picture by all that it is made of; `key` is its name in the cache."""

    key: str
    clip: WantedRendition
    rate_hz: int
    top_hz: int
    palette: Palette


def audition_of(*, peaks: bytes, duration_ms: int, seconds: int | None) -> Excerpt:
    """The part of a song that is compared: the liveliest `AUDITION_SECONDS`, or all of a short song.

    `peaks` are the master's (min, max) pairs of signed bytes, evenly over `duration_ms`; `seconds`
    is what the licence allows to be heard, None for all. Among equals the one nearest to the middle
    is taken, so that silence and steady noise are heard there.
    """
    length = min(AUDITION_SECONDS, seconds or AUDITION_SECONDS)
    starts_most = max(0, duration_ms // 1000 - length)
    if not starts_most or len(peaks) < _PAIR:
        return Excerpt(start_seconds=starts_most // 2, seconds=length)
    swings = _swings(peaks)
    total = [0]
    for swing in swings:
        total.append(total[-1] + swing)

    def place(second: int) -> int:
        return min(len(swings), second * 1000 * len(swings) // duration_ms)

    def lively(start: int) -> tuple[int, int]:
        heard = total[place(start + length)] - total[place(start)]
        return heard, -abs(2 * start - starts_most)

    return Excerpt(start_seconds=max(range(starts_most + 1), key=lively), seconds=length)


# Bytes of one (min, max) pair.
_PAIR = 2


def _swings(peaks: bytes) -> list[int]:
    signed = memoryview(peaks[: len(peaks) // _PAIR * _PAIR]).cast("b")
    return [signed[i + 1] - signed[i] for i in range(0, len(signed), _PAIR)]


def top_of(*, rate_hz: int) -> int:
    """The height, in hertz, up to which recordings of that rate are drawn: 24, 48 or 96 kHz."""
    return next((top for top in (24_000, 48_000) if rate_hz <= 2 * top), 96_000)


def want_spectrum(
    *, track: TrackFacts, recipe: Recipe, excerpt: Excerpt, palette: Palette, outfit: Outfit
) -> WantedSpectrum:
    """What has to be drawn. Draws nothing. Raises what `want_rendition` raises."""
    clip = want_rendition(track=track, recipe=recipe, outfit=outfit, excerpt=excerpt)
    top_hz = top_of(rate_hz=track.master.sample_rate_hz)
    named = ("spectrum", str(spectrum.EDITION), clip.audio_key, str(top_hz), *palette.shades)
    return WantedSpectrum(
        key=hashlib.sha256("\0".join(named).encode()).hexdigest(),
        clip=clip,
        rate_hz=output_of(recipe=recipe, master=facts_of(master=track.master)).sample_rate_hz,
        top_hz=top_hz,
        palette=palette,
    )


def find_reach_hz(*, wanted: WantedSpectrum, outfit: Outfit) -> int | None:
    """How high the music of a picture that was drawn reaches: 0 for silence, None for no picture."""
    png = _find(wanted, outfit)
    return None if png is None else spectrum.read_reach_hz(png)


def draw_spectrum(
    *, wanted: WantedSpectrum, encoders: Encoders, outfit: Outfit, now: datetime, asker: str = ""
) -> bytes:
    """The picture as a PNG: from the cache, or drawn now, for which its music may be encoded first.

    `asker` is whom encoders count it for.

    Drawing it again gives the same. Raises `SpectrumBusyError`, `EncodersBusyError`,
    `SpectrumError`, and what `encode_rendition` raises.
    """
    png = _find(wanted, outfit)
    if png is not None:
        return png
    if not _drawing.acquire(timeout=TURN_SECONDS_MAX):
        raise SpectrumBusyError("other pictures are being drawn first; ask again shortly")
    try:
        music = _clip(wanted.clip, encoders, outfit, now, asker)
        drawn = spectrum.draw(
            music, rate_hz=wanted.rate_hz, top_hz=wanted.top_hz, palette=wanted.palette
        )
    finally:
        _drawing.release()
    _keep(wanted, drawn.png, outfit)
    return drawn.png


def _find(wanted: WantedSpectrum, outfit: Outfit) -> bytes | None:
    path = outfit.renditions.find(key=wanted.key, extension=_EXTENSION)
    try:
        return path.read_bytes() if path else None
    except FileNotFoundError:  # It was cleared away since.
        return None


def _keep(wanted: WantedSpectrum, png: bytes, outfit: Outfit) -> None:
    """Put it into the cache, unless another process is at that."""
    claim = outfit.renditions.claim(key=wanted.key, extension=_EXTENSION)
    if claim is not None:
        with claim:
            claim.write(png)
            claim.finish()


def _clip(
    wanted: WantedRendition, encoders: Encoders, outfit: Outfit, now: datetime, asker: str
) -> Path:
    """The music's file once it is whole, encoded by this process or by another."""
    ends_at = time.monotonic() + CLIP_SECONDS_MAX
    job = None
    while (path := outfit.renditions.find(**wanted.file)) is None:
        if job is not None:  # Another process was at it, and may be still.
            if time.monotonic() > ends_at:
                raise SpectrumBusyError("the music is still being encoded; ask again shortly")
            time.sleep(_LOOK_SECONDS)
        if job is None or not _is_growing(wanted, outfit):
            job = encoders.start(
                wanted=wanted, outfit=outfit, now=now, asker=asker, need=Need.HEARD
            )
        try:
            job.result(timeout=max(0.0, ends_at - time.monotonic()))
        except TimeoutError:
            raise SpectrumBusyError("the music is still being encoded; ask again shortly") from None
    return path


def _is_growing(wanted: WantedRendition, outfit: Outfit) -> bool:
    """Whether somebody writes the file, in this process or in another."""
    reader = outfit.renditions.open_reader(**wanted.file)
    if reader is None:
        return False
    with contextlib.closing(reader):
        return reader.state() is State.GROWING
