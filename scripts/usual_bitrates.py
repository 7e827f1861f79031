"""What recipes of an "about" size usually come to: `python -m scripts.usual_bitrates FOLDER [RECIPE …]`.

Takes 20 seconds from the middle of every recording in a folder, brings them to each sample rate of
the table, in stereo and in mono, encodes them as the store would, and prints for each recipe the
median bitrates as rows for `shop/encoding/recipes.py`, and how many of the encodes come within 15 %
of them. One encoder at a time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import measure_audio_bytes
from pennywhistle.flows.encode_order import order_of
from pennywhistle.shop.encoding.recipes import RECIPES, USUAL_AT_HZ, Recipe
from pennywhistle.shop.encoding.rules import MasterFacts

SECONDS = 20
NEAR = 0.15
RECORDINGS_MAX = 100
_FFMPEG_SECONDS_MAX = 120
_SUFFIXES = {".wav", ".flac", ".aiff", ".m4a", ".ogg", ".opus", ".mp3"}
# 48 kHz shares the last column.
_MEASURED_AT_HZ = (*USUAL_AT_HZ, 48_000)

# kbit/s by channels and column.
Bitrates = dict[tuple[int, int], list[float]]


def measure(recordings: Sequence[Path], recipes: Sequence[Recipe]) -> dict[str, Bitrates]:
    """Every encode's bitrate, by recipe."""
    found: dict[str, Bitrates] = {recipe.code: defaultdict(list) for recipe in recipes}
    with tempfile.TemporaryDirectory(prefix="usual-") as name:
        folder = Path(name)
        for number, recording in enumerate(recordings, 1):
            sys.stderr.write(f"{number} of {len(recordings)}: {recording.name}\n")
            for master, facts in _masters(recording, folder):
                column = min(_MEASURED_AT_HZ.index(facts.sample_rate_hz), len(USUAL_AT_HZ) - 1)
                for recipe in recipes:
                    order = order_of(
                        recipe=recipe, master=facts, source=master, working_folder=folder
                    )
                    size = measure_audio_bytes(order)
                    kbps = size * 8 * facts.sample_rate_hz / facts.frames / 1000
                    found[recipe.code][facts.channels, column].append(kbps)
    return found


def report(code: str, bitrates: Bitrates) -> str:
    """The two rows of a recipe's table, and how many encodes lie near them."""
    rows = {
        channels: [round(median(bitrates[channels, at])) for at in range(len(USUAL_AT_HZ))]
        for channels in (2, 1)
    }
    near = [
        abs(rows[channels][at] / kbps - 1) <= NEAR
        for (channels, at), each in bitrates.items()
        for kbps in each
    ]
    share = f"{sum(near)} of {len(near)} within {NEAR:.0%}"
    return f"{code}: {tuple(rows[2])}, {tuple(rows[1])}  # {share}"


def _masters(recording: Path, folder: Path) -> Iterator[tuple[Path, MasterFacts]]:
    middle = folder / "middle.wav"
    starts_at = max(0.0, _length_seconds(recording) / 2 - SECONDS / 2)
    _ffmpeg("-ss", f"{starts_at:.3f}", "-i", str(recording), "-t", str(SECONDS), str(middle))
    for channels in (2, 1):
        for rate_hz in _MEASURED_AT_HZ:
            path = folder / "master.wav"
            form = ("-ac", str(channels), "-ar", str(rate_hz), "-c:a", "pcm_s16le")
            _ffmpeg("-i", str(middle), *form, str(path))
            with wave.open(str(path)) as file:
                frames = file.getnframes()
            yield path, MasterFacts(frames, rate_hz, 16, channels, "", {})


def _length_seconds(recording: Path) -> float:
    said = subprocess.run(
        [ffmpeg_path(), "-hide_banner", "-nostdin", "-i", str(recording)],
        check=False,
        capture_output=True,
        text=True,
        timeout=_FFMPEG_SECONDS_MAX,
    ).stderr
    hours, minutes, seconds = said.split("Duration: ")[1].split(",")[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *arguments],
        check=True,
        timeout=_FFMPEG_SECONDS_MAX,
    )


def main(arguments: Sequence[str]) -> None:
    """Measure the recipes named, or all of an "about" size."""
    folder, codes = Path(arguments[0]), arguments[1:]
    recordings = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    nominal = [recipe for recipe in RECIPES.values() if recipe.usual is not None]
    recipes = [RECIPES[code] for code in codes] if codes else nominal
    for code, bitrates in measure(recordings[:RECORDINGS_MAX], recipes).items():
        sys.stdout.write(report(code, bitrates) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
