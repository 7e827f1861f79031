"""Quotes: the buyer's country from evidence, and what makes an offer stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.pricing.rules import PriceKind, Reduction

# How long an offer stands.
QUOTE_LASTS = timedelta(minutes=15)

# Lines of one quote.
LINES_MOST = 500


class SaleError(Exception):
    """A quote or a purchase that is refused, with what to do."""


class EmptyBasketError(SaleError):
    """A quote over nothing."""


class BasketTooLargeError(SaleError):
    """More lines than `LINES_MOST`."""


class NotForSaleError(SaleError):
    """A track that no licences cover there and then; `reasons` holds a line for each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))


class UnpaidPriceError(SaleError):
    """Prices that do not pay the tax and the tariffs of these `tracks`, by title."""

    def __init__(self, tracks: Sequence[str]) -> None:
        self.tracks = tuple(tracks)
        super().__init__(f"{', '.join(tracks)} cannot be sold at its price")


class TerritoryUnknownError(SaleError):
    """The buyer's country cannot be told.

    `contradicting` holds the pieces of evidence that speak of different countries, if they do.
    """

    def __init__(self, message: str, contradicting: Sequence[Evidence] = ()) -> None:
        self.contradicting = tuple(contradicting)
        super().__init__(message)


class OtherCurrencyError(SaleError):
    """A wallet in a currency that the shop does not sell in; `sold_in` says which it does."""

    def __init__(self, *, wallet: str, sold_in: Sequence[str]) -> None:
        self.wallet, self.sold_in = wallet, tuple(sold_in)
        super().__init__(
            f"Your wallet holds {wallet}, and this shop sells in {', '.join(sold_in)}. Buy in the "
            "shop where you filled it."
        )


class QuoteExpiredError(SaleError):
    """An offer that no longer stands."""


class QuoteNotYoursError(SaleError):
    """An offer made to someone else, or to nobody."""


class NotEnoughMoneyError(SaleError):
    """A wallet that does not hold the price; `missing` says how much lacks."""

    def __init__(self, *, missing: Money) -> None:
        self.missing = missing
        super().__init__(f"Your wallet lacks {missing} for this. Top it up and buy again.")


class AlreadyOwnedError(SaleError):
    """Something in the offer is in the buyer's library by now."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign of where the buyer is: `declared`, `ip`, `card`, `phone` or `local-network`.

    `country` is None where it says nothing. The kinds follow article 24f of Implementing Regulation
    (EU) 282/2011: https://eur-lex.europa.eu/eli/reg_impl/2011/282
    """

    kind: str
    country: str | None
    detail: str = ""


# What nobody but the buyer says.
_SAID_BY_THE_BUYER = frozenset({"declared", "phone"})

# Kinds that must agree on a country when another speaks against it.
AGREEING_AGAINST_ANOTHER = 2


def decide_territory(*, evidence: Sequence[Evidence], needed: int) -> str:
    """The country that the evidence agrees on. Worked table: `docs/money.md`.

    A thing said twice is one piece. Where pieces contradict each other, two kinds of which not both
    are the buyer's own word decide against fewer. Raises `TerritoryUnknownError` where they do not,
    or where fewer than `needed` kinds speak.
    """
    speaking = [piece for piece in evidence if piece.country]
    kinds: dict[str, set[str]] = {}
    for piece in speaking:
        if piece.country:
            kinds.setdefault(piece.country, set()).add(piece.kind)
    ranked = sorted(kinds, key=lambda country: len(kinds[country]), reverse=True)
    if len(ranked) > 1 and not _outweighs(kinds[ranked[0]], kinds[ranked[1]]):
        said = ", ".join(f"{piece.kind} says {piece.country}" for piece in speaking)
        raise TerritoryUnknownError(
            f"Your country cannot be told: {said}. Correct your country, or write to the shop.",
            speaking,
        )
    if not ranked or len(kinds[ranked[0]]) < needed:
        raise TerritoryUnknownError(
            "Your country is not known. Tell us where you live: prices, taxes and licences depend "
            "on it."
        )
    return ranked[0]


def _outweighs(kinds: set[str], others: set[str]) -> bool:
    return (
        len(kinds) >= max(AGREEING_AGAINST_ANOTHER, len(others) + 1)
        and not kinds <= _SAID_BY_THE_BUYER
    )


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One priced and licensed track; the shares and what is left to the store make the price.

    `tax_country` is whom the tax is owed to, empty where there is none. `list_price` is the price before any reduction, None where it is the price.
    """

    track_id: int
    recipe: str
    size_bytes: int
    size_is_exact: bool
    gross: Money
    vat_percent: Decimal
    tax: Money
    recording_licence_id: int
    recording: Money
    work_licence_id: int
    work: Money
    tax_country: str = ""
    list_price: Money | None = None
    price_kind: PriceKind = PriceKind.SIZE
    reductions: tuple[Reduction, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a quote freezes."""

    storefront_id: int
    price_list_id: int
    territory: str
    evidence: tuple[Evidence, ...]
    lines: tuple[OfferLine, ...]
    currency: str
    promotion_code: str = ""

    @property
    def total(self) -> Money:
        """The sum of the lines."""
        return Money.total((line.gross for line in self.lines), self.currency)


def check_basket_size(*, lines: int) -> None:
    """Raise for a basket of nothing, or of more than `LINES_MOST`."""
    if lines == 0:
        raise EmptyBasketError("Your basket is empty, or you own all of it already.")
    if lines > LINES_MOST:
        raise BasketTooLargeError(f"A basket holds {LINES_MOST} tracks; this one has {lines}.")


def check_quote_stands(*, expires_at: datetime, now: datetime) -> None:
    """Raise `QuoteExpiredError` from `expires_at` on."""
    if now >= expires_at:
        raise QuoteExpiredError("This offer has run out. Look at the prices again.")


def sale_document(*, quote_id: object, number: int) -> str:
    """What the transfers of one sale line are filed under."""
    return f"sale/{quote_id}/{number}"


def receipts_code(*, currency: str) -> str:
    """The ledger account that sales come into; what stays there is the store's."""
    return f"sales/{currency}"


def vat_code(*, country: str, currency: str) -> str:
    """The ledger account of tax owed to a country."""
    return f"vat/{country}/{currency}"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line of a sale, with the names that a receipt prints.

    `tax_country` is whom the tax is owed to, empty where there is none. `list_price` is the price
    before any reduction; None, in a line that was not read from the database, where it is the price.
    """

    id: int
    number: int
    document: str
    person_id: int
    track_id: int
    title: str
    artist: str
    release: str
    isrc: str
    recipe: str
    size_bytes: int
    gross: Money
    vat_percent: Decimal
    tax: Money
    recording_licence_id: int
    recording: Money
    work_licence_id: int
    work: Money
    territory: str
    purchased_at: datetime
    tax_country: str = ""
    list_price: Money | None = None
    price_kind: PriceKind = PriceKind.SIZE
    reductions: tuple[Reduction, ...] = ()


def sale_transfers(*, line: LineFacts, wallet: str) -> list[TransferFacts]:
    """The price from the wallet into sales, and its tax on to the country."""
    receipts = receipts_code(currency=line.gross.currency)
    legs = [("sale", wallet, receipts, line.gross)]
    if line.tax:
        vat = vat_code(country=line.tax_country, currency=line.tax.currency)
        legs.append(("tax", receipts, vat, line.tax))
    return [
        TransferFacts(
            key=f"{line.document}/{reason}",
            debit=debit,
            credit=credit,
            amount=amount,
            reason=reason,
            document=line.document,
            posted_at=line.purchased_at,
        )
        for reason, debit, credit, amount in legs
    ]
