"""Gather what prices depend on of who looks at them: for pages and for quotes alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pennywhistle.shop.library.queries import list_held
from pennywhistle.shop.pricing.queries import Buyer
from pennywhistle.shop.sales.queries import get_spent
from pennywhistle.shop.sales.vat import NO_TAX, Seller, Tax, tax_of
from pennywhistle.shop.storefronts.queries import Shopfront


def know_buyer(
    *,
    shop: Shopfront,
    person_id: int | None,
    territory: str | None,
    seller: Seller,
    track_ids: Collection[int],
    now: datetime,
) -> Buyer:
    """The tax of where they are, what they own of these tracks, and the discount they have reached.

    Two queries at most, none for who has not signed in.
    """
    percent = find_tax(shop=shop, territory=territory, seller=seller, now=now).percent
    if person_id is None:
        return Buyer(shop.id, shop.prices, percent)
    tier = None
    if shop.prices.tiers:
        tier = shop.prices.tier_of(get_spent(person_id=person_id, currency=shop.currency))
    owned = list_held(person_id=person_id, track_ids=track_ids) if track_ids else {}
    return Buyer(shop.id, shop.prices, percent, tier, owned)


def find_tax(*, shop: Shopfront, territory: str | None, seller: Seller, now: datetime) -> Tax:
    """What a sale of that shop there and then owes; nothing where the country is not known."""
    if territory is None or not shop.collects_vat:
        return NO_TAX
    return tax_of(territory=territory, day=now.date(), seller=seller)
