"""Freeze an offer over a basket: size, price, tax, territory, licences (law 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pennywhistle.flows.know_buyer import find_tax, know_buyer
from pennywhistle.shop.licensing.rules import Covered
from pennywhistle.shop.payments.queries import find_wallet_currency
from pennywhistle.shop.pricing.asked import find_promotion
from pennywhistle.shop.pricing.baskets import PricedTrack, open_basket, price_basket
from pennywhistle.shop.pricing.rules import BasketItem, Priced, PromotionTerms
from pennywhistle.shop.royalties.rules import RoyaltyError, Shares, divide_price, share_tie_key
from pennywhistle.shop.sales.business import check_taxed_at_home
from pennywhistle.shop.sales.operations import store_quote
from pennywhistle.shop.sales.paper_queries import find_buyer
from pennywhistle.shop.sales.queries import QuoteFacts, find_quote, get_quote
from pennywhistle.shop.sales.rules import (
    Evidence,
    NotForSaleError,
    Offer,
    OfferLine,
    OtherCurrencyError,
    UnpaidPriceError,
    check_basket_size,
    decide_territory,
)
from pennywhistle.shop.sales.vat import UNTOLD, Seller, Tax
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront

# Doors fill baskets with these.
__all__ = ["BasketItem", "quote_basket"]


def quote_basket(
    *,
    quote_id: UUID,
    person_id: int,
    items: Sequence[BasketItem],
    domain: str,
    evidence: Sequence[Evidence],
    now: datetime,
    seller: Seller = UNTOLD,
    currency: str = "",
    promotion_code: str = "",
) -> QuoteFacts:
    """Quote `items` for a person; what they own already is left out, each thing counts once.

    In the currency of their wallet; `currency` is what they chose who have none. Quoting under an id
    of theirs again gives that offer as it was frozen, whatever `items` says. Transaction: one short
    insert at the end. Raises `TerritoryUnknownError`, `NotForSaleError` with a reason for each track,
    `UnpaidPriceError`, `EmptyBasketError`, `BasketTooLargeError`, `OtherCurrencyError`,
    `BusinessAbroadError`, `PromotionRefusedError`.
    """
    if (frozen := find_quote(quote_id=quote_id, person_id=person_id)) is not None:
        return frozen
    shop = shop_for(domain=domain, person_id=person_id, currency=currency, now=now)
    territory = decide_territory(evidence=evidence, needed=shop.evidence_needed)
    if territory not in shop.territories:
        raise NotForSaleError([f"This shop does not sell in {territory}."])
    promotion = _promotion(shop, promotion_code, person_id, now)
    contents = open_basket(items=items)
    buyer = know_buyer(
        shop=shop,
        person_id=person_id,
        territory=territory,
        seller=seller,
        track_ids={track.id for held in contents.values() for track in held},
        now=now,
    )
    basket = price_basket(
        contents=contents, buyer=buyer, promotion=promotion, territory=territory, instant=now
    )
    check_basket_size(lines=len(basket.lines))
    _check_for_sale(basket.lines)
    tax = find_tax(shop=shop, territory=territory, seller=seller, now=now)
    if shop.collects_vat and (business := find_buyer(person_id=person_id)) is not None:
        check_taxed_at_home(vat_number=business.vat_number, tax_countries=[tax.country])
    offer = Offer(
        storefront_id=shop.id,
        price_list_id=shop.prices.price_list_id,
        territory=territory,
        evidence=tuple(evidence),
        lines=_lines(basket.lines, tax, quote_id),
        currency=shop.currency,
        promotion_code="" if promotion is None else promotion.code,
    )
    store_quote(quote_id=quote_id, person_id=person_id, offer=offer, now=now)
    return get_quote(quote_id=quote_id, person_id=person_id)


def shop_for(*, domain: str, person_id: int | None, currency: str, now: datetime) -> Shopfront:
    """The storefront with its prices in the currency of a person's wallet, or in the one they chose.

    Two queries at most. Raises `OtherCurrencyError` where it does not sell in the wallet's.
    """
    wallet = None if person_id is None else find_wallet_currency(person_id=person_id)
    shop = get_shopfront(domain=domain, now=now, currency=wallet or currency)
    if wallet is not None and shop.currency != wallet:
        raise OtherCurrencyError(wallet=wallet, sold_in=shop.currencies)
    return shop


def _promotion(shop: Shopfront, code: str, person_id: int, now: datetime) -> PromotionTerms | None:
    if not code:
        return None
    return find_promotion(
        storefront_id=shop.id, code=code, currency=shop.currency, person_id=person_id, now=now
    )


def _check_for_sale(lines: Sequence[PricedTrack]) -> None:
    reasons = []
    for line in lines:
        if line.track.release.state != "live":
            reasons.append(f"{line.track.title} is not on the shelves")
        elif not line.ticket.is_measured:
            reasons.append(f"the size of {line.track.title} in this format is not measured yet")
        elif not line.ticket.is_for_sale:
            reasons.append(f"{line.track.title} is not licensed for sale in your country now")
    if reasons:
        raise NotForSaleError(reasons)


def _lines(lines: Sequence[PricedTrack], tax: Tax, quote_id: UUID) -> tuple[OfferLine, ...]:
    """Each price with how it divides. One that cannot pay what it owes is refused by its track's
    name."""
    made, unpaid = [], []
    for line in lines:
        covered, priced = _sold(line)
        try:
            shares = divide_price(
                gross=priced.price,
                vat_percent=tax.percent,
                covered=covered,
                tie_key=share_tie_key(
                    quote_id=quote_id, track_id=line.track.id, recipe=line.ticket.recipe
                ),
            )
        except RoyaltyError:
            unpaid.append(line.track.title)
        else:
            made.append(_line(line, priced, covered, tax, shares))
    if unpaid:
        raise UnpaidPriceError(list(dict.fromkeys(unpaid)))
    return tuple(made)


def _sold(line: PricedTrack) -> tuple[Covered, Priced]:
    covered = line.ticket.coverage
    if not isinstance(covered, Covered) or line.priced is None:  # `_check_for_sale` has seen to it.
        raise NotForSaleError([line.track.title])
    return covered, line.priced


def _line(
    line: PricedTrack, priced: Priced, covered: Covered, tax: Tax, shares: Shares
) -> OfferLine:
    return OfferLine(
        track_id=line.track.id,
        recipe=line.ticket.recipe,
        size_bytes=line.ticket.size_bytes,
        size_is_exact=line.ticket.size_is_exact,
        gross=priced.price,
        vat_percent=tax.percent,
        tax=shares.tax,
        tax_country=tax.country,
        recording_licence_id=covered.recording.id,
        recording=shares.recording,
        work_licence_id=covered.work.id,
        work=shares.work,
        list_price=priced.ask.listed,
        price_kind=priced.kind,
        reductions=priced.reductions,
    )
