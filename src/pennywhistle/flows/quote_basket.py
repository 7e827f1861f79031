"""Freeze an offer over a basket: size, price, tax, territory, licences (law 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pennywhistle.shop.catalogue.queries import TrackFacts, list_tracks, list_tracks_of_release
from pennywhistle.shop.library.queries import list_owned_pairs
from pennywhistle.shop.licensing.rules import Covered
from pennywhistle.shop.pricing.queries import Ticket, list_window
from pennywhistle.shop.royalties.rules import RoyaltyError, Shares, divide_price, share_tie_key
from pennywhistle.shop.sales.operations import store_quote
from pennywhistle.shop.sales.queries import QuoteFacts, find_quote, get_quote
from pennywhistle.shop.sales.rules import (
    Evidence,
    NotForSaleError,
    Offer,
    OfferLine,
    UnpaidPriceError,
    check_basket_size,
    decide_territory,
)
from pennywhistle.shop.sales.vat import NO_TAX, UNTOLD, Seller, Tax, tax_of
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront
from pennywhistle.shop.storefronts.rules import Prices


@dataclass(frozen=True, slots=True)
class BasketItem:
    """What a basket holds: `kind` is `track` or `release`, `id` its number, `recipe` a code."""

    kind: str
    id: int
    recipe: str


def quote_basket(
    *,
    quote_id: UUID,
    person_id: int,
    items: Sequence[BasketItem],
    domain: str,
    evidence: Sequence[Evidence],
    now: datetime,
    seller: Seller = UNTOLD,
) -> QuoteFacts:
    """Quote `items` for a person; what they own already is left out, each thing counts once.

    Quoting under an id of theirs again gives that offer as it was frozen, whatever `items` says.
    Transaction: one short insert at the end. Raises `TerritoryUnknownError`, `NotForSaleError`
    with a reason for each track, `UnpaidPriceError`, `EmptyBasketError`, `BasketTooLargeError`.
    """
    if (frozen := find_quote(quote_id=quote_id, person_id=person_id)) is not None:
        return frozen
    shop = get_shopfront(domain=domain, now=now)
    territory = decide_territory(evidence=evidence, needed=shop.evidence_needed)
    if territory not in shop.territories:
        raise NotForSaleError([f"This shop does not sell in {territory}."])
    wanted = _without_owned(_open_releases(items), person_id)
    check_basket_size(lines=len(wanted))
    tickets = _tickets(wanted, shop.prices, territory, now)
    _check_for_sale(wanted, tickets)
    tax = NO_TAX
    if shop.collects_vat:
        tax = tax_of(territory=territory, day=now.date(), seller=seller)
    shares = _shares(wanted, tickets, tax.percent, quote_id)
    lines = tuple(
        _line(tickets[track.id, recipe], tax, shares[track.id, recipe]) for track, recipe in wanted
    )
    offer = _offer(shop, territory, evidence, lines)
    store_quote(quote_id=quote_id, person_id=person_id, offer=offer, now=now)
    return get_quote(quote_id=quote_id, person_id=person_id)


def _open_releases(items: Sequence[BasketItem]) -> list[tuple[TrackFacts, str]]:
    """(track, recipe) of everything in the basket, each once, in the basket's order."""
    singles = {
        track.id: track
        for track in list_tracks(track_ids=[item.id for item in items if item.kind == "track"])
    }
    wanted: dict[tuple[int, str], TrackFacts] = {}
    for item in items:
        if item.kind == "release":
            tracks = list_tracks_of_release(release_id=item.id)
        else:
            tracks = [singles[item.id]] if item.id in singles else []
        for track in tracks:
            wanted.setdefault((track.id, item.recipe), track)
    return [(track, recipe) for (_, recipe), track in wanted.items()]


def _without_owned(
    wanted: list[tuple[TrackFacts, str]], person_id: int
) -> list[tuple[TrackFacts, str]]:
    owned = list_owned_pairs(person_id=person_id, track_ids=[track.id for track, _ in wanted])
    return [(track, recipe) for track, recipe in wanted if (track.id, recipe) not in owned]


def _tickets(
    wanted: list[tuple[TrackFacts, str]], prices: Prices, territory: str, now: datetime
) -> dict[tuple[int, str], Ticket]:
    window = list_window(
        tracks=list({track.id: track for track, _ in wanted}.values()),
        recipe_codes=list(dict.fromkeys(recipe for _, recipe in wanted)),
        prices=prices,
        territory=territory,
        instant=now,
    )
    return {(track.id, recipe): window.tickets[recipe][track.id] for track, recipe in wanted}


def _check_for_sale(
    wanted: list[tuple[TrackFacts, str]], tickets: dict[tuple[int, str], Ticket]
) -> None:
    reasons = []
    for track, recipe in wanted:
        if track.release.state != "live":
            reasons.append(f"{track.title} is not on the shelves")
        elif not tickets[track.id, recipe].is_measured:
            reasons.append(f"the size of {track.title} in this format is not measured yet")
        elif not tickets[track.id, recipe].is_for_sale:
            reasons.append(f"{track.title} is not licensed for sale in your country now")
    if reasons:
        raise NotForSaleError(reasons)


def _shares(
    wanted: list[tuple[TrackFacts, str]],
    tickets: dict[tuple[int, str], Ticket],
    percent: Decimal,
    quote_id: UUID,
) -> dict[tuple[int, str], Shares]:
    """How each price divides. One that cannot pay what it owes is refused by its track's name."""
    shares, unpaid = {}, []
    for track, recipe in wanted:
        ticket = tickets[track.id, recipe]
        try:
            shares[track.id, recipe] = divide_price(
                gross=ticket.price,
                vat_percent=percent,
                covered=_covered(ticket),
                tie_key=share_tie_key(quote_id=quote_id, track_id=track.id, recipe=recipe),
            )
        except RoyaltyError:
            unpaid.append(track.title)
    if unpaid:
        raise UnpaidPriceError(list(dict.fromkeys(unpaid)))
    return shares


def _covered(ticket: Ticket) -> Covered:
    if not isinstance(ticket.coverage, Covered):  # `_check_for_sale` has seen to it.
        raise NotForSaleError([f"track {ticket.track_id}"])
    return ticket.coverage


def _line(ticket: Ticket, tax: Tax, shares: Shares) -> OfferLine:
    covered = _covered(ticket)
    return OfferLine(
        track_id=ticket.track_id,
        recipe=ticket.recipe,
        size_bytes=ticket.size_bytes,
        size_is_exact=ticket.size_is_exact,
        gross=ticket.price,
        vat_percent=tax.percent,
        tax=shares.tax,
        tax_country=tax.country,
        recording_licence_id=covered.recording.id,
        recording=shares.recording,
        work_licence_id=covered.work.id,
        work=shares.work,
    )


def _offer(
    shop: Shopfront,
    territory: str,
    evidence: Sequence[Evidence],
    lines: tuple[OfferLine, ...],
) -> Offer:
    return Offer(
        storefront_id=shop.id,
        price_list_id=shop.prices.price_list_id,
        territory=territory,
        evidence=tuple(evidence),
        lines=lines,
        currency=shop.currency,
    )
