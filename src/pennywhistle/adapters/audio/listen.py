"""Hear a whole file of any kind that the store sells, and say what came out of it.

For listeners who check a file: whatever it is, it is decoded by a confined program, in memory that
does not grow with its length, and no more of it than the longest recording can have.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen

from pennywhistle.adapters.audio.binary import encoder_version, ffmpeg_path
from pennywhistle.adapters.audio.claims import read_claim
from pennywhistle.adapters.audio.process import ProcessFailedError, Run, running
from pennywhistle.adapters.audio.refusal import AudioRefusedError, RefusalKind
from pennywhistle.adapters.audio.sniff import Container, sniff

SIZE_BYTES_MAX = 8_000_000_000
DURATION_SECONDS_MAX = 6 * 60 * 60
CHANNELS_MAX = 8
RATE_HZ_MAX = 192_000
OPUS_RATE_HZ = 48_000  # Whatever went in: https://www.rfc-editor.org/rfc/rfc7845#section-5.1
_PIECE_BYTES = 1 << 20
_LOSSY_BITS = 16
_OGG_TAIL_BYTES = 65_536 + 512  # No page is longer.
_OGG_ENDS = 0x04
# Length and flags in the head of a WavPack block.
_WAVPACK_HEAD = struct.Struct("<4xI16xI4x")
_WAVPACK_MONO, _WAVPACK_FINAL = 1 << 2, 1 << 12

_DEMUXERS = {
    Container.FLAC: "flac",
    Container.WAV: "wav",
    Container.AIFF: "aiff",
    Container.M4A: "mov",
    Container.MP3: "mp3",
    Container.OGG: "ogg",
    Container.WAVPACK: "wv",
}
_FORMATS = "flac,wav,aiff,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,wv"
_DECODERS = (
    "flac,alac,wavpack,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,mp3,mp3float,vorbis,opus,libopus,aac"
)


class UnheardError(ValueError):
    """A file that cannot be listened to at all; the message says why.

    `is_broken` where it is cut short or damaged, and not merely of another kind.
    """

    def __init__(self, why: str, *, is_broken: bool = False) -> None:
        super().__init__(why)
        self.is_broken = is_broken


@dataclass(frozen=True, slots=True)
class Heard:
    """What a file decodes to.

    `frames` counts samples of one channel, `promised_frames` those of its head, None where that
    does not say. `pcm_sha256` is over the samples as `analyse.Analysis` has it, None for a lossy
    file. `fault` is empty, or says what is wrong with it: cut short, damaged, longer than it says.
    """

    codec: str
    is_lossless: bool
    sample_rate_hz: int
    channels: int
    frames: int
    promised_frames: int | None
    pcm_sha256: str | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    """The head's word, and how its samples are to be decoded."""

    codec: str
    bits: int
    is_lossless: bool
    sample_rate_hz: int
    channels: int
    frames: int | None
    flac_md5: str | None = None


def listen(path: Path) -> Heard:
    """Decode all of the file at `path`.

    Raises `UnheardError`, OSError where it cannot be read, and `EncoderMissingError` or
    `ProcessFailedError` where it is not the file's fault that nothing is heard.
    """
    if path.stat().st_size > SIZE_BYTES_MAX:
        raise UnheardError(f"it has more than {SIZE_BYTES_MAX // 10**9} GB")
    container = sniff(path)
    if container is Container.UNKNOWN:
        raise UnheardError("it is no audio file of a kind that the store sells")
    if container is Container.OGG and not _ends_well(path):
        raise UnheardError("its end is missing", is_broken=True)
    head = _head(path, container)
    if not (0 < head.channels <= CHANNELS_MAX and 0 < head.sample_rate_hz <= RATE_HZ_MAX):
        raise UnheardError("its head makes no sense")
    return _decode(path, container, head)


def _head(path: Path, container: Container) -> _Head:
    if container in (Container.FLAC, Container.WAV, Container.AIFF, Container.M4A):
        try:
            claim = read_claim(path, container)
        except AudioRefusedError as error:
            if error.kind is not RefusalKind.LOSSY:
                is_broken = error.kind in (RefusalKind.TRUNCATED, RefusalKind.DAMAGED)
                raise UnheardError(error.reason, is_broken=is_broken) from error
        else:
            return _Head(
                codec=claim.codec,
                bits=claim.bits_per_sample,
                is_lossless=True,
                sample_rate_hz=claim.sample_rate_hz,
                channels=claim.channels,
                frames=claim.frames,
                flac_md5=claim.flac_md5,
            )
    return _head_by_mutagen(path, container)


def _head_by_mutagen(path: Path, container: Container) -> _Head:
    try:
        file: Any = mutagen.File(path)
        info = file.info
        rate_hz = int(getattr(info, "sample_rate", OPUS_RATE_HZ))
        channels, seconds = int(info.channels), float(info.length)
        if container is Container.WAVPACK:
            channels = _wavpack_channels(path)
    except Exception as error:  # mutagen lets struct, index and attribute errors escape
        raise UnheardError("its head cannot be read") from error
    is_lossless = container is Container.WAVPACK
    # An AAC's length is known in whole packets, and an MP3's without its Info frame not at all.
    tells = container is not Container.M4A and not getattr(info, "sketchy", False)
    return _Head(
        codec=_codec_name(container, info),
        bits=int(getattr(info, "bits_per_sample", 0)) if is_lossless else _LOSSY_BITS,
        is_lossless=is_lossless,
        sample_rate_hz=rate_hz,
        channels=channels,
        frames=round(seconds * rate_hz) if tells else None,
    )


def _wavpack_channels(path: Path) -> int:
    """Of all blocks that share the first samples: each holds one channel or two.

    https://www.wavpack.com/WavPack5FileFormat.pdf Raises struct.error where the file ends in them.
    """
    channels, at = 0, 0
    with path.open("rb") as file:
        for _ in range(CHANNELS_MAX):
            file.seek(at)
            size_bytes, flags = _WAVPACK_HEAD.unpack(file.read(_WAVPACK_HEAD.size))
            channels += 1 if flags & _WAVPACK_MONO else 2
            at += 8 + size_bytes
            if flags & _WAVPACK_FINAL:
                break
    return channels


def _codec_name(container: Container, info: object) -> str:
    kind = type(info).__name__
    if kind == "OggOpusInfo":
        return "opus"
    return {
        Container.MP3: "mp3",
        Container.OGG: "vorbis",
        Container.M4A: "aac",
        Container.WAVPACK: "wavpack",
    }.get(container, container.value)


def _decode(path: Path, container: Container, head: _Head) -> Heard:
    if head.bits not in (16, 24):
        raise UnheardError(f"its samples have {head.bits} bit, and the store sells 16 and 24")
    frame_bytes = head.bits // 8 * head.channels
    bytes_max = DURATION_SECONDS_MAX * max(head.sample_rate_hz, 48_000) * frame_bytes
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    size_bytes, fault = 0, ""
    encoder_version()  # Raises where no decoder starts on this machine.
    run = Run(command=_command(path, container, head), about=path.name, reads=(path,))
    with running(run) as process:
        for piece in _pieces(process.output()):
            size_bytes += len(piece)
            if size_bytes > bytes_max:
                raise UnheardError("it plays longer than any recording of the store")
            sha256.update(piece)
            md5.update(piece)
    if process.code is None or process.code < 0:
        raise ProcessFailedError(f"the decoder was ended from outside, or crashed ({process.code})")
    if process.code != 0:
        seconds = size_bytes // frame_bytes / head.sample_rate_hz
        fault = f"its audio cannot be decoded past {seconds:.1f} s"
    frames = size_bytes // frame_bytes
    if container is Container.OGG and head.frames is not None:
        # The last page says how much of its last packet is music; the decoder gives all of it.
        frames = min(frames, head.frames)
    return Heard(
        codec=head.codec,
        is_lossless=head.is_lossless,
        sample_rate_hz=head.sample_rate_hz,
        channels=head.channels,
        frames=frames,
        promised_frames=head.frames,
        pcm_sha256=sha256.hexdigest() if head.is_lossless else None,
        fault=fault or _fault(head, frames, md5.hexdigest()),
    )


def _fault(head: _Head, frames: int, md5: str) -> str:
    if head.frames is not None and frames != head.frames:
        return f"its head promises {head.frames:,} samples, and {frames:,} are there"
    if head.flac_md5 is not None and head.flac_md5 != md5:
        return "its samples do not match the MD5 in its own head"
    return ""


def _pieces(output: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces, which hash faster."""
    gathered = bytearray()
    for data in output:
        gathered += data
        if len(gathered) >= _PIECE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _command(path: Path, container: Container, head: _Head) -> tuple[str, ...]:
    form = f"s{head.bits}le"
    return (
        *(ffmpeg_path(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
        *("-xerror", "-err_detect", "crccheck+bitstream+buffer+explode", "-threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-codec_whitelist", _DECODERS),
        *("-format_whitelist", _FORMATS),
        *("-f", _DEMUXERS[container], "-i", f"file:{path.absolute()}"),
        *("-map", "0:a:0", "-c:a", f"pcm_{form}", "-f", form, "pipe:1"),
    )


def _ends_well(path: Path) -> bool:
    """True where the last Ogg page says that it is the last one."""
    with path.open("rb") as file:
        size = path.stat().st_size
        file.seek(max(0, size - _OGG_TAIL_BYTES))
        tail = file.read(_OGG_TAIL_BYTES)
    at = tail.rfind(b"OggS")
    return at >= 0 and len(tail) > at + 5 and bool(tail[at + 5] & _OGG_ENDS)
