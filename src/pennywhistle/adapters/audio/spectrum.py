"""Draws what sounds at which height: a picture of a short file, the same bytes each time."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.process import ProcessFailedError, Run, running

# Raise it when the same file is to be drawn otherwise.
EDITION = 1
WIDTH_PIXELS, HEIGHT_PIXELS = 720, 240
# The longest file that is drawn: an excerpt, and room for an encoder's padding.
SECONDS_MAX = 70
# Length of one look at the music, at rates up to 48 kHz; longer in proportion above.
_LOOK_FRAMES = 2048
_LOOK_AT_HZ = 48_000
# What is quieter is paper, what is louder full ink: decibels against a full-scale tone.
_FLOOR_DB, _CEILING_DB = -112.0, -22.0
# Music is said to reach as high as it is louder than this on average.
_HEARD_DB = -96.0
_SHADES = 64
_REACH = "reach_hz"
_BYTES_PER_FRAME = 4
# What a recipe makes, in ffmpeg's names of what reads it, and nothing else.
_FFMPEG_INPUTS = "mp3,flac,wav,aiff,wv,ogg,mov"
_FFMPEG_DECODERS = (
    "mp3float,flac,wavpack,opus,vorbis,aac,alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be"
)


class SpectrumError(RuntimeError):
    """A file that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb`, from silence over faint and middling to loud."""

    shades: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A PNG, and the height that the music reaches: 0 for silence."""

    png: bytes
    reach_hz: int


def draw(path: Path, *, rate_hz: int, top_hz: int, palette: Palette) -> Drawing:
    """Draw a file that decodes to samples at `rate_hz`: time goes right, height up to `top_hz`.

    Channels are mixed. Raises `SpectrumError`.
    """
    levels, means = _levels(_decode(path, rate_hz), rate_hz)
    reach_hz = _reach(means, rate_hz)
    picture = Image.fromarray(_shade(levels, rate_hz, top_hz))
    picture.putpalette(_colours(palette))
    note = PngImagePlugin.PngInfo()
    note.add_text(_REACH, str(reach_hz))
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True, pnginfo=note)
    return Drawing(out.getvalue(), reach_hz)


def read_reach_hz(png: bytes) -> int:
    """The height that `draw` wrote into its picture. Raises `SpectrumError`."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            return int(picture.info[_REACH])
    except (OSError, KeyError, ValueError) as error:
        raise SpectrumError("this picture was not drawn here") from error


def _decode(path: Path, rate_hz: int) -> npt.NDArray[np.float32]:
    command = (
        *(ffmpeg_path(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
        *("-threads", "1", "-protocol_whitelist", "file,pipe"),
        *("-format_whitelist", _FFMPEG_INPUTS, "-codec_whitelist", _FFMPEG_DECODERS),
        *("-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-ac", "1", "-ar", str(rate_hz), "-f", "f32le", "pipe:1"),
    )
    most, data = SECONDS_MAX * rate_hz * _BYTES_PER_FRAME, bytearray()
    try:
        with running(Run(command=command, about=path.name, reads=(path,))) as process:
            for piece in process.output():
                data += piece
                if len(data) > most:
                    raise SpectrumError(f"{path.name} is longer than {SECONDS_MAX} seconds")
            if process.code != 0:
                raise SpectrumError(f"{path.name} cannot be decoded: {process.last_words[-200:]}")
    except ProcessFailedError as error:
        raise SpectrumError(f"{path.name} cannot be decoded") from error
    return np.frombuffer(bytes(data[: len(data) // _BYTES_PER_FRAME * _BYTES_PER_FRAME]), "<f4")


def _levels(
    samples: npt.NDArray[np.float32], rate_hz: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Decibels of each band at each of `WIDTH_PIXELS` moments, and of each band on average."""
    size = _LOOK_FRAMES * max(1, round(rate_hz / _LOOK_AT_HZ))
    window = np.hanning(size)
    padded = np.concatenate([np.zeros(size // 2), samples, np.zeros(size)])
    starts = np.linspace(0, max(0, len(samples) - 1), WIDTH_PIXELS).astype(int)
    looks = np.stack([padded[start : start + size] for start in starts]) * window
    # A tone of full scale comes to 1.
    power = (np.abs(np.fft.rfft(looks, axis=1)) / (window.sum() / 2)) ** 2
    tiny = 1e-20
    return 10 * np.log10(power + tiny), 10 * np.log10(power.mean(axis=0) + tiny)


def _reach(means: npt.NDArray[np.float64], rate_hz: int) -> int:
    heard = np.flatnonzero(means > _HEARD_DB)
    if not len(heard):
        return 0
    return round(float(heard[-1]) * rate_hz / (2 * (len(means) - 1)))


def _shade(levels: npt.NDArray[np.float64], rate_hz: int, top_hz: int) -> npt.NDArray[np.uint8]:
    """Shades by row from the top down; what lies above the file's own reach stays paper."""
    bands = levels.shape[1]
    edges = np.linspace(0, top_hz, HEIGHT_PIXELS + 1) * 2 * (bands - 1) / rate_hz
    rows = np.full((HEIGHT_PIXELS, levels.shape[0]), _FLOOR_DB)
    for row in range(HEIGHT_PIXELS):
        low, high = int(edges[row]), max(int(edges[row]) + 1, int(edges[row + 1]))
        if low < bands:
            rows[HEIGHT_PIXELS - 1 - row] = levels[:, low:high].max(axis=1)
    share = np.clip((rows - _FLOOR_DB) / (_CEILING_DB - _FLOOR_DB), 0, 1)
    return np.round(share * (_SHADES - 1)).astype(np.uint8)


def _colours(palette: Palette) -> list[int]:
    """`_SHADES` colours, evenly between those of the palette."""
    stops = np.array([_rgb(shade) for shade in palette.shades], dtype=float)
    places = np.linspace(0, len(stops) - 1, _SHADES)
    mixed = [np.interp(places, np.arange(len(stops)), stops[:, part]) for part in range(3)]
    return [round(float(value)) for colour in zip(*mixed, strict=True) for value in colour]


def _rgb(shade: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(shade.removeprefix("#")))
