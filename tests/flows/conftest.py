"""What the flows' tests share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.audio_samples import audio_samples
from tests.deliveries import Sheet, deliver, picture
from tests.dock import Dock, build_dock

__all__ = ["audio_samples"]


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    """An empty folder and empty stores."""
    return build_dock(tmp_path)


@pytest.fixture
def album(dock: Dock, audio_samples: dict[str, Path]) -> Dock:
    """Four good tracks, one of each container, with a cover."""
    for number, (sample, name) in enumerate(
        [
            ("flac-24-96", "01 Lamp Black.flac"),
            ("wav-16", "02 Old Oil.wav"),
            ("aiff-16", "03 Wick.aiff"),
            ("alac-16", "04 Glim — ☘.m4a"),
        ],
        start=1,
    ):
        sheet = replace(Sheet(), title=f"Tune {number}", number=str(number))
        isrc = f"GBZZZ26{number:05}"
        deliver(audio_samples[sample], dock.folder, name, replace(sheet, isrc=isrc))
    (dock.folder / "cover.jpg").write_bytes(picture())
    return dock
