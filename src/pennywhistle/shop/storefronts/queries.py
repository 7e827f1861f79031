"""Reads of storefronts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import OuterRef, Q, QuerySet, Subquery

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.storefronts.models import ExchangeRate, PriceList, Storefront
from pennywhistle.shop.storefronts.rules import NoRateError, NoStorefrontError, Prices, Rate, Tier

# How far from the day a rate may be: as long as banks are closed in a row, and more.
RATE_DAYS_MOST = 7


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
    """A storefront as its pages know it, with the prices in force in one of its currencies.

    `own_currency` is the one it shows to who has chosen none; `price_lists` holds all, by currency.
    """

    id: int
    name: str
    currency: str
    territories: TerritorySet
    evidence_needed: int
    collects_vat: bool
    imprint: str
    prices: Prices
    domain: str = ""
    own_currency: str = ""
    price_lists: Mapping[str, Prices] = field(default_factory=dict)

    @property
    def currencies(self) -> tuple[str, ...]:
        """What it sells in, its own first."""
        return tuple(sorted(self.price_lists, key=lambda code: (code != self.own_currency, code)))

    def sells_in(self, currency: str) -> bool:
        """True where it has a price list in that currency."""
        return currency in self.price_lists

    def in_currency(self, currency: str) -> Shopfront:
        """The same with its prices in that currency; `NoStorefrontError` where it has none."""
        prices = self.price_lists.get(currency)
        if prices is None:
            raise NoStorefrontError(f"{self.name} has no prices in {currency}")
        return replace(self, currency=currency, prices=prices)


def get_shopfront(*, domain: str, now: datetime, currency: str = "") -> Shopfront:
    """The storefront of that domain, or the first one, and its prices. One query.

    In its own currency, or in `currency` where it sells in that. Raises `NoStorefrontError` where
    there is none, or none with prices.
    """
    shops = list_shopfronts(now=now)
    shop = next((shop for shop in shops if shop.domain == domain), next(iter(shops), None))
    if shop is None:
        named = get_storefront(domain=domain).name
        raise NoStorefrontError(f"{named} has no prices yet")
    return shop.in_currency(currency) if shop.sells_in(currency) else shop


def list_shopfronts(*, now: datetime) -> list[Shopfront]:
    """Every storefront that has prices in its own currency, oldest first. One query."""
    newest = PriceList.objects.filter(
        storefront=OuterRef("storefront"), currency=OuterRef("currency"), valid_from__lte=now
    ).order_by("-valid_from")
    rows = PriceList.objects.filter(pk=Subquery(newest.values("pk")[:1]))
    lists: dict[Storefront, dict[str, Prices]] = {}
    for row in rows.select_related("storefront").order_by("storefront_id", "currency"):
        lists.setdefault(row.storefront, {})[row.currency] = _prices(row)
    return [_shopfront(row, prices) for row, prices in lists.items() if row.currency in prices]


def find_shopfront(*, storefront_id: int, now: datetime) -> Shopfront | None:
    """A storefront that has prices, or None. One query."""
    return next((shop for shop in list_shopfronts(now=now) if shop.id == storefront_id), None)


def list_currencies() -> list[str]:
    """The currencies that storefronts sell in. One query."""
    return sorted(set(PriceList.objects.values_list("currency", flat=True)))


def find_newest_rate(*, base: str, quote: str, until: date) -> Rate | None:
    """The newest rate on file of that day or an earlier one, either way round; None for none. One
    query. For what is to be told roughly: what is declared has its own day, `get_rate`."""
    rows = _rates(base, quote).filter(day__lte=until)
    row = rows.order_by("-day", "-pk").first()
    return None if row is None else _rate(row, base, quote)


def get_rate(*, base: str, quote: str, day: date) -> Rate:
    """What one unit of `base` is in `quote` on that day. One query.

    Where none was published that day, the next one published within `RATE_DAYS_MOST` days, as EU law
    has it for returns of VAT: https://eur-lex.europa.eu/eli/dir/2006/112 article 369h. A rate is
    used both ways round. Raises `NoRateError`.
    """
    if base == quote:
        return Rate(base, quote, Fraction(1), "the same currency", day)
    rows = _rates(base, quote).filter(day__gte=day, day__lte=day + timedelta(days=RATE_DAYS_MOST))
    row = rows.order_by("day", "pk").first()
    if row is None:
        raise NoRateError(
            f"no rate between {base} and {quote} for {day} is on file: add it by `pennywhistle "
            "prices rate`"
        )
    return _rate(row, base, quote)


def _rates(base: str, quote: str) -> QuerySet[ExchangeRate]:
    return ExchangeRate.objects.filter(Q(base=base, quote=quote) | Q(base=quote, quote=base))


def _rate(row: ExchangeRate, base: str, quote: str) -> Rate:
    exact = Fraction(row.numerator, row.denominator)
    return Rate(base, quote, exact if row.base == base else 1 / exact, row.source, row.day)


def _prices(row: PriceList) -> Prices:
    def money(micros: int) -> Money:
        return Money(micros, row.currency)

    return Prices(
        price_list_id=row.pk,
        lossy_per_mb=money(row.lossy_micros_per_mb),
        reduced_per_mb=money(row.reduced_micros_per_mb),
        lossless_per_mb=money(row.lossless_micros_per_mb),
        floor_per_track=money(row.floor_micros_per_track),
        albums={kind: money(micros) for kind, micros in row.album_micros.items()},
        tiers=tuple(Tier(money(micros), Fraction(percent)) for micros, percent in row.tiers),
        bonuses={gateway: Fraction(percent) for gateway, percent in row.bonuses.items()},
    )


def _shopfront(row: Storefront, price_lists: Mapping[str, Prices]) -> Shopfront:
    return Shopfront(
        id=row.pk,
        name=row.name,
        currency=row.currency,
        territories=TerritorySet.parse(row.territories),
        evidence_needed=row.evidence_needed,
        collects_vat=row.collects_vat,
        imprint=row.imprint,
        prices=price_lists[row.currency],
        domain=row.domain,
        own_currency=row.currency,
        price_lists=price_lists,
    )
