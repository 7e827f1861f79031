"""Reads of storefronts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.models import PriceList, Storefront
from pennywhistle.shop.storefronts.rules import NoStorefrontError, Prices


def find_storefront(*, domain: str) -> Storefront | None:
    """The storefront of exactly that domain, or None."""
    return Storefront.objects.filter(domain=domain).first()


def get_storefront(*, domain: str = "") -> Storefront:
    """The storefront of that domain, or the first one. `NoStorefrontError` if there is none."""
    storefronts = list(Storefront.objects.order_by("pk"))
    if not storefronts:
        raise NoStorefrontError("no storefront yet: run `pennywhistle storefront`")
    return next((shop for shop in storefronts if shop.domain == domain), storefronts[0])


@dataclass(frozen=True, slots=True)
class Shopfront:
    """A storefront as its pages know it, with the prices in force."""

    id: int
    name: str
    currency: str
    territories: TerritorySet
    evidence_needed: int
    collects_vat: bool
    imprint: str
    prices: Prices


_PRICE_FIELDS = ("pk", "lossy_micros_per_mb", "lossless_micros_per_mb", "floor_micros_per_track")


def get_shopfront(*, domain: str, now: datetime) -> Shopfront:
    """The storefront of that domain, or the first one, and its prices. One query.

    Raises `NoStorefrontError` where there is none, or none with prices.
    """
    rows = _rows_with_prices(now)
    if not rows:
        raise NoStorefrontError("no storefront yet: run `pennywhistle storefront`")
    row = next((row for row in rows if row.domain == domain), rows[0])
    shop = _shopfront(row)
    if shop is None:
        raise NoStorefrontError(f"{row.name} has no prices yet")
    return shop


def list_shopfronts(*, now: datetime) -> list[Shopfront]:
    """Every storefront that has prices, oldest first. One query."""
    return [shop for row in _rows_with_prices(now) if (shop := _shopfront(row)) is not None]


def list_currencies() -> list[str]:
    """The currencies that storefronts sell in. One query."""
    return sorted(set(Storefront.objects.values_list("currency", flat=True)))


def _rows_with_prices(now: datetime) -> list[Storefront]:
    in_force = PriceList.objects.filter(storefront=OuterRef("pk"), valid_from__lte=now)
    newest = in_force.order_by("-valid_from")
    return list(
        Storefront.objects.annotate(
            **{f"price_{name}": Subquery(newest.values(name)[:1]) for name in _PRICE_FIELDS}
        ).order_by("pk")
    )


def _shopfront(row: Storefront) -> Shopfront | None:
    """A row of `_rows_with_prices`; None where no prices are in force."""
    values = [getattr(row, f"price_{name}") for name in _PRICE_FIELDS]
    if None in values:
        return None
    price_list_id, *micros = values
    lossy, lossless, floor = (Money(value, row.currency) for value in micros)
    return Shopfront(
        id=row.pk,
        name=row.name,
        currency=row.currency,
        territories=TerritorySet.parse(row.territories),
        evidence_needed=row.evidence_needed,
        collects_vat=row.collects_vat,
        imprint=row.imprint,
        prices=Prices(price_list_id, lossy, lossless, floor),
    )
