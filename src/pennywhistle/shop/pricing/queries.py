"""Reads of prices: what a shop window shows of some tracks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import SizeNotMeasuredError, get_recipe_for_sale, size_of
from pennywhistle.shop.licensing.queries import list_terms, track_ref
from pennywhistle.shop.licensing.rules import Coverage, Covered, Use, cover
from pennywhistle.shop.storefronts.rules import Prices, price_of


@dataclass(frozen=True, slots=True)
class Ticket:
    """One track in one recipe, as a shop window shows it: size, price, and whether it may be sold.

    The one place where prices for pages and for quotes come from, so that they are the same. Where
    the size has not been measured yet, `is_measured` is False, and size and price mean nothing.
    """

    track_id: int
    recipe: str
    size_bytes: int
    size_is_exact: bool
    price: Money
    coverage: Coverage
    is_measured: bool = True

    @property
    def is_for_sale(self) -> bool:
        """True where both rights are licensed for a download there and then, and the size is known."""
        return self.is_measured and isinstance(self.coverage, Covered)


@dataclass(frozen=True, slots=True)
class Window:
    """What a shop window shows of some tracks: tickets by recipe, then by track id.

    `preview_seconds` holds, by track id, how much may be heard of those that may: None is all of it.
    """

    tickets: dict[str, dict[int, Ticket]]
    preview_seconds: dict[int, int | None]

    @property
    def may_be_heard(self) -> frozenset[int]:
        """The ids of the tracks whose rights are both licensed for a preview there and then."""
        return frozenset(self.preview_seconds)


def list_window(
    *,
    tracks: Sequence[TrackFacts],
    recipe_codes: Sequence[str],
    prices: Prices,
    territory: str | None,
    instant: datetime,
) -> Window:
    """Tickets for several recipes at once, and which of the tracks may be heard.

    One query, however many tracks and recipes. Raises `UnknownRecipeError`.
    """
    refs = [track_ref(track) for track in tracks]
    licences = list_terms(tracks=refs)

    def covered(use: Use) -> dict[int, Coverage]:
        return {
            ref.track_id: cover(
                track=ref, use=use, territory=territory, instant=instant, licences=licences
            )
            for ref in refs
        }

    downloads, previews = covered(Use.DOWNLOAD), covered(Use.PREVIEW)
    recipes = [get_recipe_for_sale(code=code) for code in recipe_codes]
    return Window(
        tickets={
            recipe.code: {
                track.id: _ticket(track, recipe, prices, downloads[track.id]) for track in tracks
            }
            for recipe in recipes
        },
        preview_seconds={
            track_id: answer.preview_seconds
            for track_id, answer in previews.items()
            if isinstance(answer, Covered)
        },
    )


def price_release(tickets: Iterable[Ticket], *, currency: str) -> Money:
    """What the tracks that are for sale cost together."""
    return Money.total((ticket.price for ticket in tickets if ticket.is_for_sale), currency)


def _ticket(track: TrackFacts, recipe: Recipe, prices: Prices, coverage: Coverage) -> Ticket:
    try:
        size = size_of(recipe=recipe, master=facts_of(master=track.master))
    except SizeNotMeasuredError:
        nothing = prices.floor_per_track
        return Ticket(track.id, recipe.code, 0, False, nothing, coverage, is_measured=False)
    price = price_of(size_bytes=size.bytes, kind=recipe.priced_as, prices=prices)
    return Ticket(track.id, recipe.code, size.bytes, size.is_exact, price, coverage)
