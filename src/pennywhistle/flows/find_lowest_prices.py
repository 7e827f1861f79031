"""Find, country by country, the least that music may cost there: what its tax and tariffs need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pennywhistle.flows.know_buyer import find_tax
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import COUNTRIES
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.licensing.queries import compile_coverage, track_ref
from pennywhistle.shop.licensing.rules import Covered, Use
from pennywhistle.shop.pricing.lowest import LowestPrices
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.storefronts.queries import Shopfront

# Countries that are named of those that need the same.
COUNTRIES_NAMED_MOST = 6


@dataclass(frozen=True, slots=True)
class LowestPrice:
    """What music needs to be sold at in `countries`, with taxes of `vat_percents`, which rise.

    `each` is what the dearest of its tracks needs, `whole` what all of them need together; None
    where no price pays what its tariffs ask.
    """

    countries: tuple[str, ...]
    vat_percents: tuple[Decimal, ...]
    each: Money | None
    whole: Money | None

    @property
    def where(self) -> str:
        """The countries in a few words."""
        named = ", ".join(self.countries[:COUNTRIES_NAMED_MOST])
        more = len(self.countries) - COUNTRIES_NAMED_MOST
        return f"{named} and {more} more" if more > 0 else named

    @property
    def taxes(self) -> str:
        """`19%`, or `25% to 27%`."""
        ends = dict.fromkeys((self.vat_percents[0], self.vat_percents[-1]))
        return " to ".join(f"{percent.normalize():f}%" for percent in ends)


def find_lowest_prices(
    *, shop: Shopfront, tracks: Sequence[TrackFacts], seller: Seller, now: datetime
) -> list[LowestPrice]:
    """The lowest prices of these tracks wherever the shop may sell them now, the highest first.

    In the shop's currency. One query.
    """
    refs = [track_ref(track) for track in tracks]
    compiled = compile_coverage(tracks=refs)
    by_percent: dict[Decimal, LowestPrices] = {}
    found: dict[tuple[Money | None, Money | None], list[tuple[str, Decimal]]] = defaultdict(list)
    for country in sorted(COUNTRIES):
        if country not in shop.territories:
            continue
        percent = find_tax(shop=shop, territory=country, seller=seller, now=now).percent
        lowest = by_percent.setdefault(
            percent, LowestPrices(vat_percent=percent, currency=shop.currency)
        )
        needs: list[Money | None] = []
        for ref in refs:
            answer = compiled.cover(track=ref, use=Use.DOWNLOAD, territory=country, instant=now)
            if isinstance(answer, Covered):
                needs.append(lowest.of(answer))
        if needs:
            found[_together(needs, shop.currency)].append((country, percent))
    rows = [
        LowestPrice(
            tuple(country for country, _ in where),
            tuple(sorted({percent for _, percent in where})),
            each,
            whole,
        )
        for (each, whole), where in found.items()
    ]
    return sorted(rows, key=lambda row: -1 if row.whole is None else -row.whole.micros)


def _together(needs: Sequence[Money | None], currency: str) -> tuple[Money | None, Money | None]:
    """The highest of them, and their sum."""
    paid = [need for need in needs if need is not None]
    if len(paid) < len(needs):
        return None, None
    return max(paid), Money.total(paid, currency)
