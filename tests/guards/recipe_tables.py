"""The tables of `docs/recipes.md`, made from the store's own table of recipes.

`python -m tests.guards.recipe_tables` (`make tables`) writes them into the page; a test finds a page
whose tables the recipes no longer make.
"""

from __future__ import annotations

from collections.abc import Callable

from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.encoding.recipes import RECIPES, USUAL_AT_HZ, Kind, Recipe, Sizing
from pennywhistle.shop.encoding.rules import (
    MasterFacts,
    Treatment,
    list_families,
    list_recipes_for_sale,
    output_of,
    size_of,
    treatment_of,
)
from tests.guards.house import ROOT
from tests.guards.tables import markdown_table, rewrite

PAGE = ROOT / "docs" / "recipes.md"

_SIZE_WORDS = {
    Sizing.EXACT: "by formula",
    Sizing.MEASURED: "measured",
    Sizing.NOMINAL: "about",
}
_KIND_WORDS = {
    Kind.LOSSY: "lossy",
    Kind.LOSSLESS: "lossless",
    Kind.REDUCED: "reduced, then lossless",
}
_CHANNEL_WORDS = {1: "mono", 2: "stereo", 6: "5.1"}
_DONE_WORDS = {
    Treatment.RESAMPLED: "resampled",
    Treatment.DITHERED: "dithered",
    Treatment.MIXED_DOWN: "mixed down",
}
# Three minutes of each kind of master; the measured sizes are of no matter here.
_MASTERS = tuple(
    MasterFacts(
        180 * rate_hz, rate_hz, bits, channels, "", dict.fromkeys(RECIPES, MeasuredSize(1, ""))
    )
    for rate_hz, bits, channels in (
        (22_050, 16, 1),
        (44_100, 16, 2),
        (48_000, 24, 2),
        (96_000, 24, 2),
        (176_400, 24, 2),
        (192_000, 24, 2),
        (48_000, 24, 6),
    )
)
# One of each family stands for all that treat a master alike.
_TREATING = ("mp3-192", "opus-128", "vorbis-q6", "aac-256", "flac-16-44", "flac-24-96", "flac")


def table_of_recipes() -> str:
    """Every recipe for sale: what it is, how its size is known, whether it streams."""
    rows = [
        (
            f"`{recipe.code}`",
            recipe.title,
            _KIND_WORDS[recipe.kind],
            f".{recipe.extension}",
            _SIZE_WORDS[recipe.sizing],
            "yes" if recipe.streams else "no",
        )
        for recipe in list_recipes_for_sale()
    ]
    return markdown_table("recipe | title | kind | file | size | streams", rows)


def table_of_reasons() -> str:
    """Why each family streams or not, each reason once."""
    rows = []
    for family in list_families():
        for reason in dict.fromkeys(recipe.streams_because for recipe in family.recipes):
            said = [recipe for recipe in family.recipes if recipe.streams_because == reason]
            streams = "yes" if said[0].streams else "no"
            rows.append((family.title, _first_and_last(said), streams, reason))
    return markdown_table("family | recipes | streams | why", rows)


def table_of_treatments() -> str:
    """What becomes of each kind of master."""
    head = " | ".join(["master", *(f"`{code}`" for code in _TREATING)])
    rows = [
        (_master_words(master), *(_treated(RECIPES[code], master) for code in _TREATING))
        for master in _MASTERS
    ]
    return markdown_table(head, rows)


def table_of_usual_bitrates() -> str:
    """What recipes of an "about" size usually come to, by the master's rate, stereo and mono."""
    head = " | ".join(["recipe", *(f"{rate_hz / 1000:g} kHz" for rate_hz in USUAL_AT_HZ)])
    rows = [
        (
            f"`{recipe.code}`",
            *(
                f"{stereo} · {mono}"
                for stereo, mono in zip(
                    recipe.usual.stereo_kbps, recipe.usual.mono_kbps, strict=True
                )
            ),
        )
        for recipe in RECIPES.values()
        if recipe.usual is not None
    ]
    return markdown_table(head, rows)


def table_of_sizes() -> str:
    """Three minutes of a compact disc's stereo, without what has to be measured."""
    master = _MASTERS[1]
    rows = []
    for recipe in list_recipes_for_sale():
        if recipe.sizing is not Sizing.MEASURED:
            size = size_of(recipe=recipe, master=master)
            about = "" if size.is_exact else "about "
            rows.append((f"`{recipe.code}`", f"{about}{size.bytes:,}"))
    return markdown_table("recipe | bytes", rows)


def _first_and_last(recipes: list[Recipe]) -> str:
    first, last = recipes[0].code, recipes[-1].code
    return f"`{first}`" if first == last else f"`{first}` to `{last}`"


def _master_words(master: MasterFacts) -> str:
    channels = _CHANNEL_WORDS[master.channels]
    return f"{master.bits_per_sample}-bit, {master.sample_rate_hz / 1000:g} kHz, {channels}"


def _treated(recipe: Recipe, master: MasterFacts) -> str:
    done = treatment_of(recipe=recipe, master=master)
    if not done:
        return "as it is"
    output = output_of(recipe=recipe, master=master)
    to = {
        Treatment.RESAMPLED: f" to {output.sample_rate_hz / 1000:g} kHz",
        Treatment.DITHERED: f" to {output.bits_per_sample} bit",
        Treatment.MIXED_DOWN: f" to {_CHANNEL_WORDS[output.channels]}",
    }
    return ", ".join(_DONE_WORDS[each] + to[each] for each in done)


TABLES: dict[str, Callable[[], str]] = {
    "recipes": table_of_recipes,
    "reasons": table_of_reasons,
    "treatments": table_of_treatments,
    "sizes": table_of_sizes,
    "usual bitrates": table_of_usual_bitrates,
}


if __name__ == "__main__":
    rewrite(PAGE, TABLES)
