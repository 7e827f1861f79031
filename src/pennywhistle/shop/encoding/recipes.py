"""The one table of recipes. Adding a recipe touches this table and its tests only.

A recipe is codec and quality under one canonical, URL-safe code. What the table says of a recipe is
all that the rest of the house knows about it: its words for people, its container, how its size is
known before a byte exists, whether it can be sent while it is encoded, and what its encoder is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Whether a rendition decodes to the master's very samples."""

    LOSSY = "lossy"
    LOSSLESS = "lossless"


class Framing(StrEnum):
    """How encoded audio, its head and its tags lie in a file. Adapters know each by this name."""

    MP3_CBR = "mp3-cbr"
    MP3_VBR = "mp3-vbr"
    FLAC = "flac"
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
    to; lossless recipes have neither. `rate_hz_fixed` is a sample rate that the codec insists on, and
    `rate_hz_max` the highest that it takes; a master beyond is resampled. `pins_cpu` marks encoders
    whose bytes depend on the instruction sets of the machine unless these are held back (law 5).
    `is_default` marks the recipe of a family that is taken where none is chosen. `edition` goes into the identity of a rendition: raise it when the house writes other bytes
    around the same encoder's audio.
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
    rate_hz_fixed: int | None = None
    rate_hz_max: int | None = None
    pins_cpu: bool = False
    is_default: bool = False
    for_sale: bool = True
    edition: int = 1


_MP3_REACH = "Masters above 48 kHz are resampled to 44.1 or 48 kHz; 24-bit goes in at full depth."
_RESAMPLED_48 = "Every master is resampled to 48 kHz, the one rate that Opus works at."
_KEPT = "Sample rate and depth stay as in the master."

_MP3_STREAMS = (
    "Frames stand on their own, and length, delay and padding in the Info frame follow from the "
    "master's sample count."
)


def _mp3_cbr(kbps: int, summary: str) -> Recipe:
    return Recipe(
        code=f"mp3-{kbps}",
        title=f"MP3 {kbps}",
        summary=summary,
        family="MP3",
        kind=Kind.LOSSY,
        framing=Framing.MP3_CBR,
        extension="mp3",
        media_type="audio/mpeg",
        sizing=Sizing.EXACT,
        streams=True,
        streams_because=_MP3_STREAMS,
        beyond_its_reach=_MP3_REACH,
        codec_arguments=("-c:a", "libmp3lame", "-b:a", f"{kbps}k"),
        bitrate_kbps=kbps,
        rate_hz_max=48_000,
    )


# The usual bitrates of what varies are medians, by channels and by the master's sample rate: a master
# that holds nothing above 4 kHz costs less, whatever rate it is brought to. They were measured with
# the ffmpeg that requirements/run.txt pins, as the priced size over the length, on 20 seconds from
# the middle of 14 recordings: eight pieces of a game's music, decoded from Ogg Vorbis, and six of the
# demo's. Each was resampled to every rate of the table and to 48 kHz, which shares the last column,
# in stereo and mixed to mono. How near they come is in docs/decisions/0004. Encoders' own names
# promise otherwise: Vorbis q6 is called 192 kbit/s and comes to less, Opus goes over what it is told,
# and spends on mono nearly what it spends on stereo.


def _mp3_vbr(quality: int, summary: str, usual: Usual) -> Recipe:
    return Recipe(
        code=f"mp3-v{quality}",
        title=f"MP3 V{quality}",
        summary=summary,
        family="MP3",
        kind=Kind.LOSSY,
        framing=Framing.MP3_VBR,
        extension="mp3",
        media_type="audio/mpeg",
        sizing=Sizing.NOMINAL,
        streams=True,
        streams_because=_MP3_STREAMS + " Only the byte count is unknown, and is left out.",
        beyond_its_reach=_MP3_REACH,
        codec_arguments=("-c:a", "libmp3lame", "-q:a", str(quality)),
        usual=usual,
        rate_hz_max=48_000,
    )


def _opus(kbps: int, summary: str, usual: Usual) -> Recipe:
    return Recipe(
        code=f"opus-{kbps}",
        title=f"Opus {kbps}",
        summary=summary,
        family="Opus",
        kind=Kind.LOSSY,
        framing=Framing.OGG_OPUS,
        extension="opus",
        media_type="audio/ogg",
        sizing=Sizing.NOMINAL,
        streams=True,
        streams_because="Ogg pages carry their own positions; nothing at the head waits for the end.",
        beyond_its_reach=_RESAMPLED_48,
        codec_arguments=("-c:a", "libopus", "-b:a", f"{kbps}k", "-vbr", "on"),
        usual=usual,
        rate_hz_fixed=48_000,
        pins_cpu=True,
    )


def _pcm(code: str, title: str, summary: str, framing: Framing, codec: str, media: str) -> Recipe:
    return Recipe(
        code=code,
        title=title,
        summary=summary,
        family=title,
        kind=Kind.LOSSLESS,
        framing=framing,
        extension=code,
        media_type=media,
        sizing=Sizing.EXACT,
        streams=True,
        streams_because="All lengths at the head follow from the master's sample count.",
        beyond_its_reach=_KEPT,
        # The depth is the master's: rules.py fills it in.
        codec_arguments=("-c:a", codec),
    )


_RECIPES = (
    _mp3_cbr(128, "Small, and plays everywhere."),
    _mp3_cbr(192, "Good on most speakers, and plays everywhere."),
    _mp3_cbr(256, "Very good, and plays everywhere."),
    _mp3_cbr(320, "The best MP3 there is, and plays everywhere."),
    _mp3_vbr(
        0,
        "Near the best MP3, spending bytes only where the music needs them.",
        Usual(stereo_kbps=(120, 166, 196, 252, 259), mono_kbps=(59, 84, 100, 129, 131)),
    ),
    _mp3_vbr(
        2,
        "Very good MP3, spending bytes only where the music needs them.",
        Usual(stereo_kbps=(95, 132, 156, 193, 196), mono_kbps=(47, 67, 82, 99, 101)),
    ),
    _opus(
        96,
        "Very small and sounds good: for phones and players of today.",
        Usual(stereo_kbps=(122, 122, 122, 120, 119), mono_kbps=(113, 114, 114, 113, 112)),
    ),
    _opus(
        128,
        "Small and sounds very good: for phones and players of today.",
        Usual(stereo_kbps=(158, 159, 160, 157, 156), mono_kbps=(145, 147, 147, 146, 145)),
    ),
    Recipe(
        code="vorbis-q6",
        title="Ogg Vorbis q6",
        summary="An open format that sounds very good.",
        family="Ogg Vorbis",
        kind=Kind.LOSSY,
        framing=Framing.OGG_VORBIS,
        extension="ogg",
        media_type="audio/ogg",
        sizing=Sizing.NOMINAL,
        streams=True,
        streams_because="Ogg pages carry their own positions; nothing at the head waits for the end.",
        beyond_its_reach="Masters above 48 kHz are resampled to 44.1 or 48 kHz.",
        codec_arguments=("-c:a", "libvorbis", "-q:a", "6"),
        usual=Usual(stereo_kbps=(78, 113, 134, 156, 167), mono_kbps=(44, 65, 76, 90, 97)),
        rate_hz_max=48_000,
    ),
    Recipe(
        code="aac-256",
        title="AAC 256",
        summary="Very good, and at home on Apple devices.",
        family="AAC",
        kind=Kind.LOSSY,
        framing=Framing.M4A,
        extension="m4a",
        media_type="audio/mp4",
        sizing=Sizing.NOMINAL,
        streams=False,
        streams_because=(
            "The index at the head of an M4A lists every packet's size; only a fragmented file could "
            "do without, and older players refuse those. So it is encoded first."
        ),
        beyond_its_reach="Masters above 48 kHz are resampled to 44.1 or 48 kHz.",
        codec_arguments=("-c:a", "aac", "-b:a", "256k"),
        usual=Usual(stereo_kbps=(240, 250, 246, 255, 265), mono_kbps=(128, 142, 141, 160, 186)),
        rate_hz_max=48_000,
        pins_cpu=True,
    ),
    Recipe(
        code="flac",
        title="FLAC",
        summary="The recording itself, packed without loss.",
        family="FLAC",
        kind=Kind.LOSSLESS,
        framing=Framing.FLAC,
        extension="flac",
        media_type="audio/flac",
        sizing=Sizing.MEASURED,
        streams=True,
        streams_because="Sample count and MD5 at the head are known from the master.",
        beyond_its_reach=_KEPT,
        # Without a block length of its own, ffmpeg 9 takes the master's, and a master in short
        # blocks came out a third larger. 4096 is what the reference encoder takes.
        codec_arguments=("-c:a", "flac", "-compression_level", "8", "-frame_size", "4096"),
    ),
    Recipe(
        code="alac",
        title="Apple Lossless",
        summary="The recording itself, packed without loss for Apple devices.",
        family="Apple Lossless",
        kind=Kind.LOSSLESS,
        framing=Framing.M4A,
        extension="m4a",
        media_type="audio/mp4",
        sizing=Sizing.MEASURED,
        streams=False,
        streams_because=(
            "The index at the head of an M4A lists every packet's size, which only the finished "
            "encode knows. So it is encoded first."
        ),
        beyond_its_reach=_KEPT,
        codec_arguments=("-c:a", "alac"),
    ),
    _pcm(
        "wav", "WAV", "The recording itself, unpacked: large.", Framing.WAV, "pcm_le", "audio/wav"
    ),
    _pcm(
        "aiff",
        "AIFF",
        "The recording itself, unpacked, as Macs like it: large.",
        Framing.AIFF,
        "pcm_be",
        "audio/aiff",
    ),
    Recipe(
        code="preview",
        title="Preview",
        summary="To hear before buying.",
        family="MP3",
        kind=Kind.LOSSY,
        framing=Framing.MP3_CBR,
        extension="mp3",
        media_type="audio/mpeg",
        sizing=Sizing.EXACT,
        streams=True,
        streams_because=_MP3_STREAMS,
        beyond_its_reach=_MP3_REACH,
        codec_arguments=("-c:a", "libmp3lame", "-b:a", "128k"),
        bitrate_kbps=128,
        rate_hz_max=48_000,
        for_sale=False,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.code: recipe for recipe in _RECIPES}
PREVIEW_RECIPE = "preview"
