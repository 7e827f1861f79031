"""What the command's tests share."""

from __future__ import annotations

from tests.audio_samples import audio_samples

__all__ = ["audio_samples"]
