"""The worked tables of prices in `docs/money.md`, computed by the store's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    Use,
)
from pennywhistle.shop.pricing.lowest import lowest_price
from pennywhistle.shop.pricing.rules import (
    Ask,
    Priced,
    PriceKind,
    PromotionTerms,
    Upgrade,
    Whole,
    price_asks,
)
from pennywhistle.shop.sales.vat import vat_percent
from pennywhistle.shop.storefronts.rules import Tier, percent_text
from tests.guards.tables import markdown_table

_DAY = date(2026, 11, 24)
_RELEASE, _LABEL, _FLAC = 1, 1, "flac"


def _euros(text: str) -> Money:
    return Money.parse(text, "EUR")


def _licence(right: Right, tariff: TariffTerms) -> LicenceTerms:
    return LicenceTerms(
        id=1 if right is Right.RECORDING else 2,
        number="L-1",
        licensor_id=1,
        licensor="",
        right=right,
        repertoire=Repertoire("whole"),
        uses=frozenset({Use.DOWNLOAD}),
        territories=TerritorySet.worldwide(),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=None,
        tariff=tariff,
        document_reference="",
    )


def table_of_lowest_prices() -> str:
    """What tax and tariffs need, of net receipts and of gross."""
    rows = []
    for country, base, rate, floor in (
        ("US", "net-of-tax", "8/100", "0.01"),
        ("DE", "net-of-tax", "8/100", "0.01"),
        ("HU", "net-of-tax", "8/100", "0.01"),
        ("HU", "gross", "8/100", "0.01"),
        ("DE", "net-of-tax", "15/100", "0.07"),
        ("DE", "net-of-tax", "15/100", "0"),
        ("HU", "gross", "15/100", "0"),
    ):
        work = TariffTerms("W", 1, Fraction(rate), base, _euros(floor))
        recording = TariffTerms("R", 1, Fraction(65, 100), base, None)
        covered = Covered(
            recording=_licence(Right.RECORDING, recording), work=_licence(Right.WORK, work)
        )
        vat = vat_percent(country=country, day=_DAY)
        lowest = lowest_price(covered=covered, vat_percent=vat, currency="EUR")
        rows.append(
            (
                f"{country}, {vat}%",
                base,
                f"{float(work.rate):.0%}" + (f", at least {floor}" if floor != "0" else ""),
                "65%",
                "none does" if lowest is None else f"**{lowest}**",
            )
        )
    return markdown_table("buyer's VAT | base | work | recording | lowest price", rows)


def _song(
    number: int, listed: str, *, lowest: str = "0.03", upgrades: tuple[Upgrade, ...] = ()
) -> Ask:
    return Ask(
        number,
        _RELEASE,
        _LABEL,
        _FLAC,
        _euros(listed),
        PriceKind.SIZE,
        _euros(lowest),
        upgrades,
    )


def _whole(asks: Sequence[Ask], price: str) -> Whole:
    listed = {ask.track_id: ask.listed for ask in asks}
    return Whole(_RELEASE, _FLAC, _euros(price), PriceKind.ALBUM, listed)


def table_of_album_shares() -> str:
    """An album price over three songs, one of which needs more than its share."""
    asks = [_song(1, "0.62"), _song(2, "0.48"), _song(3, "0.09", lowest="0.08")]
    rows = []
    for price in ("1.00", "0.70", "0.10"):
        lines = price_asks(asks=asks, wholes=[_whole(asks, price)])
        total = Money.total((line.price for line in lines), "EUR")
        rows.append((price, *(f"{line.price.decimal:.2f}" for line in lines), f"**{total}**"))
    listed = " | ".join(f"{ask.listed.decimal:.2f} (≥ {ask.least.decimal:.2f})" for ask in asks)
    return markdown_table(f"album price | {listed} | together", rows)


def table_of_upgrades() -> str:
    """What a better file costs who has a smaller one."""
    rows = []
    for owned, listed, lowest in (
        ("0.26", "0.62", "0.03"),
        ("0.43", "0.62", "0.03"),
        ("0.60", "0.62", "0.03"),
    ):
        ask = _song(1, listed, lowest=lowest, upgrades=(Upgrade("sale/Q/1", _euros(owned)),))
        (line,) = price_asks(asks=[ask])
        rows.append((owned, listed, lowest, f"**{line.price}**"))
    return markdown_table("list price of what is owned | of what is wanted | lowest | price", rows)


def table_of_the_order() -> str:
    """One song, as each reduction in turn is applied."""
    upgrades = (Upgrade("sale/Q/1", _euros("0.26")),)
    tier = Tier(_euros("20"), Fraction(10))
    code = PromotionTerms("SPRING", Fraction(25))
    rows = []
    for lowest in ("0.03", "0.15", "0.18"):
        asks = [_song(1, "0.62", lowest=lowest, upgrades=upgrades), _song(2, "0.62", lowest=lowest)]
        line: Priced = price_asks(
            asks=asks, wholes=[_whole(asks, "0.90")], tier=tier, promotion=code
        )[0]
        left = line.ask.listed
        told = [f"{left.decimal:.2f}"]
        for reduction in line.reductions:
            left -= reduction.amount
            told.append(f"−{reduction.amount.decimal:.2f} = {left.decimal:.2f}")
        told += ["as it is"] * (5 - len(told))
        rows.append((lowest, *told, f"**{line.price}**"))
    head = f"lowest | list | half of 0.90 | owned 0.26 | −{percent_text(tier.percent)}% | code −25% | price"
    return markdown_table(head, rows)


TABLES: dict[str, Callable[[], str]] = {
    "lowest prices": table_of_lowest_prices,
    "album shares": table_of_album_shares,
    "upgrades": table_of_upgrades,
    "order of reductions": table_of_the_order,
}
