"""What a row of the table of recipes may say: kinds, framings, ways to know a size."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """Whether a rendition decodes to the master's very samples.

    `reduced` packs without loss what was brought to a lower rate or depth first.
    """

    LOSSY = "lossy"
    LOSSLESS = "lossless"
    REDUCED = "reduced"


class Framing(StrEnum):
    """How encoded audio, its head and its tags lie in a file. Adapters know each by this name."""

    MP3_CBR = "mp3-cbr"
    MP3_VBR = "mp3-vbr"
    FLAC = "flac"
    WAVPACK = "wavpack"
    WAV = "wav"
    AIFF = "aiff"
    OGG_OPUS = "ogg-opus"
    OGG_VORBIS = "ogg-vorbis"
    M4A = "m4a"


class Sizing(StrEnum):
    """How the priced size of a rendition is known.

    `exact` by a formula over the master's facts; `measured` by one encode at ingest; `nominal` from
    the usual bitrate for a master's channels and sample rate, because the encoder spends what the
    music needs.
    """

    EXACT = "exact"
    MEASURED = "measured"
    NOMINAL = "nominal"


# The masters' sample rates at which usual bitrates were measured. Between two of them lies a usual
# bitrate in proportion; above the last nothing changes.
USUAL_AT_HZ = (8_000, 16_000, 22_050, 32_000, 44_100)


@dataclass(frozen=True, slots=True)
class Usual:
    """What an encoder that spends what the music needs usually spends, at each of `USUAL_AT_HZ`."""

    stereo_kbps: tuple[int, ...]
    mono_kbps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One row of the table.

    `bitrate_kbps` is the constant bitrate of an `exact` MP3, `usual` what a `nominal` recipe comes
    to; lossless recipes have neither. `rates_hz` are the only sample rates that the codec is given,
    empty where it takes any; `rate_hz_max`, `bits_max` and `channels_max` are the most that it
    carries. A master beyond is resampled, dithered, mixed down. `pins_cpu` marks encoders whose bytes
    depend on the instruction sets of the machine unless these are held back (law 5);
    `varies_by_processor` those whose bytes still differ between makes of processor, which is then
    part of a rendition's identity. `is_default` marks the recipe of a family that is taken where
    none is chosen. `edition` goes into the identity
    of a rendition: raise it when the house writes other bytes around the same encoder's audio.
    """

    code: str
    title: str
    summary: str
    family: str
    kind: Kind
    framing: Framing
    extension: str
    media_type: str
    sizing: Sizing
    streams: bool
    streams_because: str
    beyond_its_reach: str
    codec_arguments: tuple[str, ...]
    bitrate_kbps: int | None = None
    usual: Usual | None = None
    rates_hz: tuple[int, ...] = ()
    rate_hz_max: int | None = None
    bits_max: int | None = None
    channels_max: int | None = None
    pins_cpu: bool = False
    varies_by_processor: bool = False
    is_default: bool = False
    for_sale: bool = True
    edition: int = 1

    @property
    def priced_as(self) -> Literal["lossy", "reduced", "lossless"]:
        """Which of a shop's prices for a megabyte it goes by."""
        return self.kind.value
