"""Receipts and credit notes: what each says, and its number.

What an invoice must say: article 226 of Directive 2006/112/EC, and article 226b for simplified ones
(up to 100 EUR, without the buyer's name). https://eur-lex.europa.eu/eli/dir/2006/112
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pennywhistle.kit.money import Money, round_half_up_to_minor
from pennywhistle.shop.sales.rules import LineFacts, SaleError

NUMBER_DIGITS = 6


class PaperError(SaleError):
    """A paper that cannot be written, with what to do."""


class PaperKind(StrEnum):
    """What a paper is; its letter begins the name of its series."""

    RECEIPT = "receipt"
    CREDIT_NOTE = "credit-note"


RECEIPT_LETTER = "R"
_LETTERS = {PaperKind.RECEIPT: RECEIPT_LETTER, PaperKind.CREDIT_NOTE: "C"}


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom a business has its papers made out to."""

    name: str
    address: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One track on a paper. Prices include tax."""

    document: str
    title: str
    artist: str
    release: str
    isrc: str
    recipe: str
    size_bytes: int
    list_price: Money
    price: Money
    vat_percent: Decimal
    tax: Money
    tax_country: str


@dataclass(frozen=True, slots=True)
class TaxSum:
    """What a paper's lines of one rate sum to; `country` is empty where no tax is owed."""

    country: str
    percent: Decimal
    net: Money
    tax: Money
    gross: Money

    @property
    def shown_tax(self) -> Money:
        """The tax in whole minor units, as a paper prints it."""
        return round_half_up_to_minor(Fraction(self.tax.micros), self.tax.currency)

    @property
    def shown_net(self) -> Money:
        """What is left of the total beside the tax as it is printed."""
        return self.gross - self.shown_tax


@dataclass(frozen=True, slots=True)
class PaperContent:
    """All that a paper says but its number and day.

    `dated_at` is the sale or the refund. `buyer` is None for a consumer, of whom a paper says
    nothing. `corrects` is the receipt that a credit note takes back from, empty for a receipt.
    """

    kind: PaperKind
    currency: str
    shop: str
    seller: str
    buyer: Buyer | None
    territory: str
    dated_at: datetime
    lines: tuple[PaperLine, ...]
    waiver_text: str = ""
    waived_at: datetime | None = None
    corrects: str = ""

    @property
    def total(self) -> Money:
        """What was paid or given back, tax included."""
        return Money.total((line.price for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        """The tax in the total."""
        return Money.total((line.tax for line in self.lines), self.currency)

    @property
    def taxes(self) -> list[TaxSum]:
        """The total by country and rate."""
        sums = []
        for country, percent in sorted({(row.tax_country, row.vat_percent) for row in self.lines}):
            rows = [
                row
                for row in self.lines
                if (row.tax_country, row.vat_percent) == (country, percent)
            ]
            gross = Money.total((row.price for row in rows), self.currency)
            tax = Money.total((row.tax for row in rows), self.currency)
            sums.append(TaxSum(country, percent, gross - tax, tax, gross))
        return sums

    @property
    def series(self) -> str:
        """The series that numbers it: one for each kind and year of its date in UTC."""
        return f"{_LETTERS[self.kind]}{self.dated_at.astimezone(UTC).year}"

    def as_json(self) -> dict[str, Any]:
        """As a paper stores it; `content_of_json` reads it."""
        stored: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_plain))
        return stored


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"a paper holds no {type(value).__name__}")


def content_of_json(stored: Mapping[str, Any]) -> PaperContent:
    """What `as_json` stored. Raises `PaperError` for what it could not have."""
    try:
        return _content(stored)
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise PaperError(f"this paper cannot be read: {error!r}") from None


def _content(stored: Mapping[str, Any]) -> PaperContent:
    buyer, waived_at = stored["buyer"], stored["waived_at"]
    return PaperContent(
        kind=PaperKind(stored["kind"]),
        currency=stored["currency"],
        shop=stored["shop"],
        seller=stored["seller"],
        buyer=Buyer(**buyer) if buyer else None,
        territory=stored["territory"],
        dated_at=datetime.fromisoformat(stored["dated_at"]),
        lines=tuple(_line(line) for line in stored["lines"]),
        waiver_text=stored["waiver_text"],
        waived_at=datetime.fromisoformat(waived_at) if waived_at else None,
        corrects=stored["corrects"],
    )


def _line(stored: Mapping[str, Any]) -> PaperLine:
    amounts = {name: Money(**stored[name]) for name in ("list_price", "price", "tax")}
    percent = Decimal(stored["vat_percent"])
    return PaperLine(**{**stored, **amounts, "vat_percent": percent})


def paper_lines(lines: Sequence[LineFacts]) -> tuple[PaperLine, ...]:
    """Sale lines as a paper prints them."""
    return tuple(
        PaperLine(
            document=line.document,
            title=line.title,
            artist=line.artist,
            release=line.release,
            isrc=line.isrc,
            recipe=line.recipe,
            size_bytes=line.size_bytes,
            list_price=line.list_price or line.gross,
            price=line.gross,
            vat_percent=line.vat_percent,
            tax=line.tax,
            tax_country=line.tax_country,
        )
        for line in lines
    )


def credit_note_of(
    receipt: PaperContent, *, receipt_name: str, documents: Collection[str], refunded_at: datetime
) -> PaperContent:
    """The credit note that gives back these lines of a receipt, as they stand on it.

    Raises `PaperError` for lines that the receipt does not have.
    """
    kept = tuple(line for line in receipt.lines if line.document in documents)
    if missing := set(documents) - {line.document for line in kept}:
        raise PaperError(f"{', '.join(sorted(missing))} is not on {receipt_name}")
    return replace(
        receipt,
        kind=PaperKind.CREDIT_NOTE,
        dated_at=refunded_at,
        lines=kept,
        waiver_text="",
        waived_at=None,
        corrects=receipt_name,
    )


def paper_name(*, series: str, number: int) -> str:
    """`R2026-000001`, as it is printed."""
    return f"{series}-{number:0{NUMBER_DIGITS}d}"


def receipt_document(*, purchase_id: int) -> str:
    """What makes the receipt of a purchase be written once."""
    return f"purchase/{purchase_id}"


def paper_digest(
    *, name: str, document: str, issued_at: datetime, content: Mapping[str, Any]
) -> str:
    """SHA-256 over everything that a paper says, whatever order the database keeps it in."""
    said = [name, document, _plain(issued_at), content]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
