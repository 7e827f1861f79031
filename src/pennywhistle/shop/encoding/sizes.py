"""How large a rendition is, by formula or from what its encoder usually spends."""

from __future__ import annotations

from bisect import bisect_left

from pennywhistle.kit.mp3 import MP3_FRAME_SAMPLES, mp3_frame_count
from pennywhistle.shop.encoding.facts import MasterFacts, OutputFacts
from pennywhistle.shop.encoding.formats import USUAL_AT_HZ, Framing, Usual

# Bytes of an MP3 frame per (bit/s ÷ Hz): 1152 ÷ 8.
_MP3_FRAME_FACTOR = MP3_FRAME_SAMPLES // 8

# RIFF, a plain `fmt ` of 16 bytes and the head of `data`; beyond 16 bits or two channels `fmt ` has
# 40 bytes. http://soundfile.sapp.org/doc/WaveFormat/ and
# https://learn.microsoft.com/en-us/windows/win32/api/mmreg/ns-mmreg-waveformatextensible
_WAV_HEAD_BYTES = 44
_WAV_EXTENSIBLE_HEAD_BYTES = 68
# FORM, COMM and the head of SSND; beyond two channels CHAN, which names the speakers, before it.
# http://paulbourke.net/dataformats/audio/
_AIFF_HEAD_BYTES = 54
_AIFF_SPEAKERS_BYTES = 20


def mp3_cbr_bytes(*, kbps: int, output: OutputFacts) -> int:
    """Frames and padding as LAME lays them, found by reading and by 304 encodes of odd lengths.

    LAME pads a frame by a byte when the rest of the division runs over, and starts with the first
    frame unpadded.
    https://svn.code.sf.net/p/lame/svn/trunk/lame/libmp3lame/encoder.c (slot_lag)
    """
    per_frame, rest = divmod(_MP3_FRAME_FACTOR * kbps * 1000, output.sample_rate_hz)
    frames = mp3_frame_count(frames=output.frames)
    padded = -(-(frames - 1) * rest // output.sample_rate_hz)
    return per_frame + frames * per_frame + padded


def pcm_bytes(*, framing: Framing, output: OutputFacts) -> int:
    """The head, the samples, and the pad byte after an odd length."""
    samples = output.frames * output.channels * output.bits_per_sample // 8
    if framing is Framing.AIFF:
        head = _AIFF_HEAD_BYTES + (_AIFF_SPEAKERS_BYTES if output.channels > 2 else 0)
    elif output.bits_per_sample == 16 and output.channels <= 2:
        head = _WAV_HEAD_BYTES
    else:
        head = _WAV_EXTENSIBLE_HEAD_BYTES
    return head + samples + samples % 2


def usual_bytes(*, usual: Usual, master: MasterFacts, channels: int, frames: int) -> int:
    """What `frames` samples of the master, in so many channels, usually come to."""
    bits = _usual_bits_per_second(usual, master, channels) * frames // master.sample_rate_hz
    return max(1, bits // 8)


def _usual_bits_per_second(usual: Usual, master: MasterFacts, channels: int) -> int:
    kbps = usual.mono_kbps if channels == 1 else usual.stereo_kbps
    rate_hz = min(max(master.sample_rate_hz, USUAL_AT_HZ[0]), USUAL_AT_HZ[-1])
    above = max(1, bisect_left(USUAL_AT_HZ, rate_hz))
    lower_hz, upper_hz = USUAL_AT_HZ[above - 1], USUAL_AT_HZ[above]
    weighed = kbps[above - 1] * (upper_hz - rate_hz) + kbps[above] * (rate_hz - lower_hz)
    return 1000 * weighed // (upper_hz - lower_hz)
