"""The worked tables of `docs/money.md`, computed by the store's own rules.

`python -m tests.guards.money_tables` (`make tables`) writes them into the page; a test finds a page
whose tables the rules no longer make.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe, size_of
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    Use,
)
from pennywhistle.shop.payments.rules import credit_transfer, wallet_code
from pennywhistle.shop.royalties.rules import (
    Shares,
    TariffsExceedPriceError,
    divide_price,
    royalty_transfers,
)
from pennywhistle.shop.sales.rules import LineFacts, sale_document, sale_transfers
from pennywhistle.shop.sales.vat import vat_percent
from pennywhistle.shop.storefronts.rules import Prices, price_of
from tests.guards import (
    aftercare_tables,
    bank_tables,
    book_tables,
    payout_tables,
    pending_tables,
    price_tables,
    tax_tables,
    ways_to_pay_tables,
)
from tests.guards.house import ROOT
from tests.guards.tables import markdown_table, rewrite

PAGE = ROOT / "docs" / "money.md"
CURRENCY = "EUR"
DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TIE_KEY = "example"

# The demo shop's price list.
PRICES = Prices(
    price_list_id=1,
    lossy_per_mb=Money.parse("0.06", CURRENCY),
    lossless_per_mb=Money.parse("0.04", CURRENCY),
    floor_per_track=Money.parse("0.05", CURRENCY),
)

# Three minutes of a compact disc's stereo; the measured sizes are made up, and usual for a whistle.
MASTER = MasterFacts(
    frames=180 * 44_100,
    sample_rate_hz=44_100,
    bits_per_sample=16,
    channels=2,
    flac_md5="",
    measured={"flac": MeasuredSize(15_400_000, ""), "alac": MeasuredSize(15_900_000, "")},
)
RECIPES = ("mp3-128", "mp3-192", "mp3-320", "opus-128", "flac", "wav")


def _licence(right: Right, rate: str, base: str, floor: str | None) -> LicenceTerms:
    return LicenceTerms(
        id=1 if right is Right.RECORDING else 2,
        number="L-1" if right is Right.RECORDING else "S-1",
        licensor_id=1 if right is Right.RECORDING else 2,
        licensor="the label" if right is Right.RECORDING else "the society",
        right=right,
        repertoire=Repertoire("whole"),
        uses=frozenset({Use.DOWNLOAD}),
        territories=TerritorySet.worldwide(),
        starts_at=NOON,
        ends_at=None,
        tariff=TariffTerms(
            code="T",
            version=1,
            rate=Fraction(rate),
            base=base,
            floor_per_track=None if floor is None else Money.parse(floor, CURRENCY),
        ),
        document_reference="",
    )


def _covered(
    *, work: str = "15/100", recording: str = "65/100", base: str, floor: str | None
) -> Covered:
    return Covered(
        recording=_licence(Right.RECORDING, recording, base, None),
        work=_licence(Right.WORK, work, base, floor),
    )


def _shares(gross: Money, country: str, covered: Covered) -> Shares:
    percent = vat_percent(country=country, day=DAY)
    return divide_price(gross=gross, vat_percent=percent, covered=covered, tie_key=TIE_KEY)


def table_of_prices() -> str:
    """Size and price of one master in several recipes."""
    rows = []
    for code in RECIPES:
        recipe = get_recipe(code=code)
        size = size_of(recipe=recipe, master=MASTER)
        price = price_of(size_bytes=size.bytes, kind=recipe.priced_as, prices=PRICES)
        about = "" if size.is_exact else "about "
        rate = PRICES.lossless_per_mb if recipe.priced_as == "lossless" else PRICES.lossy_per_mb
        exact = Fraction(rate.micros * size.bytes, 1_000_000) / 1_000_000
        megabytes = Decimal(size.bytes) / 1_000_000
        rows.append(
            (
                f"`{code}`",
                f"{about}{size.bytes:,}",
                f"{about}{megabytes:.2f}",
                str(rate),
                f"{float(exact):.6f}",
                f"**{price}**",
            )
        )
    return markdown_table("recipe | bytes | MB | price of 1 MB | exactly | price", rows)


def table_of_rounding() -> str:
    """Where the price of a lossy file turns from one cent to the next."""
    rows = []
    for size in (100_000, 833_333, 916_666, 916_667, 1_083_333, 1_083_334):
        exact = Fraction(PRICES.lossy_per_mb.micros * size, 1_000_000)
        price = price_of(size_bytes=size, kind="lossy", prices=PRICES)
        why = (
            "the floor"
            if exact < PRICES.floor_per_track.micros
            else "half a cent or more: up"
            if price.micros > exact
            else "less than half a cent: down"
        )
        rows.append((f"{size:,}", f"{float(exact / 1_000_000):.8f}", price, why))
    return markdown_table("bytes | exactly | price | why", rows)


# gross, buyer's country, work's rate, base, work's floor
_DIVIDED = (
    ("0.26", "DE", "15/100", "net-of-tax", None),
    ("0.26", "IE", "15/100", "net-of-tax", None),
    ("0.26", "DE", "15/100", "gross", None),
    ("0.26", "US", "8/100", "net-of-tax", "0.01"),
    ("0.05", "US", "8/100", "net-of-tax", "0.01"),
    ("0.05", "DE", "15/100", "net-of-tax", None),
)


def table_of_shares() -> str:
    """How several prices divide, to the micro-unit."""
    rows = []
    for gross, country, rate, base, floor in _DIVIDED:
        price = Money.parse(gross, CURRENCY)
        shares = _shares(price, country, _covered(work=rate, base=base, floor=floor))
        parts = (shares.tax, shares.work, shares.recording, shares.store)
        if sum(part.micros for part in parts) != price.micros:
            raise AssertionError(f"{price} does not divide")
        vat = f"{country}, {vat_percent(country=country, day=DAY)}%"
        tariff = f"{float(Fraction(rate)):.0%}" + (f", at least {floor}" if floor else "")
        rows.append((gross, vat, base, tariff, *(f"{part.decimal:.6f}" for part in parts)))
    return markdown_table(
        "price | buyer's VAT | base | work's tariff | tax | work | recording | store", rows
    )


def line_too_cheap() -> str:
    """What the store says to tariffs that ask for more than the price."""
    price = Money.parse("0.05", CURRENCY)
    covered = _covered(work="15/100", recording="65/100", base="gross", floor="0.02")
    try:
        _shares(price, "HU", covered)
    except TariffsExceedPriceError as error:
        return f"> {error}"
    raise AssertionError("these tariffs fit the price")


def table_of_transfers() -> str:
    """Every transfer of a top-up and of one sale, and what stands on each account afterwards."""
    price = Money.parse("0.26", CURRENCY)
    covered = _covered(base="net-of-tax", floor=None)
    shares = _shares(price, "DE", covered)
    line = LineFacts(
        id=1,
        number=1,
        document=sale_document(quote_id="Q", number=1),
        person_id=7,
        track_id=1,
        title="",
        artist="",
        release="",
        isrc="",
        recipe="mp3-192",
        size_bytes=4_300_000,
        gross=price,
        vat_percent=vat_percent(country="DE", day=DAY),
        tax=shares.tax,
        recording_licence_id=1,
        recording=shares.recording,
        work_licence_id=2,
        work=shares.work,
        territory="DE",
        purchased_at=NOON,
        tax_country="DE",
    )
    transfers = [
        credit_transfer(
            person_id=7,
            gateway="sandbox",
            amount=Money.parse("5.00", CURRENCY),
            reason="top-up",
            document="top-up/T",
            posted_at=NOON,
        ),
        *sale_transfers(line=line, wallet=wallet_code(person_id=7, currency=CURRENCY)),
        *royalty_transfers(line=line, licensor_ids={Right.RECORDING: 1, Right.WORK: 2}),
    ]
    rows = [
        (f"`{each.key}`", f"`{each.debit}`", f"`{each.credit}`", f"{each.amount.decimal:.6f}")
        for each in transfers
    ]
    return markdown_table("key | from | to | amount", rows)


TABLES: dict[str, Callable[[], str]] = (
    {
        "prices": table_of_prices,
        "rounding": table_of_rounding,
        "shares": table_of_shares,
        "too cheap": line_too_cheap,
        "transfers": table_of_transfers,
    }
    | price_tables.TABLES
    | payout_tables.TABLES
    | ways_to_pay_tables.TABLES
    | aftercare_tables.TABLES
    | tax_tables.TABLES
    | book_tables.TABLES
    | pending_tables.TABLES
    | bank_tables.TABLES
)


if __name__ == "__main__":
    rewrite(PAGE, TABLES)
