"""A whole basket at today's prices: what its page shows, and what a quote freezes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pennywhistle.shop.catalogue.queries import TrackFacts, list_tracks, list_tracks_of_releases
from pennywhistle.shop.pricing.queries import Buyer, Ticket, Window, list_window, named_ask
from pennywhistle.shop.pricing.rules import (
    Ask,
    BasketItem,
    NamedTerms,
    Priced,
    PromotionTerms,
    Whole,
    price_asks,
)

Contents = Mapping[BasketItem, Sequence[TrackFacts]]


@dataclass(frozen=True, slots=True)
class PricedTrack:
    """One track that a basket holds in one recipe; `priced` is None where it is not for sale."""

    track: TrackFacts
    ticket: Ticket
    priced: Priced | None


@dataclass(frozen=True, slots=True)
class PricedItem:
    """One thing in a basket: all its `tracks`, and what of them it adds to the basket.

    What the buyer owns in that recipe, and what another thing in the basket brings, it does not add.
    `is_owned` where all of it is the buyer's. `named` says what they may name for it.
    """

    item: BasketItem
    tracks: tuple[TrackFacts, ...]
    adds: tuple[PricedTrack, ...]
    is_owned: bool
    named: NamedTerms | None = None


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket with its prices, in its own order; what has left the catalogue is left out."""

    items: tuple[PricedItem, ...]
    buyer: Buyer

    @property
    def lines(self) -> list[PricedTrack]:
        """Every track that would be bought."""
        return [line for item in self.items for line in item.adds]


@dataclass
class _Counter:
    """What is on the counter while a basket is looked through."""

    window: Window
    asks: dict[tuple[int, str], Ask] = field(default_factory=dict)
    wholes: list[Whole] = field(default_factory=list)
    named: dict[BasketItem, NamedTerms] = field(default_factory=dict)
    claimed: dict[tuple[int, str], BasketItem] = field(default_factory=dict)


def open_basket(*, items: Sequence[BasketItem]) -> Contents:
    """The tracks of each thing in the basket's order; what has left the catalogue has none.

    Two queries at most.
    """
    singles = [item.id for item in items if item.kind == "track"]
    releases = [item.id for item in items if item.kind == "release"]
    by_id = {track.id: track for track in list_tracks(track_ids=singles)} if singles else {}
    whole = list_tracks_of_releases(release_ids=releases) if releases else []
    return {
        item: [by_id[item.id]]
        if item.kind == "track" and item.id in by_id
        else [track for track in whole if item.kind == "release" and track.release.id == item.id]
        for item in items
    }


def price_basket(
    *,
    contents: Contents,
    buyer: Buyer,
    promotion: PromotionTerms | None,
    territory: str | None,
    instant: datetime,
) -> PricedBasket:
    """Price a basket. A release is bought whole; a track that it holds too is paid for once.

    `contents` is as `open_basket` gives it. Two queries, however much is in it. Raises
    `UnknownRecipeError`.
    """
    window = list_window(
        tracks=list({track.id: track for held in contents.values() for track in held}.values()),
        recipe_codes=list(dict.fromkeys(item.recipe for item in contents)),
        buyer=buyer,
        territory=territory,
        instant=instant,
    )
    counter = _Counter(window)
    # A release first: what it holds is cheaper so, and counts once.
    for item in sorted(contents, key=lambda item: item.kind != "release"):
        _take(counter, item, contents[item])
    lines = price_asks(
        asks=list(counter.asks.values()),
        wholes=counter.wholes,
        tier=buyer.tier,
        promotion=promotion,
    )
    priced = {(line.ask.track_id, line.ask.recipe): line for line in lines}
    return PricedBasket(
        items=tuple(
            PricedItem(
                item=item,
                tracks=tuple(held),
                adds=tuple(
                    PricedTrack(
                        track,
                        window.tickets[item.recipe][track.id],
                        priced.get((track.id, item.recipe)),
                    )
                    for track in held
                    if counter.claimed.get((track.id, item.recipe)) == item
                ),
                is_owned=all(buyer.owns(track.id, item.recipe) for track in held),
                named=counter.named.get(item),
            )
            for item, held in contents.items()
            if held
        ),
        buyer=buyer,
    )


def _take(counter: _Counter, item: BasketItem, tracks: Sequence[TrackFacts]) -> None:
    """Put on the counter what this thing adds to those before it."""
    window, recipe = counter.window, item.recipe
    mine = [
        track.id
        for track in tracks
        if (track.id, recipe) not in counter.claimed and not window.buyer.owns(track.id, recipe)
    ]
    counter.claimed |= {(track_id, recipe): item for track_id in mine}
    if item.kind == "release":
        _take_whole(counter, item, [track.id for track in tracks])
        return
    for track_id in mine:
        ticket = window.tickets[recipe][track_id]
        if ticket.priced is None or not ticket.is_for_sale:
            continue
        ask = ticket.priced.ask
        if ticket.named is not None:
            counter.named[item] = ticket.named
            ask = named_ask(ask=ask, amount=ticket.named.take(item.named))
        counter.asks[track_id, recipe] = ask


def _take_whole(counter: _Counter, item: BasketItem, track_ids: Sequence[int]) -> None:
    offer = counter.window.offer_whole(
        release_id=item.id, track_ids=track_ids, recipe=item.recipe, named=item.named
    )
    if offer is None:
        return
    if offer.named is not None:
        counter.named[item] = offer.named
    if offer.whole is not None:
        counter.wholes.append(offer.whole)
    for line in offer.asks:
        counter.asks[line.track_id, line.recipe] = line
