"""What a lossless file's own header claims to hold, read without decoding anything.

The analysis decodes the whole file afterwards and compares: a file that holds less than it claims
is truncated, and one whose codec cannot give back what was recorded is refused before any decoder
runs. Every read is bounded: the chunks and boxes of a hostile file may say what they like.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pennywhistle.adapters.audio.refusal import AudioRefusedError, RefusalKind
from pennywhistle.adapters.audio.sniff import Container, id3v2_bytes

# Chunks (RIFF, AIFF) or boxes (MP4) that are looked at before a file counts as nonsense.
CHUNKS_MAX = 10_000
# No header that is read whole (fmt, COMM, stsd, stts) is longer than this.
HEADER_BYTES_MAX = 4_000_000

_DELIVER_AGAIN = "deliver the file again: this copy was cut short on its way"
_EXPORT_LOSSLESS = "export the recording from its lossless source as FLAC, WAV, AIFF or ALAC"
_EXPORT_PCM = "export it as 16-bit or 24-bit FLAC, WAV, AIFF or ALAC"


@dataclass(frozen=True, slots=True)
class Claim:
    """The header's word. `frames` (samples per channel) and `flac_md5` are None if it is silent."""

    codec: str
    frames: int | None
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str | None = None


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk or box: its name, and where its body lies in the file."""

    name: bytes
    starts_at: int
    size_bytes: int


def read_claim(path: Path, container: Container) -> Claim:
    """What the header of `path`, a file of `container`, claims.

    Raises `AudioRefusedError` for a header that is missing, cut short or not lossless.
    """
    with path.open("rb") as file:
        try:
            return _READERS[container](file, path.stat().st_size)
        except (struct.error, IndexError):
            raise truncated("its header ends before it is complete") from None


def truncated(reason: str) -> AudioRefusedError:
    """The refusal of a file that holds less than it says."""
    return AudioRefusedError(kind=RefusalKind.TRUNCATED, reason=reason, remedy=_DELIVER_AGAIN)


def lossy(codec: str) -> AudioRefusedError:
    """The refusal of a recording from which the encoder has thrown something away."""
    return AudioRefusedError(
        kind=RefusalKind.LOSSY,
        reason=f"it holds {codec}, which is lossy: part of the recording is gone",
        remedy=_EXPORT_LOSSLESS,
    )


def unsupported(reason: str) -> AudioRefusedError:
    """The refusal of a recording that may be lossless, but that this store does not take."""
    return AudioRefusedError(kind=RefusalKind.UNSUPPORTED, reason=reason, remedy=_EXPORT_PCM)


# Who may speak through so many channels, as bits of a WAVEFORMATEXTENSIBLE mask: mono, stereo, and
# 5.1 with its surround channels called "back" or "side". 0 says nothing, which means the usual.
# https://learn.microsoft.com/en-us/windows/win32/api/mmreg/ns-mmreg-waveformatextensible
_SPEAKERS = {1: (0, 0x4), 2: (0, 0x3), 6: (0, 0x3F, 0x60F)}


def _check_speakers(channels: int, mask: int) -> None:
    """Channels under other names would be taken for others, and mixed on their way to a listener.

    How many channels a master may have is asked elsewhere.
    """
    if mask not in _SPEAKERS.get(channels, (mask,)):
        raise AudioRefusedError(
            kind=RefusalKind.UNSUPPORTED,
            reason=(
                f"its header gives its {channels} channels to other speakers (mask {mask:#x}) than "
                "those of mono, stereo or 5.1"
            ),
            remedy="export it as plain mono, stereo or 5.1",
        )


def _read_at(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.starts_at)
    return file.read(min(chunk.size_bytes, HEADER_BYTES_MAX))


def _read_flac(file: BinaryIO, size_bytes: int) -> Claim:
    """https://www.rfc-editor.org/rfc/rfc9639#section-8.2"""
    start = id3v2_bytes(file)
    file.seek(start)
    block = file.read(8 + 34)
    if len(block) < 42 or block[4] & 0x7F != 0:
        raise truncated("its header ends before it is complete")
    packed = int.from_bytes(block[18:26], "big")
    md5 = block[26:42]
    _check_speakers((packed >> 41 & 7) + 1, _flac_speakers(file, start + 4))
    return Claim(
        codec="flac",
        frames=packed & (2**36 - 1) or None,
        sample_rate_hz=packed >> 44,
        bits_per_sample=(packed >> 36 & 31) + 1,
        channels=(packed >> 41 & 7) + 1,
        flac_md5=md5.hex() if any(md5) else None,
    )


def _flac_speakers(file: BinaryIO, position: int) -> int:
    """The mask that a FLAC's comments may hold, 0 where they hold none.

    https://www.rfc-editor.org/rfc/rfc9639#section-8.6.2
    """
    for _ in range(CHUNKS_MAX):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4:
            break
        length = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == _FLAC_COMMENTS:
            found = _FLAC_SPEAKERS.search(_read_at(file, _Chunk(b"", position + 4, length)))
            return int(found[1], 16) if found else 0
        if head[0] & 0x80:
            break
        position += 4 + length
    return 0


_FLAC_COMMENTS = 4
_FLAC_SPEAKERS = re.compile(rb"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x([0-9a-f]{1,8})", re.IGNORECASE)


def _iff_chunks(file: BinaryIO, size_bytes: int, *, big_endian: bool) -> Iterator[_Chunk]:
    """The chunks of a RIFF or IFF file, each padded to an even length."""
    layout = ">4sI" if big_endian else "<4sI"
    position = 12
    for _ in range(CHUNKS_MAX):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack(layout, head)
        yield _Chunk(name, position + 8, length)
        position += 8 + length + length % 2
    raise unsupported("its header has more parts than any real recording")


def _read_wav(file: BinaryIO, size_bytes: int) -> Claim:
    """Classic RIFF, and RF64/BW64 whose `ds64` holds the real length.

    http://soundfile.sapp.org/doc/WaveFormat/ · https://tech.ebu.ch/docs/tech/tech3306v1_1.pdf
    """
    wave_format = b""
    data_bytes_64 = None
    for chunk in _iff_chunks(file, size_bytes, big_endian=False):
        if chunk.name == b"ds64":
            data_bytes_64 = struct.unpack_from("<Q", _read_at(file, chunk), 8)[0]
        elif chunk.name == b"fmt ":
            wave_format = _read_at(file, chunk)
        elif chunk.name == b"data":
            if not wave_format:
                break
            is_64 = data_bytes_64 is not None and chunk.size_bytes == 0xFFFF_FFFF
            data_bytes = data_bytes_64 if is_64 and data_bytes_64 else chunk.size_bytes
            _check_fits(chunk.starts_at + data_bytes, size_bytes)
            return _wav_claim(wave_format, data_bytes)
    raise truncated("it has no audio after its header")


def _wav_claim(wave_format: bytes, data_bytes: int) -> Claim:
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", wave_format)
    if tag == 0xFFFE:  # WAVE_FORMAT_EXTENSIBLE: the real tag opens its sub-format
        tag = struct.unpack_from("<H", wave_format, 24)[0]
        _check_speakers(channels, struct.unpack_from("<I", wave_format, 20)[0])
    if tag == 3:
        raise unsupported(f"it holds {bits}-bit floating-point samples")
    if tag != 1:
        raise lossy(_WAV_CODECS.get(tag, f"WAV codec {tag:#06x}"))
    if channels == 0 or block * 8 != bits * channels:
        raise unsupported(f"its header gives {block} bytes to {channels} samples of {bits} bit")
    return Claim(f"pcm_s{bits}le", data_bytes // block, rate, bits, channels)


# Registered WAVE codecs: https://www.rfc-editor.org/rfc/rfc2361#appendix-A
_WAV_CODECS = {
    0x0002: "ADPCM",
    0x0006: "A-law",
    0x0007: "µ-law",
    0x0011: "ADPCM",
    0x0050: "MPEG audio",
    0x0055: "MP3",
    0x00FF: "AAC",
    0x0161: "Windows Media Audio",
}


def _read_aiff(file: BinaryIO, size_bytes: int) -> Claim:
    """https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/AIFF/AIFF.html"""
    file.seek(8)
    is_aifc = file.read(4) == b"AIFC"
    claim, speakers = None, b""
    has_sound = False
    for chunk in _iff_chunks(file, size_bytes, big_endian=True):
        if chunk.name == b"COMM":
            claim = _aiff_claim(_read_at(file, chunk), is_aifc=is_aifc)
        elif chunk.name == b"CHAN":
            speakers = _read_at(file, chunk)
        elif chunk.name == b"SSND":
            has_sound = True
            _check_fits(chunk.starts_at + chunk.size_bytes, size_bytes)
    if claim is None or not has_sound:
        raise truncated("it has no audio after its header")
    _check_aiff_speakers(claim.channels, speakers)
    return claim


# Layouts of mono, stereo and 5.1 in the order in which WAV has them, and the same by the names of
# their channels. https://developer.apple.com/documentation/coreaudiotypes/audio-channel-layout-tags
_AIFF_LAYOUTS = (100 << 16 | 1, 101 << 16 | 2, 102 << 16 | 2, 121 << 16 | 6)
_AIFF_LAYOUT_BY_LABELS, _AIFF_LAYOUT_BY_MASK = 0, 1 << 16
_AIFF_LABELS = ((3,), (42,), (1, 2), (1, 2, 3, 4, 5, 6))
_AIFF_LABEL_BYTES = 20


def _check_aiff_speakers(channels: int, chan: bytes) -> None:
    """AIFF itself orders six channels otherwise than everybody does, so a file must say so."""
    if not chan and channels <= 2:
        return
    layout, mask, count = struct.unpack_from(">III", chan) if len(chan) >= 12 else (None, 0, 0)
    if layout == _AIFF_LAYOUT_BY_MASK:
        _check_speakers(channels, mask)
        return
    labels = struct.iter_unpack(">I16x", chan[12 : 12 + _AIFF_LABEL_BYTES * min(count, channels)])
    by_name = tuple(label for (label,) in labels) in _AIFF_LABELS and count == channels
    if layout not in _AIFF_LAYOUTS and not (layout == _AIFF_LAYOUT_BY_LABELS and by_name):
        raise AudioRefusedError(
            kind=RefusalKind.UNSUPPORTED,
            reason=f"it does not say which speakers its {channels} channels are for",
            remedy="export it as FLAC or WAV",
        )


def _aiff_claim(comm: bytes, *, is_aifc: bool) -> Claim:
    channels, frames, bits = struct.unpack_from(">HIH", comm)
    compression = comm[18:22] if is_aifc else b"NONE"
    if compression in (b"fl32", b"FL32", b"fl64", b"FL64"):
        raise unsupported(f"it holds {bits}-bit floating-point samples")
    if compression not in (b"NONE", b"twos", b"sowt"):
        raise lossy(f"AIFF-C codec {compression.decode('ascii', 'replace')}")
    order = "le" if compression == b"sowt" else "be"
    return Claim(f"pcm_s{bits}{order}", frames, _extended_to_int(comm[8:18]), bits, channels)


def _extended_to_int(extended: bytes) -> int:
    """A whole sample rate out of an 80-bit IEEE 754 extended number."""
    exponent, mantissa = struct.unpack(">HQ", extended)
    shift = 16383 + 63 - exponent
    return int(mantissa >> shift) if 0 <= shift < 64 else 0


def _check_fits(ends_at: int, size_bytes: int) -> None:
    if ends_at > size_bytes:
        raise truncated(f"it says it holds {ends_at:,} bytes, and has {size_bytes:,}")


def _boxes(file: BinaryIO, starts_at: int, ends_at: int) -> Iterator[_Chunk]:
    """The MP4 boxes between two positions. Raises for one that reaches beyond `ends_at`.

    https://developer.apple.com/documentation/quicktime-file-format/atoms
    """
    position = starts_at
    for _ in range(CHUNKS_MAX):
        if position + 8 > ends_at:
            return
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            length, header = struct.unpack(">Q", file.read(8))[0], 16
        elif length == 0:
            length = ends_at - position
        if length < header:
            raise truncated("its header is garbled")
        _check_fits(position + length, ends_at)
        yield _Chunk(name, position + header, length - header)
        position += length
    raise unsupported("its header has more parts than any real recording")


def _inside(file: BinaryIO, box: _Chunk, *names: bytes) -> _Chunk | None:
    """The first box at the path `names` below `box`."""
    for name in names:
        ends_at = box.starts_at + box.size_bytes
        found = (inner for inner in _boxes(file, box.starts_at, ends_at) if inner.name == name)
        following = next(found, None)
        if following is None:
            return None
        box = following
    return box


def _read_m4a(file: BinaryIO, size_bytes: int) -> Claim:
    moov = next((box for box in _boxes_checked(file, size_bytes) if box.name == b"moov"), None)
    if moov is None:
        raise truncated("its table of contents is missing")
    sounds = []
    for trak in _boxes(file, moov.starts_at, moov.starts_at + moov.size_bytes):
        handler = _inside(file, trak, b"mdia", b"hdlr") if trak.name == b"trak" else None
        if handler is not None and _read_at(file, handler)[8:12] == b"soun":
            sounds.append(trak)
    if len(sounds) != 1:
        raise unsupported(f"it holds {len(sounds)} sound tracks, where a recording has one")
    return _sound_claim(file, sounds[0])


def _boxes_checked(file: BinaryIO, size_bytes: int) -> list[_Chunk]:
    """All top boxes, so that an `mdat` that reaches beyond the file's end is found first."""
    return list(_boxes(file, 0, size_bytes))


def _sound_claim(file: BinaryIO, trak: _Chunk) -> Claim:
    """https://github.com/macosforge/alac/blob/master/ALACMagicCookieDescription.txt"""
    descriptions = _inside(file, trak, b"mdia", b"minf", b"stbl", b"stsd")
    times = _inside(file, trak, b"mdia", b"minf", b"stbl", b"stts")
    if descriptions is None or times is None:
        raise truncated("its table of contents is incomplete")
    entry = _read_at(file, descriptions)[8:]
    codec = entry[4:8]
    if codec != b"alac":
        raise lossy(_M4A_CODECS.get(codec, f"MP4 codec {codec.decode('ascii', 'replace')}"))
    cookie = entry.index(b"alac", 8) + 8 if b"alac" in entry[8:] else len(entry)
    bits, channels = entry[cookie + 5], entry[cookie + 9]
    rate = struct.unpack_from(">I", entry, cookie + 20)[0]
    table = _read_at(file, times)
    (count,) = struct.unpack_from(">I", table, 4)
    pairs = struct.iter_unpack(">II", table[8 : 8 + 8 * count])
    return Claim("alac", sum(packets * frames for packets, frames in pairs), rate, bits, channels)


# https://mp4ra.org/registered-types/codecs
_M4A_CODECS = {b"mp4a": "AAC", b"ac-3": "AC-3", b"ec-3": "E-AC-3", b"Opus": "Opus", b".mp3": "MP3"}

_READERS: dict[Container, Callable[[BinaryIO, int], Claim]] = {
    Container.FLAC: _read_flac,
    Container.WAV: _read_wav,
    Container.AIFF: _read_aiff,
    Container.M4A: _read_m4a,
}
