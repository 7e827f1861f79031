"""Writes to storefronts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.models import PriceList, Storefront


def create_storefront(
    *,
    slug: str,
    name: str,
    domain: str,
    currency: str,
    territories: TerritorySet,
    collects_vat: bool,
    imprint: str,
) -> Storefront:
    """Open a storefront, or return the one of that slug as it is. Transaction: one of its own."""
    with transaction.atomic():
        storefront, _ = Storefront.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "domain": domain,
                "currency": currency,
                "territories": str(territories),
                "collects_vat": collects_vat,
                "imprint": imprint,
            },
        )
    return storefront


def set_prices(
    *,
    storefront: Storefront,
    lossy_per_mb: Money,
    lossless_per_mb: Money,
    floor_per_track: Money,
    valid_from: datetime,
) -> None:
    """Set prices from an instant on. Transaction: the one insert; the same instant again is a
    no-op."""
    PriceList.objects.get_or_create(
        storefront=storefront,
        valid_from=valid_from,
        defaults={
            "lossy_micros_per_mb": lossy_per_mb.micros,
            "lossless_micros_per_mb": lossless_per_mb.micros,
            "floor_micros_per_track": floor_per_track.micros,
        },
    )
