"""Masters in 5.1 and in high resolution are taken in, measured, and offered in every recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.flows.measure_masters import measure_sizes
from pennywhistle.shop.catalogue.queries import MasterFacts, list_masters
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Kind
from pennywhistle.shop.encoding.rules import (
    Treatment,
    get_recipe,
    is_offered,
    list_recipes_for_sale,
    output_of,
    size_of,
    treatment_of,
)
from tests.audio_samples import HI_RES, WAV_16, WAV_24, render
from tests.dock import Dock
from tests.renditions import Sample, decode, order_for

pytestmark = pytest.mark.django_db


def take_in(
    dock: Dock, name: str, *options: str, rate_hz: int, channels: int
) -> tuple[MasterFacts, Path]:
    tags = {"artist": "Ann", "album": "Reels", "title": "The Kesh", "track": "1"}
    told: Sequence[str] = [
        word for key, said in tags.items() for word in ("-metadata", f"{key}={said}")
    ]
    path = render(
        dock.folder / name,
        *options,
        *told,
        frequency_hz=720,
        rate_hz=rate_hz,
        channels=channels,
        seconds=0.5,
    )
    dock.ingest(label_name="Lantern")
    (master,) = list_masters(after_id=0, limit=2)
    return master, path


@pytest.mark.parametrize(
    ("name", "options", "rate_hz", "channels"),
    [
        ("one.flac", HI_RES, 96_000, 6),
        ("one.wav", WAV_24, 192_000, 2),
        ("one.wav", WAV_16, 44_100, 6),
        ("one.flac", HI_RES, 88_200, 1),
    ],
)
def test_it_is_kept_as_it_is_and_offered_in_every_recipe_that_changes_something(
    dock: Dock, name: str, options: tuple[str, ...], rate_hz: int, channels: int
) -> None:
    master, _ = take_in(dock, name, *options, rate_hz=rate_hz, channels=channels)
    assert (master.channels, master.sample_rate_hz) == (channels, rate_hz)
    assert master.loudness_lufs is not None
    facts = facts_of(master=master)
    for recipe in list_recipes_for_sale():
        reduces = recipe.kind is not Kind.REDUCED or bool(treatment_of(recipe=recipe, master=facts))
        assert is_offered(recipe=recipe, master=facts) == reduces
        assert size_of(recipe=recipe, master=facts).bytes > 0
    sizes = measure_sizes(
        source=dock.masters.path(sha256=master.sha256),
        master_sha256=master.sha256,
        master=facts,
        working_folder=dock.working_folder,
    )
    assert sizes == {}


@pytest.mark.parametrize("code", ["flac", "alac", "wavpack", "wav", "aiff"])
def test_surround_comes_out_of_every_lossless_recipe_as_it_went_in(
    dock: Dock, tmp_path: Path, code: str
) -> None:
    master, path = take_in(dock, "one.flac", *HI_RES, rate_hz=48_000, channels=6)
    recipe, facts = get_recipe(code=code), facts_of(master=master)
    made = tmp_path / f"made.{recipe.extension}"
    with made.open("wb") as file:
        result = encode(order_for(Sample(path, b"", facts), recipe, tmp_path), file.write)
    assert result.audio_bytes == size_of(recipe=recipe, master=facts).bytes
    assert hashlib.sha256(decode(made, bits=24)).hexdigest() == master.pcm_sha256


def test_surround_is_mixed_down_for_what_carries_stereo(dock: Dock, tmp_path: Path) -> None:
    """Every channel of the sample carries the same tone, the right one at nine tenths of it."""
    master, path = take_in(dock, "one.wav", *WAV_16, rate_hz=48_000, channels=6)
    recipe, facts = get_recipe(code="mp3-320"), facts_of(master=master)
    assert treatment_of(recipe=recipe, master=facts) == (Treatment.MIXED_DOWN,)
    assert output_of(recipe=recipe, master=facts).channels == 2
    made = tmp_path / "made.mp3"
    with made.open("wb") as file:
        encode(order_for(Sample(path, b"", facts), recipe, tmp_path), file.write)
    loudest = max(abs(sample) for sample in memoryview(decode(made)).cast("h"))
    assert 0.38 < loudest / 32_768 < 0.42
