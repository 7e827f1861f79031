"""Tiny real recordings, good and bad, made when the tests run.

Each tone has a frequency of its own, so that no two recordings hash alike unless they are meant to.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.binary import ffmpeg_path

_RENDER_TIMEOUT_SECONDS = 60
SECONDS = 2


def render(
    path: Path,
    *options: str,
    frequency_hz: int,
    rate_hz: int = 44_100,
    channels: int = 2,
    seconds: float = SECONDS,
) -> Path:
    """Write a tone to `path` in the format that its name and `options` ask for."""
    tone = f"0.4*sin(2*PI*{frequency_hz}*t)"
    source = "|".join([tone, f"0.9*{tone}", *[tone] * channels][:channels])
    layout = {1: "mono", 2: "stereo", 4: "quad", 6: "5.1"}[channels]
    return _encode(f"aevalsrc={source}:d={seconds}:s={rate_hz}:c={layout}", path, options=options)


def render_silence(path: Path) -> Path:
    """Write digital silence to `path`."""
    return _encode(f"anullsrc=r=44100:cl=stereo:d={SECONDS}", path, options=["-sample_fmt", "s16"])


def _encode(source: str, path: Path, *, options: Sequence[str]) -> Path:
    subprocess.run(
        [
            *(ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source),
            *("-bitexact", *options, f"file:{path}"),
        ],
        check=True,
        timeout=_RENDER_TIMEOUT_SECONDS,
    )
    return path


CD = ("-sample_fmt", "s16")
HI_RES = ("-sample_fmt", "s32", "-bits_per_raw_sample", "24")
WAV_16 = ("-c:a", "pcm_s16le")
WAV_24 = ("-c:a", "pcm_s24le")
WAV_FLOAT = ("-c:a", "pcm_f32le")
AIFF_16 = ("-c:a", "pcm_s16be")
AIFF_24 = ("-c:a", "pcm_s24be")
ALAC_16 = ("-c:a", "alac", "-sample_fmt", "s16p")
ALAC_24 = ("-c:a", "alac", "-sample_fmt", "s32p", "-bits_per_raw_sample", "24")
AAC = ("-c:a", "aac")

# Eighty letters of three scripts, the most that a file system takes in one name once they are UTF-8.
LONG_NAME = "Сказка о свистульке — penny whistle ☘ ティン・ホイッスル " + "lá " * 30


@pytest.fixture(scope="session")
def audio_samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Read-only recordings by name. Copy one before changing it."""
    folder = tmp_path_factory.mktemp("audio")
    samples = _good(folder) | _lossy(folder)
    return samples | _broken(folder, samples)


def _good(folder: Path) -> dict[str, Path]:
    return {
        "flac-16-44": render(folder / "one.flac", *CD, frequency_hz=440),
        "flac-24-96": render(folder / "two.flac", *HI_RES, frequency_hz=450, rate_hz=96_000),
        "flac-mono": render(folder / "mono.flac", *CD, frequency_hz=455, channels=1),
        "wav-16": render(folder / "three.wav", *WAV_16, frequency_hz=460),
        "wav-24": render(folder / "four.wav", *WAV_24, frequency_hz=470, rate_hz=48_000),
        "aiff-16": render(folder / "five.aiff", *AIFF_16, frequency_hz=480),
        "aiff-24": render(folder / "six.aif", *AIFF_24, frequency_hz=490),
        "alac-16": render(folder / "seven.m4a", *ALAC_16, frequency_hz=500),
        "alac-24": render(folder / "eight.m4a", *ALAC_24, frequency_hz=510, rate_hz=96_000),
        "odd-name": render(folder / f"{LONG_NAME[:80].strip()}.flac", *CD, frequency_hz=520),
        "flac-surround": render(folder / "nine.flac", *CD, frequency_hz=530, channels=6),
        "wav-surround": render(
            folder / "ten.wav", *WAV_24, frequency_hz=540, rate_hz=48_000, channels=6
        ),
        "aiff-surround": render(folder / "eleven.aiff", *AIFF_16, frequency_hz=550, channels=6),
        "alac-surround": render(folder / "twelve.m4a", *ALAC_16, frequency_hz=560, channels=6),
        "silence": render_silence(folder / "silence.flac"),
    }


def _lossy(folder: Path) -> dict[str, Path]:
    mp3 = render(folder / "lossy.mp3", frequency_hz=600)
    return {
        "mp3": mp3,
        "aac": render(folder / "lossy.m4a", *AAC, frequency_hz=610),
        "opus": render(folder / "lossy.opus", frequency_hz=620, rate_hz=48_000),
        "mp3-named-flac": _written(folder / "pretender.flac", mp3.read_bytes()),
        "wav-float": render(folder / "float.wav", *WAV_FLOAT, frequency_hz=630),
        "flac-quad": render(folder / "quad.flac", *CD, frequency_hz=640, channels=4),
    }


def _broken(folder: Path, samples: dict[str, Path]) -> dict[str, Path]:
    broken = {
        "empty": _written(folder / "empty.flac", b""),
        "text-named-wav": _written(folder / "notes.wav", b"Mastered on a rainy Tuesday.\n" * 40),
        "flac-named-wav": _written(folder / "liar.wav", samples["flac-16-44"].read_bytes()),
    }
    for name in ("flac-16-44", "wav-16", "aiff-16", "alac-16"):
        whole = samples[name]
        kept = whole.read_bytes()[: whole.stat().st_size * 2 // 3]
        broken[f"truncated-{name}"] = _written(folder / f"cut-{whole.name}", kept)
    flac = bytearray(samples["flac-16-44"].read_bytes())
    broken["wrong-md5"] = _written(folder / "md5.flac", flac[:26] + bytes(range(16)) + flac[42:])
    middle = len(flac) // 2
    flac[middle : middle + 40] = bytes(octet ^ 0x5A for octet in flac[middle : middle + 40])
    broken["corrupt-frame"] = _written(folder / "corrupt.flac", flac)
    return broken


def _written(path: Path, content: bytes | bytearray) -> Path:
    path.write_bytes(content)
    return path
