"""Open a storefront and set its prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.operations import save_storefront, set_prices


@dataclass(frozen=True, slots=True)
class StorefrontRequest:
    """A shop window in words; amounts are in `currency`."""

    name: str
    domain: str
    currency: str
    lossy_per_mb: str
    lossless_per_mb: str
    floor_per_track: str
    territories: str = "worldwide"
    imprint: str = ""
    collects_vat: bool = True
    evidence_needed: int = 1


def open_storefront(*, request: StorefrontRequest, now: datetime) -> None:
    """Open it, or let it be so from now on, with these prices.

    Transaction: one of its own. Raises `StorefrontError`, `MoneyError`, `UnknownCountryError`.
    """
    with transaction.atomic():
        storefront = save_storefront(
            slug=slugify(request.name) or "shop",
            name=request.name,
            domain=request.domain,
            currency=request.currency,
            territories=TerritorySet.parse(request.territories),
            collects_vat=request.collects_vat,
            imprint=request.imprint,
            evidence_needed=request.evidence_needed,
        )
        set_prices(
            storefront=storefront,
            lossy_per_mb=Money.parse(request.lossy_per_mb, storefront.currency),
            lossless_per_mb=Money.parse(request.lossless_per_mb, storefront.currency),
            floor_per_track=Money.parse(request.floor_per_track, storefront.currency),
            valid_from=now,
        )
