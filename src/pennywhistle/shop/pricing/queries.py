"""Reads of prices: what a shop window shows of some tracks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import (
    SizeNotMeasuredError,
    get_recipe,
    get_recipe_for_sale,
    size_of,
)
from pennywhistle.shop.licensing.blocks import Blocks
from pennywhistle.shop.licensing.queries import compile_coverage, track_ref
from pennywhistle.shop.licensing.rules import (
    Coverage,
    Covered,
    Use,
)
from pennywhistle.shop.pricing.asked import AskedPrices, list_asked
from pennywhistle.shop.pricing.lowest import LowestPrices
from pennywhistle.shop.pricing.rules import (
    Ask,
    Held,
    NamedTerms,
    Priced,
    PriceKind,
    Reduction,
    Upgrade,
    Whole,
    price_asks,
    share_out,
)
from pennywhistle.shop.storefronts.rules import RECIPE_KINDS, Prices, Tier, price_of


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who looks at prices, as far as these go.

    `vat_percent` is of the buyer's country that day; `owned` holds what they have, by track id and
    then by recipe.
    """

    storefront_id: int
    prices: Prices
    vat_percent: Decimal = Decimal(0)
    tier: Tier | None = None
    owned: Mapping[int, Mapping[str, Held]] = field(default_factory=dict)

    def owns(self, track_id: int, recipe: str) -> bool:
        """True where they have that track in that recipe."""
        return recipe in self.owned.get(track_id, ())


@dataclass(frozen=True, slots=True)
class Ticket:
    """One track in one recipe, as a shop window shows it: size, price, and whether it may be sold.

    The one place where prices for pages and for quotes come from, so that they are the same. Where
    the size has not been measured yet, `is_measured` is False, and size and price mean nothing.
    `price` is what the track costs by itself, `priced` how it came about; both for the least of what
    may be named where `named` says that the listener names the price.
    """

    track_id: int
    recipe: str
    size_bytes: int
    size_is_exact: bool
    price: Money
    coverage: Coverage
    is_measured: bool = True
    priced: Priced | None = None
    named: NamedTerms | None = None

    @property
    def is_for_sale(self) -> bool:
        """True where both rights are licensed for a download there and then, and the size is known."""
        return self.is_measured and isinstance(self.coverage, Covered)

    @property
    def list_price(self) -> Money:
        """The price before reductions."""
        return self.price if self.priced is None else self.priced.ask.listed

    @property
    def reductions(self) -> tuple[Reduction, ...]:
        """What was taken off."""
        return () if self.priced is None else self.priced.reductions


@dataclass(frozen=True, slots=True)
class WholeOffer:
    """A release as one thing to buy: what is left of it to be had in one recipe.

    `price` is the sum of `lines`, which is what `asks` and `whole` come to; `singly` is what these
    tracks cost one by one.
    """

    price: Money
    singly: Money
    lines: tuple[Priced, ...]
    asks: tuple[Ask, ...]
    whole: Whole | None = None
    named: NamedTerms | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What a shop window shows of some tracks: tickets by recipe, then by track id.

    `preview_seconds` holds, by track id, how much may be heard of those that may: None is all of it.
    """

    tickets: dict[str, dict[int, Ticket]]
    preview_seconds: dict[int, int | None]
    buyer: Buyer
    asked: AskedPrices
    blocks: Blocks

    @property
    def may_be_heard(self) -> frozenset[int]:
        """The ids of the tracks whose rights are both licensed for a preview there and then."""
        return frozenset(self.preview_seconds)

    def offer_whole(
        self, *, release_id: int, track_ids: Sequence[int], recipe: str, named: Money | None = None
    ) -> WholeOffer | None:
        """A release of these tracks, all of them in the window, as one thing to buy.

        What the buyer has is left out, and None where nothing is left. Where some of it is not for
        sale, the rest is priced one by one.
        """
        return _offer_whole(self, release_id, [self.tickets[recipe][i] for i in track_ids], named)


def list_window(
    *,
    tracks: Sequence[TrackFacts],
    recipe_codes: Sequence[str],
    buyer: Buyer,
    territory: str | None,
    instant: datetime,
) -> Window:
    """Tickets for several recipes at once, and which of the tracks may be heard.

    Two queries, however many tracks and recipes. Raises `UnknownRecipeError`.
    """
    refs = [track_ref(track) for track in tracks]
    compiled = compile_coverage(tracks=refs)
    asked = list_asked(
        storefront_id=buyer.storefront_id,
        currency=buyer.prices.currency,
        release_ids=[track.release.id for track in tracks],
        instant=instant,
    )

    def covered(use: Use) -> dict[int, Coverage]:
        return {
            ref.track_id: compiled.cover(track=ref, use=use, territory=territory, instant=instant)
            for ref in refs
        }

    downloads, previews = covered(Use.DOWNLOAD), covered(Use.PREVIEW)
    lowest = LowestPrices(vat_percent=buyer.vat_percent, currency=buyer.prices.currency)
    recipes = [get_recipe_for_sale(code=code) for code in recipe_codes]
    return Window(
        tickets={
            recipe.code: {
                track.id: _ticket(track, recipe, buyer, asked, downloads[track.id], lowest)
                for track in tracks
            }
            for recipe in recipes
        },
        preview_seconds={
            track_id: answer.preview_seconds
            for track_id, answer in previews.items()
            if isinstance(answer, Covered)
        },
        buyer=buyer,
        asked=asked,
        blocks=compiled.blocks,
    )


class _Listed(NamedTuple):
    """What a track asks for in one recipe, and of how good a file."""

    price: Money
    kind: PriceKind
    suggested: Money
    size_bytes: int
    is_exact: bool
    rank: tuple[int, int]


def _listed(track: TrackFacts, recipe: Recipe, prices: Prices, asked: AskedPrices) -> _Listed:
    """Raises `SizeNotMeasuredError`."""
    size = size_of(recipe=recipe, master=facts_of(master=track.master))
    rank = RECIPE_KINDS.index(recipe.priced_as), size.bytes
    label = asked.of_track(track_id=track.id, release_id=track.release.id)
    if label is None or label.kind is PriceKind.SIZE:
        price = price_of(size_bytes=size.bytes, kind=recipe.priced_as, prices=prices)
        return _Listed(price, PriceKind.SIZE, price, size.bytes, size.is_exact, rank)
    return _Listed(label.amount, label.kind, label.suggested, size.bytes, size.is_exact, rank)


def _ticket(
    track: TrackFacts,
    recipe: Recipe,
    buyer: Buyer,
    asked: AskedPrices,
    coverage: Coverage,
    lowest: LowestPrices,
) -> Ticket:
    try:
        listed = _listed(track, recipe, buyer.prices, asked)
    except SizeNotMeasuredError:
        nothing = buyer.prices.floor_per_track
        return Ticket(track.id, recipe.code, 0, False, nothing, coverage, is_measured=False)
    needed = lowest.of(coverage) if isinstance(coverage, Covered) else None
    ask = Ask(
        track_id=track.id,
        release_id=track.release.id,
        label_id=track.release.label_id,
        recipe=recipe.code,
        listed=listed.price,
        kind=listed.kind,
        lowest=needed,
        upgrades=_upgrades(track, recipe, listed, buyer, asked),
    )
    (priced,) = price_asks(asks=[ask], tier=buyer.tier)
    is_named = listed.kind is PriceKind.NAMED
    return Ticket(
        track.id,
        recipe.code,
        listed.size_bytes,
        listed.is_exact,
        priced.price,
        coverage,
        priced=priced,
        named=NamedTerms(priced.price, listed.suggested) if is_named else None,
    )


def _upgrades(
    track: TrackFacts, recipe: Recipe, listed: _Listed, buyer: Buyer, asked: AskedPrices
) -> tuple[Upgrade, ...]:
    """What the buyer has of a track, where the recipe is better than all of it, the best first.

    Together it is worth the list price of the best today, and each no more than was paid for it: who
    got it for less pays the rest now. What a price stands on is named in full, so that none of it is
    given back from under it.
    """
    mine = []
    for code, held in buyer.owned.get(track.id, {}).items():
        try:
            owned = _listed(track, get_recipe(code=code), buyer.prices, asked)
        except SizeNotMeasuredError:
            continue
        if owned.rank >= listed.rank:
            return ()
        if held.paid.currency == owned.price.currency:
            mine.append((owned, held))
    mine.sort(key=lambda each: each[0].rank, reverse=True)
    upgrades, left = [], mine[0][0].price if mine else Money.zero(buyer.prices.currency)
    for _, held in mine:
        worth = min(left, held.paid)
        left -= worth
        if worth:
            upgrades.append(Upgrade(held.document, worth))
    return tuple(upgrades)


def _offer_whole(
    window: Window, release_id: int, tickets: Sequence[Ticket], named: Money | None
) -> WholeOffer | None:
    of_all = {ticket.track_id: ticket.priced.ask for ticket in tickets if ticket.priced is not None}
    left = [
        ticket.priced
        for ticket in tickets
        if ticket.is_for_sale
        and ticket.priced is not None
        and not window.buyer.owns(ticket.track_id, ticket.recipe)
    ]
    if not left:
        return None
    currency = window.buyer.prices.currency
    singly = Money.total((line.price for line in left), currency)
    asks, whole, terms = [line.ask for line in left], None, None
    is_complete = all(
        ticket.is_for_sale or window.buyer.owns(ticket.track_id, ticket.recipe)
        for ticket in tickets
    )
    if is_complete:
        terms = _named_whole(window, release_id, of_all, left, singly)
    if terms is not None:
        asks = name_whole(asks=asks, amount=terms.take(named))
    elif is_complete:
        whole = _whole(window, release_id, left[0].ask.recipe, of_all)
    lines = price_asks(asks=asks, wholes=[] if whole is None else [whole], tier=window.buyer.tier)
    return WholeOffer(
        price=Money.total((line.price for line in lines), currency),
        singly=singly,
        lines=tuple(lines),
        asks=tuple(asks),
        whole=whole,
        named=terms,
    )


def _whole(window: Window, release_id: int, recipe: str, asks: Mapping[int, Ask]) -> Whole | None:
    """The price of the whole: as its label fixed it, else the shop's, which is for releases that
    their labels priced in no way."""
    listed = {track_id: ask.listed for track_id, ask in asks.items()}
    label = window.asked.wholes.get(release_id)
    if label is not None:
        return Whole(release_id, recipe, label.amount, PriceKind.FIXED, listed)
    shop = window.buyer.prices.albums.get(get_recipe(code=recipe).priced_as)
    if shop is None or any(ask.kind is not PriceKind.SIZE for ask in asks.values()):
        return None
    return Whole(release_id, recipe, shop, PriceKind.ALBUM, listed)


def _named_whole(
    window: Window,
    release_id: int,
    asks: Mapping[int, Ask],
    left: Sequence[Priced],
    singly: Money,
) -> NamedTerms | None:
    """What may be named for what is left of a release, where its label lets the whole be named."""
    label = window.asked.wholes.get(release_id)
    if label is None or label.kind is not PriceKind.NAMED:
        return None
    weights = {str(track_id): ask.listed for track_id, ask in asks.items()}
    nothing = dict.fromkeys(weights, Money.zero(singly.currency))
    mine = {str(line.ask.track_id) for line in left}

    def part(amount: Money) -> Money:
        shares = share_out(total=amount, weights=weights, least=nothing, tie_key=str(release_id))
        return Money.total((shares[name] for name in mine), singly.currency)

    needed = Money.total((line.ask.least for line in left), singly.currency)
    return NamedTerms(least=max(part(label.amount), needed), suggested=part(label.suggested))


def name_whole(*, asks: Sequence[Ask], amount: Money) -> list[Ask]:
    """Tracks of a release for which the listener named a price: each asks for its share of it."""
    shares = share_out(
        total=amount,
        weights={str(ask.track_id): ask.listed for ask in asks},
        least={str(ask.track_id): ask.least for ask in asks},
        tie_key=f"{asks[0].release_id}/{asks[0].recipe}",
    )
    return [
        replace(ask, listed=shares[str(ask.track_id)], kind=PriceKind.NAMED, upgrades=())
        for ask in asks
    ]


def named_ask(*, ask: Ask, amount: Money) -> Ask:
    """The same track at the price that the listener named for it.

    Where that is below the least of who has none of it yet, it is this least less an upgrade.
    """
    if amount >= ask.listed:
        return replace(ask, listed=amount, upgrades=())
    left, upgrades = ask.listed - amount, []
    for upgrade in ask.upgrades:
        worth = min(left, upgrade.worth)
        left -= worth
        if worth:
            upgrades.append(replace(upgrade, worth=worth))
    return replace(ask, upgrades=tuple(upgrades))


def price_release(tickets: Iterable[Ticket], *, currency: str) -> Money:
    """What the tracks that are for sale cost one by one."""
    return Money.total((ticket.price for ticket in tickets if ticket.is_for_sale), currency)
