"""Heads and tails of files that are sent while they are encoded.

An encoder that writes to a pipe cannot go back to its head once it knows the length. All that a head
asks for follows from the master, so the house writes the heads itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pennywhistle.kit.mp3 import MP3_FRAME_SAMPLES, mp3_frame_count

# RIFF and FORM count their length in 32 bits.
_CHUNK_BYTES_MAX = 2**32 - 1


class HeadTooLargeError(ValueError):
    """More samples than the container can count."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The samples that a finished file decodes to. `frames` counts samples per channel.

    `flac_md5` is the hex MD5 of the samples as FLAC defines it, empty where it is not
    known; the heads of FLAC and WavPack use it.
    """

    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str = ""

    @property
    def pcm_bytes(self) -> int:
        """Bytes of the samples, uncompressed."""
        return self.frames * self.channels * (self.bits_per_sample // 8)


# --- MP3 -----------------------------------------------------------------------------------------

# MPEG-1 Layer III. http://www.mp3-tech.org/programmer/frame_header.html
_MP3_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_RATES_HZ = (44_100, 48_000, 32_000)
# Silence that LAME puts before the music, without the 529 samples that every decoder adds.
# http://gabriel.mp3-tech.org/mp3infotag.html and https://lame.sourceforge.io/tech-FAQ.txt
_LAME_DELAY_SAMPLES = 576
# Players look for this name before they believe delay and padding, and 3.100 is the last version
# whose layout of the tag is written down; the frames themselves name the encoder that made them.
_LAME_NAME = b"LAME3.100"
_INFO_FLAG_FRAMES, _INFO_FLAG_BYTES, _INFO_FLAG_TOC = 1, 2, 4
_LAME_METHOD_CBR, _LAME_METHOD_VBR = 1, 4


def mp3_info_frame(*, facts: AudioFacts, kbps: int, audio_bytes: int | None) -> bytes:
    """The frame before the music, which tells players its length and where to cut for no gap.

    `kbps` is the bitrate of this frame itself. `audio_bytes` is the length of all frames, this one
    included, where the bitrate is constant; None for variable ones, whose head then says "Xing" and
    leaves the byte count and the seek table out. The checksum over the music is zero: it could be
    known only after the end.

    http://gabriel.mp3-tech.org/mp3infotag.html
    """
    header = _mp3_header(facts, kbps)
    side_info = bytes(32 if facts.channels == 2 else 17)
    frames = mp3_frame_count(frames=facts.frames)
    if audio_bytes is None:
        tag = b"Xing" + struct.pack(">II", _INFO_FLAG_FRAMES, frames)
    else:
        toc = bytes(percent * 256 // 100 for percent in range(100))
        flags = _INFO_FLAG_FRAMES | _INFO_FLAG_BYTES | _INFO_FLAG_TOC
        tag = b"Info" + struct.pack(">III", flags, frames, audio_bytes) + toc
    body = header + side_info + tag + _lame_extension(facts, kbps, audio_bytes)
    body += struct.pack(">H", _crc16(body))
    length = 144_000 * kbps // facts.sample_rate_hz
    return body.ljust(length, b"\0")


def _mp3_header(facts: AudioFacts, kbps: int) -> bytes:
    bitrate = _MP3_KBPS.index(kbps)
    rate = _MP3_RATES_HZ.index(facts.sample_rate_hz)
    mode = 0b01 if facts.channels == 2 else 0b11  # joint stereo, mono
    original = 0b100
    return bytes((0xFF, 0xFB, bitrate << 4 | rate << 2, mode << 6 | original))


def _lame_extension(facts: AudioFacts, kbps: int, audio_bytes: int | None) -> bytes:
    """All of it but the checksum at its end."""
    filled = mp3_frame_count(frames=facts.frames) * MP3_FRAME_SAMPLES
    padding = filled - facts.frames - _LAME_DELAY_SAMPLES
    method = _LAME_METHOD_VBR if audio_bytes is None else _LAME_METHOD_CBR
    rate = {44_100: 1, 48_000: 2}.get(facts.sample_rate_hz, 0)
    stereo = 3 if facts.channels == 2 else 0
    return b"".join(
        (
            _LAME_NAME,
            bytes((method, 0)),  # revision 0; lowpass not told
            bytes(8),  # peak and gains not told
            bytes((0, 0 if audio_bytes is None else min(kbps, 255))),
            (_LAME_DELAY_SAMPLES << 12 | padding).to_bytes(3, "big"),
            bytes((rate << 6 | stereo << 2, 0)),
            bytes(2),  # preset not told
            struct.pack(">I", audio_bytes or 0),
            bytes(2),  # checksum of the music
        )
    )


def _crc16_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC16 = tuple(map(_crc16_of, range(256)))


def _crc16(data: bytes) -> int:
    """CRC-16/ARC, as LAME signs its tag with."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC16[(crc ^ byte) & 0xFF]
    return crc


# --- FLAC ----------------------------------------------------------------------------------------

_FLAC_MARKER = b"fLaC"
_FLAC_STREAMINFO_BYTES = 34
_FLAC_LAST_BLOCK = 0x80
_FLAC_MD5_UNKNOWN = "0" * 32


def flac_head(*, facts: AudioFacts, encoder_streaminfo: bytes) -> bytes:
    """`fLaC` and STREAMINFO, 42 bytes, with the sample count and MD5 that the encoder lacked.

    Block sizes are the encoder's; its frame sizes are set to "unknown". Other metadata blocks must
    follow. https://www.rfc-editor.org/rfc/rfc9639#name-streaminfo
    """
    block_sizes = encoder_streaminfo[:4]
    counts = (
        facts.sample_rate_hz << 44
        | (facts.channels - 1) << 41
        | (facts.bits_per_sample - 1) << 36
        | facts.frames
    )
    md5 = bytes.fromhex(facts.flac_md5 or _FLAC_MD5_UNKNOWN)
    body = block_sizes + bytes(6) + counts.to_bytes(8, "big") + md5
    return flac_head_as_encoded(body)


def flac_frames_counted(streaminfo: bytes) -> int:
    """How many samples per channel a STREAMINFO's body tells."""
    return int.from_bytes(streaminfo[13:18], "big") & 2**36 - 1


def flac_head_as_encoded(streaminfo: bytes) -> bytes:
    """`fLaC` and STREAMINFO as an encoder that wrote into a file left it."""
    return _FLAC_MARKER + bytes((0,)) + len(streaminfo).to_bytes(3, "big") + streaminfo


def split_flac_head(data: bytes) -> tuple[bytes, int] | None:
    """STREAMINFO's body and the offset of the first frame; None while `data` is too short.

    Raises ValueError where this is no FLAC.
    """
    if len(data) < len(_FLAC_MARKER):
        return None
    if not data.startswith(_FLAC_MARKER):
        raise ValueError(f"this is no FLAC: it starts with {data[:4]!r}")
    offset, last = len(_FLAC_MARKER), False
    while not last:
        if len(data) < offset + 4:
            return None
        last = bool(data[offset] & _FLAC_LAST_BLOCK)
        offset += 4 + int.from_bytes(data[offset + 1 : offset + 4], "big")
    if len(data) < offset:
        return None
    return data[8 : 8 + _FLAC_STREAMINFO_BYTES], offset


# --- WAV and AIFF --------------------------------------------------------------------------------

_WAVE_FORMAT_PCM = 0x0001
_WAVE_FORMAT_EXTENSIBLE = 0xFFFE
_KSDATAFORMAT_SUBTYPE_PCM = bytes.fromhex("0100000000001000800000aa00389b71")
# Front centre; front left and right; these two, centre, low frequencies, back left and right: the
# order of six channels in FLAC too. https://www.rfc-editor.org/rfc/rfc9639#name-channels-bits
_SPEAKERS = {1: 0x4, 2: 0x3, 6: 0x3F}
# L R C LFE Ls Rs, which Core Audio calls kAudioChannelLayoutTag_MPEG_5_1_A. Without it six channels
# of an AIFF are left, left centre, centre, right centre, right, surround.
# https://developer.apple.com/documentation/coreaudiotypes/kaudiochannellayouttag_mpeg_5_1_a
_AIFF_LAYOUTS = {6: 121 << 16 | 6}


def pcm_pad(facts: AudioFacts) -> bytes:
    """The zero byte that RIFF and FORM ask for after an odd number of bytes."""
    return bytes(facts.pcm_bytes % 2)


def wav_head(*, facts: AudioFacts, tail_bytes: int) -> bytes:
    """RIFF, `fmt ` and the head of `data`; `tail_bytes` of chunks will follow the samples.

    Beyond 16 bits or two channels the format is WAVE_FORMAT_EXTENSIBLE, as its definition asks.
    https://learn.microsoft.com/en-us/windows/win32/api/mmreg/ns-mmreg-waveformatextensible
    Raises `HeadTooLargeError` beyond 4 GiB.
    """
    extensible = facts.bits_per_sample > 16 or facts.channels > 2
    block = facts.channels * facts.bits_per_sample // 8
    fmt = struct.pack(
        "<HHIIHH",
        _WAVE_FORMAT_EXTENSIBLE if extensible else _WAVE_FORMAT_PCM,
        facts.channels,
        facts.sample_rate_hz,
        facts.sample_rate_hz * block,
        block,
        facts.bits_per_sample,
    )
    if extensible:
        fmt += struct.pack("<HHI", 22, facts.bits_per_sample, _SPEAKERS[facts.channels])
        fmt += _KSDATAFORMAT_SUBTYPE_PCM
    samples = facts.pcm_bytes
    after_riff = 4 + 8 + len(fmt) + 8 + samples + samples % 2 + tail_bytes
    _check_countable(after_riff, "WAV")
    return b"".join(
        (
            b"RIFF" + struct.pack("<I", after_riff) + b"WAVE",
            b"fmt " + struct.pack("<I", len(fmt)) + fmt,
            b"data" + struct.pack("<I", samples),
        )
    )


def aiff_head(*, facts: AudioFacts, tail_bytes: int) -> bytes:
    """FORM, COMM and the head of SSND; `tail_bytes` of chunks will follow the samples.

    Beyond two channels a CHAN chunk names them, as Core Audio and ffmpeg write and read it.
    http://paulbourke.net/dataformats/audio/ Raises `HeadTooLargeError` beyond 4 GiB.
    """
    comm = struct.pack(">HIH", facts.channels, facts.frames, facts.bits_per_sample)
    comm += _extended_float(facts.sample_rate_hz)
    samples, chan = facts.pcm_bytes, b""
    if facts.channels > 2:
        chan = b"CHAN" + struct.pack(">IIII", 12, _AIFF_LAYOUTS[facts.channels], 0, 0)
    after_form = 4 + 8 + len(comm) + len(chan) + 8 + 8 + samples + samples % 2 + tail_bytes
    _check_countable(after_form, "AIFF")
    return b"".join(
        (
            b"FORM" + struct.pack(">I", after_form) + b"AIFF",
            b"COMM" + struct.pack(">I", len(comm)) + comm + chan,
            b"SSND" + struct.pack(">III", 8 + samples, 0, 0),
        )
    )


def _extended_float(value: int) -> bytes:
    """A positive whole number as an 80-bit IEEE 754 extended float, big-endian."""
    exponent = value.bit_length() - 1
    return struct.pack(">HQ", 16383 + exponent, value << 63 - exponent)


def _check_countable(length: int, container: str) -> None:
    if length > _CHUNK_BYTES_MAX:
        raise HeadTooLargeError(
            f"{length} bytes are more than {container} can count; take FLAC, which has no such limit"
        )
