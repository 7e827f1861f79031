"""The one table of recipes. Adding a recipe touches this table and its tests only.

A recipe is codec and quality under one canonical, URL-safe code. What the table says of a recipe is
all that the rest of the house knows about it: its words for people, its container, how its size is
known before a byte exists, whether it can be sent while it is encoded, and what its encoder is told.
"""

from __future__ import annotations

from functools import partial

from pennywhistle.shop.encoding.formats import USUAL_AT_HZ, Framing, Kind, Recipe, Sizing, Usual

__all__ = [
    "PREVIEW_RECIPE",
    "RECIPES",
    "USUAL_AT_HZ",
    "Framing",
    "Kind",
    "Recipe",
    "Sizing",
    "Usual",
]

_CD_AND_VIDEO_HZ = (44_100, 48_000)
_TO_STEREO = "Surround is mixed down to stereo."
_KEPT = "Sample rate, depth and channels stay as in the master."

_MP3_STREAMS = (
    "Frames stand on their own, and length, delay and padding in the Info frame follow from the "
    "master's sample count."
)
_OGG_STREAMS = "Ogg pages carry their own positions; nothing at the head waits for the end."
_M4A_IS_FIRST = (
    "The index at the head of an M4A lists every packet's size, which only the finished encode knows; "
    "a fragmented file could do without, and older players refuse those. So it is encoded first."
)
_REDUCED_IS_FIRST = (
    "The MD5 at the head is that of the reduced samples, which only the finished encode knows. So it "
    "is encoded first."
)

_MP3 = partial(
    Recipe,
    family="MP3",
    kind=Kind.LOSSY,
    extension="mp3",
    media_type="audio/mpeg",
    streams=True,
    beyond_its_reach=(
        "Masters at other rates than 44.1 and 48 kHz are resampled to one of them; 24-bit goes in at "
        f"full depth. {_TO_STEREO}"
    ),
    rates_hz=_CD_AND_VIDEO_HZ,
    channels_max=2,
)
_OGG = partial(
    Recipe,
    kind=Kind.LOSSY,
    media_type="audio/ogg",
    sizing=Sizing.NOMINAL,
    streams=True,
    streams_because=_OGG_STREAMS,
    channels_max=2,
)
_LOSSLESS = partial(Recipe, kind=Kind.LOSSLESS, beyond_its_reach=_KEPT, is_default=True)
_FLAC = partial(
    Recipe,
    family="FLAC",
    framing=Framing.FLAC,
    extension="flac",
    media_type="audio/flac",
    sizing=Sizing.MEASURED,
    # Without a block length of its own, ffmpeg 9 takes the master's, and a master in short blocks
    # came out a third larger. 4096 is what the reference encoder takes.
    codec_arguments=("-c:a", "flac", "-compression_level", "8", "-frame_size", "4096"),
    # FMA rounds the predictor otherwise, most of all at pure tones.
    pins_cpu=True,
)
_PCM = partial(
    _LOSSLESS,
    sizing=Sizing.EXACT,
    streams=True,
    streams_because="All lengths at the head follow from the master's sample count.",
)


def _mp3_cbr(kbps: int, summary: str, *, is_default: bool = False) -> Recipe:
    return _MP3(
        code=f"mp3-{kbps}",
        title=f"MP3 {kbps}",
        summary=summary,
        framing=Framing.MP3_CBR,
        sizing=Sizing.EXACT,
        streams_because=_MP3_STREAMS,
        codec_arguments=("-c:a", "libmp3lame", "-b:a", f"{kbps}k"),
        bitrate_kbps=kbps,
        is_default=is_default,
    )


# The usual bitrates of what varies are medians, by channels and by the master's sample rate: a master
# that holds nothing above 4 kHz costs less, whatever rate it is brought to. They were measured with
# the ffmpeg that requirements/run.txt pins, as the priced size over the length, on 20 seconds from
# the middle of 14 recordings: eight pieces of a game's music, decoded from Ogg Vorbis, and six of the
# demo's. Each was resampled to every rate of the table and to 48 kHz, which shares the last column,
# in stereo and mixed to mono. How near they come is in docs/decisions/0005. Encoders' own names
# promise otherwise: Vorbis q6 is called 192 kbit/s and comes to less, Opus goes over what it is told,
# and spends on mono nearly what it spends on stereo.


def _mp3_vbr(quality: int, summary: str, stereo: tuple[int, ...], mono: tuple[int, ...]) -> Recipe:
    return _MP3(
        code=f"mp3-v{quality}",
        title=f"MP3 V{quality}",
        summary=summary,
        framing=Framing.MP3_VBR,
        sizing=Sizing.NOMINAL,
        streams_because=_MP3_STREAMS + " Only the byte count is unknown, and is left out.",
        codec_arguments=("-c:a", "libmp3lame", "-q:a", str(quality)),
        usual=Usual(stereo_kbps=stereo, mono_kbps=mono),
    )


def _opus(kbps: int, summary: str, stereo: tuple[int, ...], mono: tuple[int, ...]) -> Recipe:
    return _OGG(
        code=f"opus-{kbps}",
        title=f"Opus {kbps}",
        summary=summary,
        family="Opus",
        framing=Framing.OGG_OPUS,
        extension="opus",
        beyond_its_reach=(
            f"Every master is resampled to 48 kHz, the one rate that Opus works at. {_TO_STEREO}"
        ),
        codec_arguments=("-c:a", "libopus", "-b:a", f"{kbps}k", "-vbr", "on"),
        usual=Usual(stereo_kbps=stereo, mono_kbps=mono),
        rates_hz=(48_000,),
        pins_cpu=True,
        # libopus chooses its code by the processor whatever ffmpeg is told, and begins its search at
        # an approximate root (rsqrtps) whose last bits differ between makes.
        # https://gitlab.xiph.org/xiph/opus/-/blob/main/celt/x86/vq_sse2.c
        varies_by_processor=True,
        is_default=kbps == 128,
    )


def _vorbis(quality: int, summary: str, stereo: tuple[int, ...], mono: tuple[int, ...]) -> Recipe:
    return _OGG(
        code=f"vorbis-q{quality}",
        title=f"Ogg Vorbis q{quality}",
        summary=summary,
        family="Ogg Vorbis",
        framing=Framing.OGG_VORBIS,
        extension="ogg",
        beyond_its_reach=(
            "Masters at other rates than 44.1 and 48 kHz are resampled to one of them. "
            + _TO_STEREO
        ),
        codec_arguments=("-c:a", "libvorbis", "-q:a", str(quality)),
        usual=Usual(stereo_kbps=stereo, mono_kbps=mono),
        rates_hz=_CD_AND_VIDEO_HZ,
        is_default=quality == 6,
    )


def _aac(kbps: int, summary: str, stereo: tuple[int, ...], mono: tuple[int, ...]) -> Recipe:
    return Recipe(
        code=f"aac-{kbps}",
        title=f"AAC {kbps}",
        summary=summary,
        family="AAC",
        kind=Kind.LOSSY,
        framing=Framing.M4A,
        extension="m4a",
        media_type="audio/mp4",
        sizing=Sizing.NOMINAL,
        streams=False,
        streams_because=_M4A_IS_FIRST,
        beyond_its_reach=(
            "Masters at other rates than 44.1 and 48 kHz are resampled to one of them. "
            + _TO_STEREO
        ),
        codec_arguments=("-c:a", "aac", "-b:a", f"{kbps}k"),
        usual=Usual(stereo_kbps=stereo, mono_kbps=mono),
        rates_hz=_CD_AND_VIDEO_HZ,
        channels_max=2,
        pins_cpu=True,
        is_default=kbps == 256,
    )


def _flac_reduced(bits: int, rate_hz: int, summary: str) -> Recipe:
    return _FLAC(
        code=f"flac-{bits}-{rate_hz // 1000}",
        title=f"FLAC {bits}-bit/{rate_hz / 1000:g} kHz",
        summary=summary,
        kind=Kind.REDUCED,
        streams=False,
        streams_because=_REDUCED_IS_FIRST,
        beyond_its_reach=(
            f"Masters above {rate_hz / 1000:g} kHz are resampled, and those above {bits} bit are "
            "dithered. What is below stays as it is, and so do the channels."
        ),
        bits_max=bits,
        rate_hz_max=rate_hz,
    )


_MP3_BYTES_WHERE_NEEDED = "Very good MP3, spending bytes only where the music needs them."
_OPUS_VERY_GOOD = "Small and sounds very good: for phones and players of today."

_RECIPES = (
    _mp3_cbr(96, "Very small, and plays everywhere: for speech, or where every megabyte counts."),
    _mp3_cbr(112, "Very small, and plays everywhere."),
    _mp3_cbr(128, "Small, and plays everywhere."),
    _mp3_cbr(160, "Small, good on little speakers, and plays everywhere."),
    _mp3_cbr(192, "Good on most speakers, and plays everywhere.", is_default=True),
    _mp3_cbr(224, "Good on every speaker, and plays everywhere."),
    _mp3_cbr(256, "Very good, and plays everywhere."),
    _mp3_cbr(320, "The best MP3 there is, and plays everywhere."),
    _mp3_vbr(
        0,
        "Near the best MP3, spending bytes only where the music needs them.",
        (120, 166, 196, 252, 259),
        (59, 84, 100, 129, 131),
    ),
    _mp3_vbr(2, _MP3_BYTES_WHERE_NEEDED, (95, 132, 156, 193, 196), (47, 67, 82, 99, 101)),
    _mp3_vbr(
        4,
        "Good MP3, small, spending bytes only where the music needs them.",
        (84, 113, 132, 159, 158),
        (44, 59, 71, 84, 84),
    ),
    _opus(
        48,
        "As small as music gets: for a slow line or a full phone.",
        (65, 64, 63, 61, 60),
        (62, 62, 61, 58, 58),
    ),
    _opus(
        64,
        "Tiny and sounds better than it should: for phones and players of today.",
        (86, 85, 84, 82, 80),
        (80, 81, 79, 76, 77),
    ),
    _opus(
        96,
        "Very small and sounds good: for phones and players of today.",
        (122, 122, 122, 120, 119),
        (113, 114, 114, 113, 112),
    ),
    _opus(128, _OPUS_VERY_GOOD, (158, 159, 160, 157, 156), (145, 147, 147, 146, 145)),
    _opus(160, _OPUS_VERY_GOOD, (197, 195, 196, 194, 192), (178, 181, 181, 176, 179)),
    _opus(
        192,
        "Hardly ever told from the recording: for phones and players of today.",
        (228, 228, 229, 226, 225),
        (210, 214, 214, 209, 212),
    ),
    _opus(
        256,
        "The best Opus there is: for phones and players of today.",
        (291, 295, 295, 292, 291),
        (273, 281, 281, 276, 276),
    ),
    _vorbis(2, "An open format, very small.", (55, 71, 80, 86, 90), (32, 47, 54, 64, 66)),
    _vorbis(3, "An open format, small.", (61, 83, 94, 101, 105), (35, 51, 59, 68, 71)),
    _vorbis(4, "An open format that sounds good.", (66, 95, 107, 117, 120), (37, 56, 64, 74, 78)),
    _vorbis(5, "An open format that sounds good.", (70, 103, 122, 136, 142), (40, 60, 69, 81, 86)),
    _vorbis(
        6, "An open format that sounds very good.", (78, 113, 134, 156, 167), (44, 65, 76, 90, 97)
    ),
    _vorbis(
        7, "An open format that sounds very good.", (81, 126, 153, 186, 201), (46, 73, 87, 102, 113)
    ),
    _vorbis(
        8,
        "An open format, near the best it can.",
        (87, 141, 173, 213, 229),
        (48, 79, 96, 116, 128),
    ),
    _vorbis(9, "An open format at its best.", (100, 165, 206, 260, 279), (55, 91, 111, 139, 152)),
    _aac(
        96,
        "Very small, and at home on Apple devices.",
        (99, 98, 98, 98, 98),
        (98, 99, 99, 99, 99),
    ),
    _aac(
        128,
        "Small, and at home on Apple devices.",
        (131, 131, 131, 132, 132),
        (128, 128, 127, 130, 134),
    ),
    _aac(
        160,
        "Good, and at home on Apple devices.",
        (163, 163, 163, 167, 166),
        (130, 141, 142, 158, 163),
    ),
    _aac(
        192,
        "Good, and at home on Apple devices.",
        (194, 195, 195, 200, 201),
        (130, 142, 143, 161, 187),
    ),
    _aac(
        256,
        "Very good, and at home on Apple devices.",
        (240, 250, 246, 255, 265),
        (128, 142, 141, 160, 186),
    ),
    _aac(
        320,
        "The best AAC there is, and at home on Apple devices.",
        (243, 260, 259, 288, 319),
        (129, 143, 143, 161, 190),
    ),
    _FLAC(
        code="flac",
        title="FLAC",
        summary="The recording itself, packed without loss.",
        kind=Kind.LOSSLESS,
        streams=True,
        streams_because="Sample count and MD5 at the head are known from the master.",
        beyond_its_reach=_KEPT,
        is_default=True,
    ),
    _flac_reduced(16, 44_100, "What a compact disc holds, packed without loss."),
    _flac_reduced(16, 48_000, "Nearly what a compact disc holds, packed without loss."),
    _flac_reduced(24, 48_000, "Full depth at the rate of most players, packed without loss."),
    _flac_reduced(24, 96_000, "Full depth at twice the rate of most players, packed without loss."),
    _LOSSLESS(
        code="alac",
        title="Apple Lossless",
        summary="The recording itself, packed without loss for Apple devices.",
        family="Apple Lossless",
        framing=Framing.M4A,
        extension="m4a",
        media_type="audio/mp4",
        sizing=Sizing.MEASURED,
        streams=False,
        streams_because=_M4A_IS_FIRST,
        codec_arguments=("-c:a", "alac"),
        # It predicts as FLAC's encoder does.
        pins_cpu=True,
    ),
    _LOSSLESS(
        code="wavpack",
        title="WavPack",
        summary="The recording itself, packed without loss for those who collect it so.",
        family="WavPack",
        framing=Framing.WAVPACK,
        extension="wv",
        media_type="audio/x-wavpack",
        sizing=Sizing.MEASURED,
        streams=True,
        streams_because="The sample count in every block and the MD5 are known from the master.",
        # Level 2 in blocks of half a second packs as the reference encoder's "high" does, in half a
        # second of work for a minute of music; from level 4 on it takes ten seconds and more.
        codec_arguments=("-c:a", "wavpack", "-compression_level", "2", "-frame_size", "22050"),
    ),
    # The depth of PCM is the master's: rules.py fills it in.
    _PCM(
        code="wav",
        title="WAV",
        summary="The recording itself, unpacked: large.",
        family="WAV",
        framing=Framing.WAV,
        extension="wav",
        media_type="audio/wav",
        codec_arguments=("-c:a", "pcm_le"),
    ),
    _PCM(
        code="aiff",
        title="AIFF",
        summary="The recording itself, unpacked, as Macs like it: large.",
        family="AIFF",
        framing=Framing.AIFF,
        extension="aiff",
        media_type="audio/aiff",
        codec_arguments=("-c:a", "pcm_be"),
    ),
    _MP3(
        code="preview",
        title="Preview",
        summary="To hear before buying.",
        framing=Framing.MP3_CBR,
        sizing=Sizing.EXACT,
        streams_because=_MP3_STREAMS,
        codec_arguments=("-c:a", "libmp3lame", "-b:a", "128k"),
        bitrate_kbps=128,
        for_sale=False,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.code: recipe for recipe in _RECIPES}
PREVIEW_RECIPE = "preview"
