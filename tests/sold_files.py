"""Half a second of music in every kind of file that the store sells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.adapters.tags.fields import Cover
from pennywhistle.shop.encoding.formats import Kind
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, order_for, render_master

LOSSLESS = ("flac", "alac", "wavpack", "wav", "aiff")
LOSSY = ("mp3-192", "mp3-v2", "opus-96", "vorbis-q6", "aac-256")


@dataclass(frozen=True, slots=True)
class SoldFiles:
    """By recipe. `pcm_sha256` is the hash of the master's samples."""

    paths: dict[str, Path]
    sample: Sample
    pcm_sha256: str

    def __getitem__(self, code: str) -> Path:
        return self.paths[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def sha256(self, code: str) -> str:
        """The hash of a whole file."""
        return hashlib.sha256(self[code].read_bytes()).hexdigest()


def make_sold_files(
    folder: Path,
    *,
    codes: tuple[str, ...],
    bits: int = 16,
    channels: int = 2,
    cover: Cover | None = None,
) -> SoldFiles:
    """Files with every tag, the hash of the samples in the lossless ones."""
    sample = render_master(folder / "master.wav", frames=22_050, bits=bits, channels=channels)
    pcm_sha256 = hashlib.sha256(sample.pcm).hexdigest()
    paths = {}
    for code in codes:
        recipe = get_recipe(code=code)
        is_lossless = recipe.kind is Kind.LOSSLESS
        tags = replace(TAGS, cover=cover, pcm_sha256=pcm_sha256 if is_lossless else None)
        paths[code] = folder / f"{code}.{recipe.extension}"
        with paths[code].open("wb") as file:
            encode(order_for(sample, recipe, folder, tags=tags), file.write)
    return SoldFiles(paths, sample, pcm_sha256)


@pytest.fixture(scope="module")
def sold_files(tmp_path_factory: pytest.TempPathFactory) -> SoldFiles:
    """One of each."""
    return make_sold_files(tmp_path_factory.mktemp("sold"), codes=LOSSLESS + LOSSY)
