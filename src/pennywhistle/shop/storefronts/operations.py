"""Writes to storefronts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.models import PriceList, Storefront
from pennywhistle.shop.storefronts.rules import (
    StorefrontError,
    check_currency,
    check_domain,
    check_evidence_needed,
    check_name,
    check_prices,
)


def save_storefront(
    *,
    slug: str,
    name: str,
    domain: str,
    currency: str,
    territories: TerritorySet,
    collects_vat: bool,
    imprint: str,
    evidence_needed: int = 1,
) -> Storefront:
    """Open a storefront, or let the one of that slug be so from now on. Transaction: its own.

    Raises `StorefrontError` for a name or a domain that is none, a domain that another has, and a
    currency other than the one it has sold in.
    """
    name, domain, currency = check_name(name), check_domain(domain), check_currency(currency)
    check_evidence_needed(evidence_needed)
    facts = {
        "name": name,
        "domain": domain,
        "territories": str(territories),
        "collects_vat": collects_vat,
        "imprint": imprint,
        "evidence_needed": evidence_needed,
    }
    with transaction.atomic():
        other = Storefront.objects.filter(domain=domain).exclude(slug=slug).first()
        if other is not None:
            raise StorefrontError(f"{domain} is {other.name}'s: give {name} a domain of its own")
        storefront, is_new = Storefront.objects.update_or_create(
            slug=slug, defaults=facts, create_defaults={**facts, "currency": currency}
        )
        if not is_new and storefront.currency != currency:
            raise StorefrontError(
                f"{name} sells in {storefront.currency}, and its wallets hold that; open another "
                f"storefront for {currency}"
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
    no-op. Raises `StorefrontError`."""
    check_prices(
        lossy_per_mb=lossy_per_mb,
        lossless_per_mb=lossless_per_mb,
        floor_per_track=floor_per_track,
    )
    PriceList.objects.get_or_create(
        storefront=storefront,
        valid_from=valid_from,
        defaults={
            "lossy_micros_per_mb": lossy_per_mb.micros,
            "lossless_micros_per_mb": lossless_per_mb.micros,
            "floor_micros_per_track": floor_per_track.micros,
        },
    )
