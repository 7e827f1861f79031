"""Reads of storefronts."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.storefronts.models import PriceList, Storefront
from pennywhistle.shop.storefronts.rules import NoStorefrontError, Prices


def get_storefront(*, domain: str = "") -> Storefront:
    """The storefront of that domain, or the first one. `NoStorefrontError` if there is none."""
    storefronts = list(Storefront.objects.order_by("pk"))
    if not storefronts:
        raise NoStorefrontError("no storefront yet: run `pennywhistle storefront create`")
    return next((shop for shop in storefronts if shop.domain == domain), storefronts[0])


def get_prices(*, storefront: Storefront, now: datetime) -> Prices:
    """The price list in force. `NoStorefrontError` if there is none yet."""
    row = (
        PriceList.objects.filter(storefront=storefront, valid_from__lte=now)
        .order_by("-valid_from")
        .first()
    )
    if row is None:
        raise NoStorefrontError(f"{storefront.name} has no prices yet")
    currency = storefront.currency
    return Prices(
        price_list_id=row.pk,
        lossy_per_mb=Money(row.lossy_micros_per_mb, currency),
        lossless_per_mb=Money(row.lossless_micros_per_mb, currency),
        floor_per_track=Money(row.floor_micros_per_track, currency),
    )
