"""Choosing the file: first the format, then how good; and what a recipe does to a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext

from pennywhistle.doors.storefront.choice_pages import Chooser, FamilyChoice, RecipeChoice
from pennywhistle.doors.storefront.words import advice, master_in_words, treatment_in_words
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Kind, Recipe
from pennywhistle.shop.encoding.rules import (
    Family,
    OutputFacts,
    get_recipe,
    is_offered,
    list_families,
    output_of,
    size_of,
    treatment_of,
)
from pennywhistle.shop.pricing.queries import Ticket, Window, price_release


def recipes_shown(tracks: Sequence[TrackFacts], chosen: Recipe) -> list[str]:
    """The recipes that a chooser over `tracks` has prices of: those of the chosen family, and of each
    other the one that stands for it."""
    codes = {chosen.code: None}
    for family in list_families():
        offered = _offered(family, tracks, chosen)
        shown = offered if family.title == chosen.family else _standing_for(offered, tracks)
        codes |= dict.fromkeys(recipe.code for recipe in shown)
    return list(codes)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is chosen among: files of `tracks`, which are a whole release or by themselves."""

    tracks: Sequence[TrackFacts]
    window: Window
    chosen: Recipe
    url: str
    is_whole: bool


def chooser(
    tracks: Sequence[TrackFacts],
    window: Window,
    chosen: Recipe,
    url: str,
    *,
    is_whole: bool = False,
) -> Chooser:
    """The choice over all of `tracks`, where `is_whole` at the price of the release bought whole.

    Its links lead to `url`. `window` as `recipes_shown` asks.
    """
    choice = _Choice(tracks, window, chosen, url, is_whole)
    families = [(family, _offered(family, tracks, chosen)) for family in list_families()]
    choices = {
        family.title: _family(choice, family, offered) for family, offered in families if offered
    }
    return Chooser(
        small=tuple(choices[f.title] for f, offered in families if offered and _is_small(f)),
        every_detail=tuple(
            choices[f.title] for f, offered in families if offered and not _is_small(f)
        ),
        family_title=chosen.family,
        recipes=tuple(
            _recipe(choice, recipe)
            for family, offered in families
            if family.title == chosen.family
            for recipe in offered
        ),
    )


def treatment_text(track: TrackFacts, code: str) -> str:
    """What the recipe does to this recording, said before anything is bought; empty for nothing."""
    recipe, master = get_recipe(code=code), facts_of(master=track.master)
    done = treatment_of(recipe=recipe, master=master)
    if not done:
        return ""
    words = treatment_in_words(done, output_of(recipe=recipe, master=master))
    return gettext("The recording is %(master)s. As %(recipe)s it is %(done)s.") % {
        "master": master_in_words(master),
        "recipe": recipe.title,
        "done": words,
    }


def treatments(tracks: Iterable[TrackFacts], code: str) -> tuple[str, ...]:
    """What the recipe does to these recordings, each sentence once."""
    said = (treatment_text(track, code) for track in tracks)
    return tuple(dict.fromkeys(text for text in said if text))


def treatment_of_all(tracks: Sequence[TrackFacts], recipe: Recipe) -> str:
    """What the recipe does to each of these recordings alike; empty where they differ."""
    said = {treatment_text(track, recipe.code) for track in tracks}
    return said.pop() if len(said) == 1 else ""


def _is_small(family: Family) -> bool:
    return family.kind is Kind.LOSSY


def _offered(family: Family, tracks: Sequence[TrackFacts], chosen: Recipe) -> list[Recipe]:
    """What of a family makes sense for one of the tracks, and what is chosen in any case.

    Of recipes that reduce all of them to the same, the first is enough.
    """
    offered: list[Recipe] = []
    seen: set[tuple[OutputFacts, ...]] = set()
    for recipe in family.recipes:
        made: tuple[OutputFacts, ...] = ()
        if recipe.kind is not Kind.LOSSY:
            made = tuple(_made_of(recipe, track) for track in tracks)
        makes_sense = made not in seen and any(_is_offered(recipe, track) for track in tracks)
        if makes_sense or recipe.code == chosen.code:
            offered.append(recipe)
            seen |= {made} - {()}
    return offered


def _made_of(recipe: Recipe, track: TrackFacts) -> OutputFacts:
    return output_of(recipe=recipe, master=facts_of(master=track.master))


def _is_offered(recipe: Recipe, track: TrackFacts) -> bool:
    return is_offered(recipe=recipe, master=facts_of(master=track.master))


def _standing_for(offered: Sequence[Recipe], tracks: Sequence[TrackFacts]) -> list[Recipe]:
    """The recipe whose price is told of its family, if there is any: what leaves the recording as it
    is, where the family has that, else the smallest."""
    whole = [recipe for recipe in offered if recipe.kind is Kind.LOSSLESS]
    return _smallest(whole or offered, tracks)


def _smallest(offered: Sequence[Recipe], tracks: Sequence[TrackFacts]) -> list[Recipe]:
    """The recipe whose file of the first track with one is the smallest, if there is any."""
    for track in tracks:
        known = [recipe for recipe in offered if _is_offered(recipe, track)]
        if known:
            master = facts_of(master=track.master)
            return [min(known, key=lambda one: size_of(recipe=one, master=master).bytes)]
    return []


def _family(choice: _Choice, family: Family, offered: Sequence[Recipe]) -> FamilyChoice:
    default = family.default if family.default in offered else offered[0]
    told = _standing_for(offered, choice.tracks)
    return FamilyChoice(
        anchor=f"format-{slugify(family.title)}",
        title=family.title,
        line=advice(family.title),
        url=f"{choice.url}?recipe={default.code}",
        is_chosen=family.title == choice.chosen.family,
        price=_price(choice, told[0]) if told else None,
        price_is_least=_is_small(family),
    )


def _recipe(choice: _Choice, recipe: Recipe) -> RecipeChoice:
    sold = _sold(choice, recipe)
    return RecipeChoice(
        code=recipe.code,
        title=recipe.title,
        line=gettext(recipe.summary),
        url=f"{choice.url}?recipe={recipe.code}",
        is_chosen=recipe.code == choice.chosen.code,
        size_bytes=sum(ticket.size_bytes for ticket in sold) if sold else None,
        size_is_exact=all(ticket.size_is_exact for ticket in sold),
        price=_price(choice, recipe),
        loses_nothing=recipe.kind is Kind.LOSSLESS,
    )


def _sold(choice: _Choice, recipe: Recipe) -> list[Ticket]:
    return [ticket for ticket in choice.window.tickets[recipe.code].values() if ticket.is_for_sale]


def _price(choice: _Choice, recipe: Recipe) -> Money | None:
    """What those that are for sale cost in a recipe: bought whole, only those the visitor lacks,
    unless they have them all. None where nothing is for sale."""
    window, tracks = choice.window, choice.tracks
    offer = None
    if choice.is_whole:
        offer = window.offer_whole(
            release_id=tracks[0].release.id,
            track_ids=[track.id for track in tracks],
            recipe=recipe.code,
        )
    if offer is not None:
        return offer.price
    sold = _sold(choice, recipe)
    return price_release(sold, currency=window.buyer.prices.currency) if sold else None
