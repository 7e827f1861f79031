"""Other tags without another encode: the bytes are those of a fresh encode, for every recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.encode import EncodeOrder, EncodeResult, EncoderFailedError, encode
from pennywhistle.adapters.audio.retag import retag
from pennywhistle.shop.encoding.recipes import RECIPES, Recipe
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, draw_cover, order_for, render_master

# One of each framing, and a file that was encoded first.
ONE_OF_EACH = (
    *("mp3-192", "mp3-v2", "flac", "flac-16-44", "wav", "aiff"),
    *("wavpack", "opus-96", "vorbis-q4", "aac-128", "alac"),
)
EACH_FRAMING = pytest.mark.parametrize("code", ONE_OF_EACH)

# Some Ogg pages of cover, and the most that the house puts into a file.
SMALL_COVER = draw_cover(side=200)
LARGE_COVER = replace(SMALL_COVER, data=SMALL_COVER.data + bytes(1_000_000 - len(SMALL_COVER.data)))
OTHER_TAGS = replace(
    TAGS,
    title="A longer title, of odd length",
    lyrics="Verse\n" * 999,
    cover=LARGE_COVER,
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("retag")
    return render_master(folder / "master.wav", frames=40_001, rate_hz=48_000, bits=24)


def written(path: Path, make: Callable[..., EncodeResult], *arguments: object) -> EncodeResult:
    with path.open("wb") as file:
        return make(*arguments, file.write)


def without_encoder(order: EncodeOrder) -> EncodeOrder:
    return replace(order, source=Path("/nowhere/at/all.wav"))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.code)
def test_a_file_tagged_anew_is_that_of_a_fresh_encode(
    recipe: Recipe, sample: Sample, tmp_path: Path
) -> None:
    plain = order_for(sample, recipe, tmp_path, tags=replace(TAGS, cover=SMALL_COVER))
    other = order_for(sample, recipe, tmp_path, tags=OTHER_TAGS)
    fresh_plain = written(tmp_path / "plain", encode, plain)
    fresh_other = written(tmp_path / "other", encode, other)
    assert fresh_plain.sha256 != fresh_other.sha256
    for order, sibling, fresh in (
        (other, "plain", fresh_other),
        (plain, "other", fresh_plain),
        (plain, "plain", fresh_plain),
    ):
        again = written(tmp_path / "again", retag, without_encoder(order), tmp_path / sibling)
        assert again == fresh
        assert again.cpu_ms is None


@EACH_FRAMING
def test_tags_may_go_and_come_back(code: str, sample: Sample, tmp_path: Path) -> None:
    recipe = get_recipe(code=code)
    tagged = order_for(sample, recipe, tmp_path, tags=OTHER_TAGS)
    bare = order_for(sample, recipe, tmp_path, tags=replace(TAGS, lyrics=None, comment=None))
    fresh = written(tmp_path / "1", encode, tagged)
    written(tmp_path / "2", retag, without_encoder(bare), tmp_path / "1")
    back = written(tmp_path / "3", retag, without_encoder(tagged), tmp_path / "2")
    assert back == fresh


@EACH_FRAMING
def test_a_sibling_that_was_cut_off_is_refused(code: str, sample: Sample, tmp_path: Path) -> None:
    order = order_for(sample, get_recipe(code=code), tmp_path)
    written(tmp_path / "whole", encode, order)
    whole = (tmp_path / "whole").read_bytes()
    cuts = {0, 3, 9, 30, len(order.tag_block) + 20}
    if order.audio_bytes is not None or order.framing in ("wavpack", "ogg-opus", "ogg-vorbis"):
        # What tells its own length, or was promised one, is held to it.
        cuts |= {len(whole) // 2 + 1}
    for cut in cuts:
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(EncoderFailedError):
            retag(without_encoder(order), tmp_path / "cut", lambda _: None)


@EACH_FRAMING
def test_a_sibling_in_another_format_is_refused(code: str, sample: Sample, tmp_path: Path) -> None:
    order = order_for(sample, get_recipe(code=code), tmp_path)
    (tmp_path / "other").write_bytes(b"Mastered on a rainy Tuesday.\n" * 40)
    with pytest.raises(EncoderFailedError):
        retag(without_encoder(order), tmp_path / "other", lambda _: None)
