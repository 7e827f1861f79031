"""Set a storefront's price list in one currency: rates, albums, tiers, bonuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from pennywhistle.kit.money import Money
from pennywhistle.shop.storefronts.operations import set_price_list
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront
from pennywhistle.shop.storefronts.rules import (
    RECIPE_KINDS,
    Prices,
    RecipeKind,
    StorefrontError,
    Tier,
    check_currency,
)

# What takes an album's price, a discount or a bonus away.
NONE = "none"


@dataclass(frozen=True, slots=True)
class PriceListRequest:
    """A price list in words; amounts are in `currency`. What is empty stays as it is.

    `tiers` reads `20=5, 50=10`: who has spent 20 pays 5% less. `bonuses` reads `bank=2.5`: a top-up
    by bank brings 2.5% on top. `none` takes these, or an album's price, away.
    """

    currency: str
    lossy_per_mb: str = ""
    reduced_per_mb: str = ""
    lossless_per_mb: str = ""
    floor_per_track: str = ""
    album_lossy: str = ""
    album_reduced: str = ""
    album_lossless: str = ""
    tiers: str = ""
    bonuses: str = ""


def set_prices(*, request: PriceListRequest, domain: str, now: datetime) -> Prices:
    """Set it from now on; quotes made before stand as they are. What it is now.

    Transaction: one insert. Raises `StorefrontError` and `MoneyError`, for a first list in a
    currency also where a rate is missing.
    """
    currency = check_currency(request.currency)
    shop = get_shopfront(domain=domain, now=now)
    prices = _with_words(shop.price_lists.get(currency), request, currency)
    set_price_list(storefront_id=shop.id, prices=prices, valid_from=now)
    return prices


def _with_words(current: Prices | None, request: PriceListRequest, currency: str) -> Prices:
    def money(text: str, held: Callable[[Prices], Money | None], what: str) -> Money | None:
        if text.strip():
            return Money.parse(text, currency)
        if current is None and what:
            raise StorefrontError(f"the first prices in {currency} need {what}")
        return None if current is None else held(current)

    lossy = money(request.lossy_per_mb, lambda p: p.lossy_per_mb, "a lossy megabyte's")
    lossless = money(request.lossless_per_mb, lambda p: p.lossless_per_mb, "a lossless megabyte's")
    floor = money(request.floor_per_track, lambda p: p.floor_per_track, "a track's, at the least")
    if lossy is None or lossless is None or floor is None:
        raise StorefrontError(f"the prices in {currency} are not complete")
    return Prices(
        price_list_id=0,
        lossy_per_mb=lossy,
        lossless_per_mb=lossless,
        floor_per_track=floor,
        reduced_per_mb=money(request.reduced_per_mb, lambda p: p.reduced_per_mb, ""),
        albums=_albums(request, {} if current is None else current.albums, currency),
        tiers=_tiers(request.tiers, () if current is None else current.tiers, currency),
        bonuses=_bonuses(request.bonuses, {} if current is None else current.bonuses),
    )


def _albums(
    request: PriceListRequest, held: Mapping[RecipeKind, Money], currency: str
) -> dict[RecipeKind, Money]:
    albums = dict(held)
    texts = (request.album_lossy, request.album_reduced, request.album_lossless)
    for kind, text in zip(RECIPE_KINDS, texts, strict=True):
        if text.strip() == NONE:
            albums.pop(kind, None)
        elif text.strip():
            albums[kind] = Money.parse(text, currency)
    return albums


def _tiers(text: str, held: tuple[Tier, ...], currency: str) -> tuple[Tier, ...]:
    if not text.strip():
        return held
    tiers = [Tier(Money.parse(spent, currency), percent) for spent, percent in _pairs(text)]
    return tuple(sorted(tiers, key=lambda tier: tier.spent.micros))


def _bonuses(text: str, held: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    return dict(_pairs(text)) if text.strip() else held


def _pairs(text: str) -> list[tuple[str, Fraction]]:
    """`20=5, 50=10%` as pairs; nothing for `none`. Raises `StorefrontError`."""
    if text.strip() == NONE:
        return []
    pairs = []
    for part in text.split(","):
        name, sign, percent = part.partition("=")
        if not sign or not name.strip():
            raise StorefrontError(f"write {part.strip()!r} as NAME=PERCENT, such as 20=5")
        pairs.append((name.strip(), parse_percent(percent)))
    return pairs


def parse_percent(text: str) -> Fraction:
    """`5`, `2.5` or `5%`. Raises `StorefrontError`."""
    try:
        return Fraction(text.strip().removesuffix("%").strip())
    except (ValueError, ZeroDivisionError):
        raise StorefrontError(f"{text.strip()!r} is not a percentage; write 5 or 2.5") from None


def tiers_in_words(prices: Prices) -> str:
    """As `PriceListRequest.tiers` takes them."""
    return ", ".join(f"{t.spent.decimal.normalize():f}={float(t.percent):g}" for t in prices.tiers)


def bonuses_in_words(prices: Prices) -> str:
    """As `PriceListRequest.bonuses` takes them."""
    return ", ".join(f"{name}={float(percent):g}" for name, percent in prices.bonuses.items())


def keep_what_stands(*, shop: Shopfront | None, prices: Prices) -> Prices:
    """Rates that were given anew, with the albums, tiers and bonuses in force."""
    current = None if shop is None else shop.price_lists.get(prices.currency)
    if current is None:
        return prices
    return replace(prices, albums=current.albums, tiers=current.tiers, bonuses=current.bonuses)
