"""Hostile masters: mutations of each format that is taken in, by a fuzzer with a seed.

Each is analysed, and encoded as if it had been taken in. It may be refused and its encode may fail,
in our own words; nothing may crash, hang, or be left behind.
"""

from __future__ import annotations

import contextlib
import errno
import random
import struct
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.analyse import Analysis, analyse
from pennywhistle.adapters.audio.encode import EncodeOrder, EncoderFailedError, encode
from pennywhistle.adapters.audio.heads import AudioFacts
from pennywhistle.adapters.audio.refusal import AudioRefusedError
from pennywhistle.adapters.tags.write import tag_block
from pennywhistle.shop.encoding.rules import MasterFacts, encoder_arguments, get_recipe
from tests.audio_samples import ALAC_16, CD, WAV_16, WAV_24, render
from tests.renditions import TAGS
from tests.soak import is_soak

pytestmark = pytest.mark.soak

MUTANTS = 200 if is_soak() else 10
ROUNDS = 10 if is_soak() else 1
# A second of music takes some hundredths of one; this is for a machine that has much else to do.
SECONDS_MAX = 60.0
RECIPES = ("mp3-192", "flac", "alac", "wav")

FORMATS = {
    "flac": ("master.flac", CD),
    "wav": ("master.wav", WAV_16),
    "wav-extensible": ("master.wav", WAV_24),
    "wav-rf64": ("master.wav", (*WAV_16, "-rf64", "always")),
    "aiff": ("master.aiff", ("-c:a", "pcm_s16be")),
    "alac": ("master.m4a", ALAC_16),
}

Mutation = Callable[[bytearray, random.Random], None]


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 8, 200))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_head(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 3, 10))):
        data[chance.randrange(min(200, len(data)))] = chance.randrange(256)


def lie_about_a_length(data: bytearray, chance: random.Random) -> None:
    """Four bytes of the head, or of the end where M4A has its index, become an extreme number."""
    number = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, len(data)))
    near = chance.choice((min(200, len(data)), len(data)))
    start = chance.choice((0, len(data) - near))
    at = start + chance.randrange(max(1, near - 4))
    data[at : at + 4] = struct.pack(chance.choice(("<I", ">I")), number & 0xFFFFFFFF)


def overwrite(data: bytearray, chance: random.Random) -> None:
    length = chance.choice((4, 64, 4096))
    at = chance.randrange(len(data))
    data[at : at + length] = chance.choice(
        (bytes(length), b"\xff" * length, chance.randbytes(length))
    )


def repeat(data: bytearray, chance: random.Random) -> None:
    at, length = chance.randrange(len(data)), chance.choice((8, 500, 20_000))
    data[at:at] = data[at : at + length] * chance.choice((1, 5))


def take_out(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 7, 4096))]


MUTATIONS: tuple[Mutation, ...] = (
    cut, flip_bits, flip_in_head, lie_about_a_length, overwrite, repeat, take_out,
)  # fmt: skip


def mutant(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if data:
            chance.choice(MUTATIONS)(data, chance)
    return bytes(data)


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        name: render(
            folder / f"{name}-{file}", *options, frequency_hz=440, seconds=0.4
        ).read_bytes()
        for name, (file, options) in FORMATS.items()
    }


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.parametrize("name", FORMATS)
def test_a_hostile_master_costs_itself_alone(
    name: str, seed: int, wholes: dict[str, bytes], tmp_path: Path
) -> None:
    chance = random.Random(f"{name} {seed}")
    path, work = tmp_path / FORMATS[name][0], tmp_path / "work"
    work.mkdir()
    path.write_bytes(wholes[name])
    honest = analyse(path=path)
    encode(order_for(honest, path, "flac", work), lambda _: None)
    before = descriptors()
    for number in range(MUTANTS):
        path.write_bytes(mutant(wholes[name], chance))
        began_at = time.monotonic()
        # What is taken in is encoded by its own facts; what is refused, as if it had slipped past.
        facts = analysed(path) or honest
        recipe = RECIPES[number % len(RECIPES)]
        with contextlib.suppress(EncoderFailedError):
            encode(order_for(facts, path, recipe, work), lambda _: None)
        assert time.monotonic() - began_at < SECONDS_MAX, f"mutant {number} of seed {seed}"
    assert list(work.iterdir()) == []
    assert descriptors() == before


@pytest.mark.parametrize("recipe", ["mp3-192", "vorbis-q6", "flac", "alac", "wav"])
def test_a_disk_that_fills_up_at_any_byte_ends_the_encode_and_leaves_nothing(
    recipe: str, wholes: dict[str, bytes], tmp_path: Path
) -> None:
    path, work = tmp_path / "master.wav", tmp_path / "work"
    work.mkdir()
    path.write_bytes(wholes["wav"])
    order = order_for(analyse(path=path), path, recipe, work)
    size_bytes = encode(order, lambda _: None).size_bytes
    before = descriptors()
    for room_bytes in (0, 1, 1000, size_bytes // 2, size_bytes - 1):
        left = room_bytes

        def disk(data: bytes) -> None:
            nonlocal left
            left -= len(data)
            if left < 0:
                raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(OSError, match="No space left"):
            encode(order, disk)
    assert list(work.iterdir()) == []
    assert descriptors() == before


def analysed(path: Path) -> Analysis | None:
    try:
        return analyse(path=path)
    except AudioRefusedError:
        return None


def order_for(analysis: Analysis, path: Path, code: str, work: Path) -> EncodeOrder:
    recipe = get_recipe(code=code)
    master = MasterFacts(
        analysis.frames,
        analysis.sample_rate_hz,
        analysis.bits_per_sample,
        analysis.channels,
        analysis.flac_md5,
        {},
    )
    return EncodeOrder(
        source=path,
        arguments=encoder_arguments(recipe=recipe, master=master),
        framing=recipe.framing.value,
        facts=AudioFacts(
            analysis.frames,
            analysis.sample_rate_hz,
            analysis.bits_per_sample,
            analysis.channels,
            analysis.flac_md5,
        ),
        render_tags=partial(tag_block, tags=TAGS, framing=recipe.framing.value),
        working_folder=work,
    )


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}
