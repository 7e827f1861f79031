"""Writes to storefronts."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.models import ExchangeRate, PriceList, Storefront
from pennywhistle.shop.storefronts.rules import (
    Prices,
    Rate,
    StorefrontError,
    check_currency,
    check_domain,
    check_evidence_needed,
    check_name,
    check_prices,
    check_rate,
    percent_text,
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
    reduced_per_mb: Money | None = None,
) -> None:
    """Set prices by the megabyte alone, from an instant on, as `set_price_list` does."""
    set_price_list(
        storefront_id=storefront.pk,
        prices=Prices(0, lossy_per_mb, lossless_per_mb, floor_per_track, reduced_per_mb),
        valid_from=valid_from,
    )


def set_price_list(*, storefront_id: int, prices: Prices, valid_from: datetime) -> None:
    """Set a price list, in its currency, from an instant on; its `price_list_id` is not looked at.

    Transaction: the one insert; the same again is a no-op. Raises `StorefrontError`, also for other
    prices from the same instant on.
    """
    check_prices(prices=prices)
    held = {
        "lossy_micros_per_mb": prices.lossy_per_mb.micros,
        "reduced_micros_per_mb": prices.rate_of("reduced").micros,
        "lossless_micros_per_mb": prices.lossless_per_mb.micros,
        "floor_micros_per_track": prices.floor_per_track.micros,
        "album_micros": {kind: most.micros for kind, most in prices.albums.items()},
        "tiers": [[tier.spent.micros, percent_text(tier.percent)] for tier in prices.tiers],
        "bonuses": {name: percent_text(percent) for name, percent in prices.bonuses.items()},
    }
    row, _ = PriceList.objects.get_or_create(
        storefront_id=storefront_id,
        currency=prices.currency,
        valid_from=valid_from,
        defaults=held,
    )
    if any(getattr(row, name) != value for name, value in held.items()):
        raise StorefrontError(f"other prices hold from {valid_from} on: set these a moment later")


def record_rate(*, rate: Rate) -> None:
    """Put a rate of exchange on file. Transaction: its own.

    The same rate again is a no-op. Raises `StorefrontError` for one that is none, or another one of
    that day.
    """
    check_rate(rate=rate)
    with transaction.atomic():
        row, _ = ExchangeRate.objects.get_or_create(
            base=rate.base,
            quote=rate.quote,
            day=rate.day,
            defaults={
                "numerator": rate.rate.numerator,
                "denominator": rate.rate.denominator,
                "source": rate.source,
            },
        )
    stored = Fraction(row.numerator, row.denominator)
    if stored != rate.rate:
        raise StorefrontError(
            f"{rate.day} is on file already: {float(stored):g} {rate.quote} for one {rate.base}, by "
            f"{row.source}. A rate that was used is not changed."
        )
