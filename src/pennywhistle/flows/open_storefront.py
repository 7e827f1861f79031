"""Open a storefront and set its prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from pennywhistle.flows.set_prices import keep_what_stands
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.operations import save_storefront, set_price_list
from pennywhistle.shop.storefronts.queries import find_shopfront
from pennywhistle.shop.storefronts.rules import Prices


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
    """Open it, or let it be so from now on, with these prices; what else its price list holds stays.

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
        prices = Prices(
            price_list_id=0,
            lossy_per_mb=Money.parse(request.lossy_per_mb, storefront.currency),
            lossless_per_mb=Money.parse(request.lossless_per_mb, storefront.currency),
            floor_per_track=Money.parse(request.floor_per_track, storefront.currency),
        )
        open_already = find_shopfront(storefront_id=storefront.pk, now=now)
        set_price_list(
            storefront_id=storefront.pk,
            prices=keep_what_stands(shop=open_already, prices=prices),
            valid_from=now,
        )
