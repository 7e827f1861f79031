"""Ask a price for a release, its tracks or one track, as its label wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.flows.find_lowest_prices import LowestPrice, find_lowest_prices
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import (
    find_track_id_by_isrc,
    get_release_in_any_state,
    get_track,
    list_tracks_of_release,
)
from pennywhistle.shop.pricing.operations import NewPrice, store_price
from pennywhistle.shop.pricing.rules import PriceKind, PriceTooLowError, PricingError
from pennywhistle.shop.sales.vat import UNTOLD, Seller
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront

# Rows of numbers that a refusal tells.
ROWS_TOLD_MOST = 5


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """A price in words. `scope` is `whole` for the release bought whole, `each` for each of its
    tracks, or `track`; `what` the release's UPC or short name, or the track's ISRC.

    `kind` is `size` for the price by the megabyte, `fixed`, or `named` for a price that listeners
    name from `amount` on; `suggested` is what stands in their field.
    """

    scope: str
    what: str
    kind: str
    amount: str = ""
    suggested: str = ""
    currency: str = ""


def ask_price(
    *,
    request: PriceRequest,
    domain: str,
    asked_by: int | None,
    now: datetime,
    seller: Seller = UNTOLD,
) -> list[LowestPrice]:
    """Ask it from now on; quotes made before stand. What the music needs, country by country.

    Transaction: one insert. Raises `PriceTooLowError` with the numbers for a price that does not pay
    its tax and tariffs wherever it would be asked, `PricingError`, `MoneyError`, and for music that
    is not here `UnknownReleaseError` or `UnknownTrackError`.
    """
    shop = get_shopfront(domain=domain, now=now, currency=request.currency)
    if request.currency and shop.currency != request.currency:
        raise PricingError(f"{shop.name} does not sell in {request.currency}")
    price = _price(request, shop)
    tracks = list_tracks_of_release(release_id=price.release_id)
    if price.track_id is not None:
        tracks = [track for track in tracks if track.id == price.track_id]
    rows = find_lowest_prices(shop=shop, tracks=tracks, seller=seller, now=now)
    if price.amount is not None:
        check_pays(amount=price.amount, is_whole=price.scope == "whole", rows=rows)
    store_price(price=price, asked_by=asked_by, now=now)
    return rows


def check_pays(*, amount: Money, is_whole: bool, rows: Sequence[LowestPrice]) -> None:
    """Raise `PriceTooLowError` with the numbers where the amount is below what is needed somewhere."""
    short = [
        (row, need)
        for row in rows
        if (need := row.whole if is_whole else row.each) is not None and amount < need
    ]
    if not short:
        return
    told = "; ".join(
        f"at least {need} in {row.where} (tax {row.taxes})" for row, need in short[:ROWS_TOLD_MOST]
    )
    raise PriceTooLowError(f"{amount} does not pay its tax and its tariffs: {told}")


def _price(request: PriceRequest, shop: Shopfront) -> NewPrice:
    if request.scope not in {"whole", "each", "track"}:
        raise PricingError(
            f"a price is of a whole release, each track or a track, not {request.scope}"
        )
    if request.kind not in {"size", "fixed", "named"}:
        raise PricingError(f"a price is by size, fixed or named, not {request.kind}")
    if request.scope == "track":
        track = get_track(track_id=find_track_id_by_isrc(isrc=request.what))
        release_id, track_id = track.release.id, track.id
    else:
        release_id, track_id = get_release_in_any_state(name=request.what).id, None
    kind = PriceKind(request.kind)
    amount = None
    if kind is not PriceKind.SIZE:
        amount = Money.parse(request.amount, shop.currency)
    suggested = None
    if kind is PriceKind.NAMED and request.suggested.strip():
        suggested = Money.parse(request.suggested, shop.currency)
    return NewPrice(
        storefront_id=shop.id,
        currency=shop.currency,
        scope=request.scope,
        release_id=release_id,
        track_id=track_id,
        kind=kind,
        amount=amount,
        suggested=suggested,
    )
