"""The one ffmpeg that this house runs: the static build in the imageio-ffmpeg wheel."""

from __future__ import annotations

import subprocess
from functools import cache

import imageio_ffmpeg

_VERSION_TIMEOUT_SECONDS = 20


class EncoderMissingError(RuntimeError):
    """There is no ffmpeg that runs on this machine."""


@cache
def ffmpeg_path() -> str:
    """The path of the ffmpeg binary. `IMAGEIO_FFMPEG_EXE` overrides it, as that library documents.

    https://github.com/imageio/imageio-ffmpeg#environment-variables
    """
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise EncoderMissingError(
            "no ffmpeg was found for this machine; install the imageio-ffmpeg wheel for its "
            "platform, or name a binary in IMAGEIO_FFMPEG_EXE"
        ) from error


@cache
def encoder_version() -> str:
    """Which ffmpeg this is, as it says itself: `ffmpeg n9.0.2`. Part of a rendition's identity.

    Raises `EncoderMissingError` where the binary does not start.
    """
    return _version_of(start_encoder())


def start_encoder() -> str:
    """Start it to say who it is. Raises `EncoderMissingError` where it does not."""
    try:
        answer = subprocess.run(
            [ffmpeg_path(), "-hide_banner", "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EncoderMissingError(f"{ffmpeg_path()} does not start: {error}") from error
    return answer.stdout.decode("utf-8", "replace")


def _version_of(banner: str) -> str:
    """`ffmpeg version n9.0.2 Copyright …` → `ffmpeg n9.0.2`."""
    words = banner.split(maxsplit=3)
    if len(words) < 3 or words[:2] != ["ffmpeg", "version"]:
        raise EncoderMissingError(
            f"{ffmpeg_path()} does not answer as ffmpeg does: {banner[:80]!r}"
        )
    return f"ffmpeg {words[2]}"
