"""Law 5, tried: every recipe, every kind of master, the same bytes however they are made.

`make test` takes a covering part: each framing with each master, each recipe with some. `make soak`
takes all of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import encode
from pennywhistle.shop.encoding.recipes import RECIPES, Framing, Kind, Recipe
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe, output_of
from tests.renditions import Sample, decode, order_for, render_master
from tests.soak import is_soak

pytestmark = [pytest.mark.soak, pytest.mark.slow]

_TIMEOUT_SECONDS = 600
# Besides the machine's own: no instruction set, and what every machine of the last years has.
CPU_FLAGS = ("0", "sse4.2")

TONES = {
    "stereo": {"frames": 100_001},
    "short": {"frames": 1_000},
    "one sample": {"frames": 1},
    "mono": {"frames": 50_003, "channels": 1},
    "24 bit 96 kHz": {"frames": 60_007, "rate_hz": 96_000, "bits": 24},
    "24 bit 192 kHz mono": {"frames": 40_009, "rate_hz": 192_000, "bits": 24, "channels": 1},
    "5.1": {"frames": 30_011, "rate_hz": 48_000, "bits": 24, "channels": 6},
}
SOUNDS = {
    # Pure tones, at which FMA rounds FLAC's predictor otherwise unless it is held back.
    "sweep": "aevalsrc=0.4*sin(2*PI*(200+400*t)*t)|0.4*sin(2*PI*(200+300*t)*t):s=44100:d=1",
    "silence": "anullsrc=r=44100:cl=stereo:d=1",
    # No sample is quieter than another on the average, and many are at full scale.
    "noise": "aevalsrc=1.2*(2*random(0)-1)|1.2*(2*random(1)-1):s=44100:d=1",
}
LONG = "long"
LONG_SECONDS = 40
MASTERS = (*TONES, *SOUNDS)


def pairs() -> list[tuple[str, str]]:
    """Recipe and master: all of them, or a covering part."""
    seen: set[Framing] = set()
    turn = count()
    chosen = []
    for recipe in RECIPES.values():
        every = is_soak() or recipe.framing not in seen or recipe.kind is Kind.LOSSLESS
        seen.add(recipe.framing)
        chosen += [(recipe.code, name) for name in MASTERS if every or next(turn) % 6 == 0]
    long = {recipe.framing: recipe.code for recipe in RECIPES.values()}
    return chosen + [(code, LONG) for code in (RECIPES if is_soak() else long.values())]


PAIRS = pytest.mark.parametrize(("code", "name"), pairs())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identity")


@pytest.fixture(scope="module")
def masters(folder: Path) -> dict[str, Sample]:
    tones = {name: render_master(folder / f"{name}.wav", **is_) for name, is_ in TONES.items()}
    sounds = {name: rendered(folder / f"{name}.wav", source) for name, source in SOUNDS.items()}
    long = render_master(folder / "long.wav", frames=LONG_SECONDS * 44_100 + 7)
    return {**tones, **sounds, LONG: long}


def rendered(path: Path, source: str) -> Sample:
    subprocess.run(
        [
            *(ffmpeg_path(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", source),
            *("-c:a", "pcm_s16le", "-bitexact", path),
        ],
        check=True,
        timeout=_TIMEOUT_SECONDS,
    )
    pcm = decode(path)
    md5 = hashlib.md5(pcm, usedforsecurity=False).hexdigest()
    return Sample(path, pcm, MasterFacts(len(pcm) // 4, 44_100, 16, 2, md5, {}))


@pytest.fixture(scope="module")
def made_elsewhere(masters: dict[str, Sample], folder: Path) -> dict[str, str]:
    """The SHA-256 of every pair, by another process."""
    facts = {
        name: (
            *(sample.facts.frames, sample.facts.sample_rate_hz, sample.facts.bits_per_sample),
            *(sample.facts.channels, sample.facts.flac_md5),
        )
        for name, sample in masters.items()
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.audio.identity_elsewhere", folder],
        input=json.dumps({"pairs": pairs(), "facts": facts}),
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@PAIRS
def test_a_recipe_makes_the_same_bytes_of_a_master_in_any_process_on_any_machine(
    code: str, name: str, masters: dict[str, Sample], made_elsewhere: dict[str, str], tmp_path: Path
) -> None:
    sample, recipe = masters[name], get_recipe(code=code)
    order = order_for(sample, recipe, tmp_path)
    path = tmp_path / f"rendition.{recipe.extension}"
    with path.open("wb") as file:
        here = encode(order, file.write)
    assert made_elsewhere[f"{code} {name}"] == here.sha256
    for flags in CPU_FLAGS if is_soak() or name != LONG else CPU_FLAGS[1:]:
        assert encode(replace(order, cpu_flags=flags), lambda _: None) == here, flags
    check_what_it_decodes_to(path, sample, recipe)


def check_what_it_decodes_to(path: Path, sample: Sample, recipe: Recipe) -> None:
    """As long as it should be, whoever decodes it, and the master's samples where it says so."""
    output = output_of(recipe=recipe, master=sample.facts)
    pcm = decode(path, bits=output.bits_per_sample)
    # ffmpeg 9 begins or ends an Ogg Vorbis elsewhere if its music fits on one page, which holds a
    # second. oggdec does not.
    if recipe.framing is not Framing.OGG_VORBIS or output.frames > output.sample_rate_hz:
        assert len(pcm) == output.frames * output.channels * output.bits_per_sample // 8
    if recipe.kind is Kind.LOSSLESS:
        assert pcm == sample.pcm
    for program in OTHER_DECODERS.get(recipe.framing, ()):
        found = decoded_by(program, path, path.with_name("decoded.wav"))
        if found is not None:
            assert len(found) == output.frames * output.channels * 2, program
            if recipe.kind is Kind.LOSSLESS and output.bits_per_sample == 16:
                assert found == sample.pcm, program


# Other people's decoders by framing: program, arguments; each writes a WAV, read back as 16 bit.
OTHER_DECODERS: dict[Framing, tuple[tuple[str, ...], ...]] = {
    Framing.FLAC: (("flac", "--decode", "--silent", "--force", "-o", "{out}", "{in}"),),
    Framing.MP3_CBR: (
        ("mpg123", "--quiet", "--wav", "{out}", "{in}"),
        ("lame", "--quiet", "--decode", "{in}", "{out}"),
    ),
    Framing.MP3_VBR: (
        ("mpg123", "--quiet", "--wav", "{out}", "{in}"),
        ("lame", "--quiet", "--decode", "{in}", "{out}"),
    ),
    Framing.OGG_OPUS: (("opusdec", "--quiet", "--no-dither", "{in}", "{out}"),),
    Framing.OGG_VORBIS: (("oggdec", "--quiet", "--output", "{out}", "{in}"),),
    Framing.WAVPACK: (("wvunpack", "-q", "-y", "-m", "{in}", "-o", "{out}"),),
}


def decoded_by(program: tuple[str, ...], source: Path, out: Path) -> bytes | None:
    """The samples that another decoder finds, or None where it is not installed."""
    if shutil.which(program[0]) is None:
        return None
    subprocess.run(
        [word.replace("{in}", str(source)).replace("{out}", str(out)) for word in program],
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )
    return decode(out)
