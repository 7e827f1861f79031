"""Adding a recipe touches the table and its tests only: one more row is listed, sold and delivered."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from pennywhistle.adapters.tags.write import tag_block
from pennywhistle.flows.encode_rendition import encode_rendition
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import RECIPES, Recipe
from pennywhistle.shop.encoding.rules import (
    get_recipe,
    is_offered,
    list_families,
    list_recipes_for_sale,
    output_of,
)
from tests.cast import NOW
from tests.guards.house import ROOT
from tests.renditions import TAGS, decode
from tests.stocked_shop import stock_shop

# Files that may name a recipe: the table, what a shop shows first, the demo, made-up pages.
MAY_NAME_RECIPES = {
    "demo/seed.py",
    "doors/storefront/samples.py",
    "doors/storefront/samples_of_choice.py",
    "doors/storefront/shelves.py",
    "flows/hear_track.py",
    "shop/encoding/recipes.py",
}


def one_more(like: str, code: str, title: str, codec_arguments: tuple[str, ...]) -> Recipe:
    recipe = get_recipe(code=like)
    return replace(
        recipe, code=code, title=title, codec_arguments=codec_arguments, is_default=False
    )


VORBIS_Q1 = one_more("vorbis-q2", "vorbis-q1", "Ogg Vorbis q1", ("-c:a", "libvorbis", "-q:a", "1"))
FLAC_FAST = one_more("flac", "flac-fast", "FLAC, fast", ("-c:a", "flac", "-compression_level", "1"))


@pytest.mark.parametrize("added", [VORBIS_Q1, FLAC_FAST], ids=lambda recipe: recipe.code)
def test_a_row_of_the_table_is_all_that_a_recipe_needs(
    db: None,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    added: Recipe,
) -> None:
    monkeypatch.setitem(RECIPES, added.code, added)
    shop = stock_shop(tmp_path, settings)
    assert added in list_recipes_for_sale()
    assert any(added in family.recipes for family in list_families())
    track = get_track(track_id=shop.track_id)
    assert is_offered(recipe=added, master=facts_of(master=track.master))
    settings.LOCAL_COUNTRY = "DE"
    page = Client().get(f"/release/{track.release.slug}/", {"recipe": added.code})
    assert page.status_code == 200
    assert added.title in page.content.decode()
    (item_id,) = shop.sell(added.code)
    assert item_id
    wanted = shop.wants(added.code)
    made = encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert made is not None
    path = shop.outfit.renditions.find(**wanted.file)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == made.sha256
    output = output_of(recipe=added, master=facts_of(master=track.master))
    assert len(decode(path)) == output.frames * output.channels * 2
    assert tag_block(tags=TAGS, framing=added.framing.value)


def test_the_table_alone_knows_recipes_by_name() -> None:
    package = ROOT / "src" / "pennywhistle"
    named = re.compile("|".join(f'"{re.escape(code)}"' for code in RECIPES if "-" in code))
    naming = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    assert naming <= MAY_NAME_RECIPES
