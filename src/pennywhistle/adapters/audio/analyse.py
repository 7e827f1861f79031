"""Proves that a delivered file is a whole, lossless recording, and measures it.

The file is decoded once, from its first frame to its last, by one ffmpeg that is fed no network, no
other file and no codec but the few that masters come in; what it decodes is hashed, drawn and
measured as it passes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.claims import Claim, lossy, read_claim, truncated, unsupported
from pennywhistle.adapters.audio.loudness import LoudnessGatherer
from pennywhistle.adapters.audio.process import Process, ProcessOverLimitError, Run, running
from pennywhistle.adapters.audio.refusal import AudioRefusedError, RefusalKind
from pennywhistle.adapters.audio.sniff import Container, sniff
from pennywhistle.adapters.audio.waveform import WaveformGatherer

DURATION_MS_MAX = 6 * 60 * 60 * 1000
# What WAV and AIFF can count in their 32-bit lengths, with room for tags: whatever is ingested can
# be delivered in every recipe.
PCM_BYTES_MAX = 4_000_000_000
SIZE_BYTES_MAX = 8_000_000_000
SAMPLE_RATE_HZ_MIN = 8_000
SAMPLE_RATE_HZ_MAX = 192_000
# Mono, stereo and 5.1.
CHANNELS = (1, 2, 6)
DEPTHS_BITS = (16, 24)

_PIECE_FRAMES = 1 << 17

# What a file of each container is called.
SUFFIXES = {
    Container.FLAC: (".flac",),
    Container.WAV: (".wav", ".wave"),
    Container.AIFF: (".aiff", ".aif", ".aifc"),
    Container.M4A: (".m4a", ".mp4", ".alac"),
}
_SPOKEN = {
    Container.FLAC: "a FLAC file",
    Container.WAV: "a WAV file",
    Container.AIFF: "an AIFF file",
    Container.M4A: "an M4A file",
    Container.MP3: "an MP3",
    Container.OGG: "an Ogg file",
    Container.WAVPACK: "a WavPack file",
    Container.UNKNOWN: "no audio file that this store knows",
}
_DEMUXERS = {Container.FLAC: "flac", Container.WAV: "wav", Container.AIFF: "aiff"}
_DEMUXER_M4A = "mov,mp4,m4a,3gp,3g2,mj2"
_DECODERS = "flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a master once every sample of it has been seen.

    `pcm_sha256` is SHA-256, and `flac_md5` MD5, over the decoded samples: interleaved, signed,
    little-endian, two bytes each at 16 bit and three at 24. Such an MD5 is what FLAC's STREAMINFO
    holds (https://www.rfc-editor.org/rfc/rfc9639#section-8.2). Both are hexadecimal.

    `frames` counts samples of one channel. `loudness_lufs` is the integrated loudness of EBU R 128
    (https://tech.ebu.ch/publications/r128), None for silence and for what is too short to measure;
    `true_peak_dbtp` is None for digital silence; `loudness_blocks` are those of
    `loudness.LoudnessGatherer`. `peaks` holds at most 1,000 pairs of signed bytes,
    the lowest and highest value of the mono mix in each equal part of the track.
    """

    container: Container
    codec: str
    size_bytes: int
    sha256: str
    pcm_sha256: str
    flac_md5: str
    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    duration_ms: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    peaks: bytes
    loudness_blocks: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What came out of the decoder."""

    frames: int
    sha256: str
    md5: str
    peaks: bytes
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    loudness_blocks: dict[str, int]


def analyse(*, path: Path) -> Analysis:
    """Read, check and measure the recording at `path`, some hundred times faster than it plays, in
    memory that does not grow with its length.

    Raises `AudioRefusedError` for what cannot be a master, OSError where it cannot be read.
    """
    container, claim = _checked_claim(path)
    decoded = _decode(path, container, claim)
    _check_kept_its_word(claim, decoded)
    return Analysis(
        container=container,
        codec=claim.codec,
        size_bytes=path.stat().st_size,
        sha256=file_sha256(path),
        pcm_sha256=decoded.sha256,
        flac_md5=decoded.md5,
        frames=decoded.frames,
        sample_rate_hz=claim.sample_rate_hz,
        bits_per_sample=claim.bits_per_sample,
        channels=claim.channels,
        duration_ms=round(decoded.frames * 1000 / claim.sample_rate_hz),
        loudness_lufs=decoded.loudness_lufs,
        true_peak_dbtp=decoded.true_peak_dbtp,
        peaks=decoded.peaks,
        loudness_blocks=decoded.loudness_blocks,
    )


def check_header(*, path: Path) -> None:
    """Raise `AudioRefusedError` for what its name, first bytes or header already rule out.

    Takes no time; what passes may still turn out to be truncated or damaged when it is analysed.
    """
    _checked_claim(path)


def _checked_claim(path: Path) -> tuple[Container, Claim]:
    container = _checked_container(path, path.stat().st_size)
    claim = read_claim(path, container)
    _check_supported(claim)
    return container, claim


def _checked_container(path: Path, size_bytes: int) -> Container:
    """The container, once name and content agree on one that can hold a master."""
    if size_bytes == 0:
        raise truncated("it is empty")
    if size_bytes > SIZE_BYTES_MAX:
        raise AudioRefusedError(
            kind=RefusalKind.TOO_LONG,
            reason=f"it has {size_bytes / 1e9:.1f} GB, and {SIZE_BYTES_MAX / 1e9:.0f} GB is the most",
            remedy="split the recording into tracks",
        )
    container = sniff(path)
    suffix = path.suffix.lower()
    if suffix in _MASTER_SUFFIXES and suffix not in SUFFIXES.get(container, ()):
        raise _unlike_its_name(suffix, container)
    if container is Container.MP3:
        raise lossy("MP3")
    if container is Container.OGG:
        raise unsupported("it is an Ogg file (Vorbis and Opus are lossy)")
    if container is Container.WAVPACK:
        raise unsupported("it is a WavPack file")
    if container is Container.UNKNOWN:
        raise AudioRefusedError(
            kind=RefusalKind.NOT_AUDIO,
            reason=f"it is {_SPOKEN[container]}",
            remedy="deliver FLAC, WAV, AIFF or ALAC",
        )
    if suffix not in SUFFIXES[container]:
        raise _unlike_its_name(suffix, container)
    return container


def _unlike_its_name(suffix: str, container: Container) -> AudioRefusedError:
    named = f"its name ends in {suffix}" if suffix else "its name has no ending"
    names = SUFFIXES.get(container)
    return AudioRefusedError(
        kind=RefusalKind.UNLIKE_ITS_NAME,
        reason=f"{named}, and it is {_SPOKEN[container]}",
        remedy=f"if it is meant so, name it {names[0]}"
        if names
        else "deliver the lossless original under its own name",
    )


_MASTER_SUFFIXES = frozenset(suffix for names in SUFFIXES.values() for suffix in names)


def _check_supported(claim: Claim) -> None:
    if claim.bits_per_sample not in DEPTHS_BITS:
        raise unsupported(f"its samples have {claim.bits_per_sample} bit")
    if claim.channels not in CHANNELS:
        raise AudioRefusedError(
            kind=RefusalKind.UNSUPPORTED,
            reason=f"it has {claim.channels} channels",
            remedy="deliver a mono, stereo or 5.1 mix",
        )
    if not SAMPLE_RATE_HZ_MIN <= claim.sample_rate_hz <= SAMPLE_RATE_HZ_MAX:
        raise AudioRefusedError(
            kind=RefusalKind.UNSUPPORTED,
            reason=f"its sample rate is {claim.sample_rate_hz:,} Hz",
            remedy=f"deliver {SAMPLE_RATE_HZ_MIN:,} to {SAMPLE_RATE_HZ_MAX:,} Hz",
        )
    if claim.frames is not None and claim.frames > _frames_max(claim):
        raise _too_long()


def _frames_max(claim: Claim) -> int:
    frame_bytes = claim.bits_per_sample // 8 * claim.channels
    return min(DURATION_MS_MAX * claim.sample_rate_hz // 1000, PCM_BYTES_MAX // frame_bytes)


def _too_long() -> AudioRefusedError:
    return AudioRefusedError(
        kind=RefusalKind.TOO_LONG,
        reason=(
            f"it is longer than {DURATION_MS_MAX // 3_600_000} hours, or has more than "
            f"{PCM_BYTES_MAX // 1_000_000_000} GB of samples"
        ),
        remedy="split the recording into tracks",
    )


def _check_kept_its_word(claim: Claim, decoded: _Decoded) -> None:
    """Compare the samples that came out with those that the header announced."""
    if decoded.frames == 0:
        raise truncated("it holds no audio")
    if claim.frames is not None and decoded.frames < claim.frames:
        missing_ms = (claim.frames - decoded.frames) * 1000 / claim.sample_rate_hz
        raise truncated(
            f"{missing_ms / 1000:.3f} s of {claim.frames / claim.sample_rate_hz:.3f} s are missing"
        )
    if claim.frames is not None and decoded.frames > claim.frames:
        raise _damaged("it holds more audio than its header says")
    if claim.flac_md5 is not None and claim.flac_md5 != decoded.md5:
        raise _damaged("its audio does not match the MD5 that its encoder wrote into it")


def _damaged(reason: str) -> AudioRefusedError:
    return AudioRefusedError(
        kind=RefusalKind.DAMAGED, reason=reason, remedy="deliver the file again, from the original"
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of the file, in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _decode(path: Path, container: Container, claim: Claim) -> _Decoded:
    """Decode all of it once: PCM comes to us, loudness and true peak are measured beside."""
    frame_bytes = claim.bits_per_sample // 8 * claim.channels
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    gatherer = WaveformGatherer(bits_per_sample=claim.bits_per_sample, channels=claim.channels)
    loudness = LoudnessGatherer()
    frames = 0
    with _running(path, container, claim) as process:
        for piece in _whole_frames(process.output(loudness.add), frame_bytes):
            frames += len(piece) // frame_bytes
            if frames > _frames_max(claim):
                raise _too_long()
            sha256.update(piece)
            md5.update(piece)
            gatherer.add(piece)
    if process.code != 0:
        raise _decoder_gave_up(claim, frames)
    integrated, true_peak = _read_summary(process.last_words)
    return _Decoded(
        frames=frames,
        sha256=sha256.hexdigest(),
        md5=md5.hexdigest(),
        peaks=gatherer.strokes(),
        loudness_lufs=integrated,
        true_peak_dbtp=true_peak,
        loudness_blocks=loudness.blocks,
    )


def _decoder_gave_up(claim: Claim, frames: int) -> AudioRefusedError:
    if frames == 0:
        return _damaged("its audio cannot be decoded")
    return _damaged(f"its audio cannot be decoded past {frames / claim.sample_rate_hz:.1f} s")


def _decode_command(path: Path, container: Container, claim: Claim) -> list[str]:
    pcm = f"s{claim.bits_per_sample}le"
    return [
        *(ffmpeg_path(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"),
        *("-xerror", "-err_detect", "crccheck+bitstream+buffer+explode", "-threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-codec_whitelist", _DECODERS),
        *("-format_whitelist", _DEMUXERS.get(container, _DEMUXER_M4A)),
        *("-f", _DEMUXERS.get(container, "mov"), "-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-c:a", f"pcm_{pcm}", "-f", pcm, "pipe:1"),
        *("-map", "0:a:0", "-af", "ebur128=peak=true:framelog=info", "-f", "null", "-"),
    ]


@contextmanager
def _running(path: Path, container: Container, claim: Claim) -> Iterator[Process]:
    """A decoder that is gone when the block ends, however it ends."""
    command = tuple(_decode_command(path, container, claim))
    try:
        with running(Run(command=command, about=path.name, reads=(path,))) as process:
            yield process
    except ProcessOverLimitError as error:
        raise _damaged("decoding it takes too long") from error


def _whole_frames(output: Iterator[bytes], frame_bytes: int) -> Iterator[bytes]:
    """The same bytes in large pieces of whole frames; a part of one at the very end is dropped."""
    gathered, size_bytes = bytearray(), _PIECE_FRAMES * frame_bytes
    for data in output:
        gathered += data
        while len(gathered) >= size_bytes:
            yield bytes(gathered[:size_bytes])
            del gathered[:size_bytes]
    rest = len(gathered) // frame_bytes * frame_bytes
    if rest:
        yield bytes(gathered[:rest])


def _read_summary(said: str) -> tuple[float | None, float | None]:
    """Loudness in LUFS and true peak in dBTP from the summary of ffmpeg's `ebur128`.

    https://ffmpeg.org/ffmpeg-filters.html#ebur128-1 — it prints -70.0 LUFS where no block of 400 ms
    passes the absolute gate, and a peak of -inf for digital silence.
    """
    lines = [line.strip() for line in said.splitlines()]
    starts_at = max(
        (index for index, line in enumerate(lines) if line.endswith("Summary:")), default=0
    )
    text = "\n".join(lines[starts_at:])
    loudness = re.search(r"^I:\s+(-?[\d.]+) LUFS$", text, re.MULTILINE)
    peak = re.search(r"^Peak:\s+(-?[\d.]+) dBFS$", text, re.MULTILINE)
    lufs = float(loudness[1]) if loudness else None
    return (None if lufs is None or lufs <= -70 else lufs), (float(peak[1]) if peak else None)
