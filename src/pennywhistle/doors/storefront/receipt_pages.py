"""What the receipt shows: plain values for its page and its PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pennywhistle.doors.storefront.library_pages import ZipLink
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class TaxRow:
    """The total at one rate of tax."""

    name: str
    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class BookEntry:
    """A transfer in the books, by its key."""

    key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One party's share. `tone` is its shade in the bar, which begins at `start` and is `width`
    wide, of a thousand; `percent` is rounded to a tenth."""

    name: str
    note: str
    amount: Money
    percent: Decimal
    tone: str
    start: float
    width: float
    entries: tuple[BookEntry, ...]


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A credit note: its number, its day, what it gave back, and its PDF."""

    name: str
    issued_at: datetime
    amount: Money
    url: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A purchase as it was charged. `name` is the receipt's number, empty until it is written.

    `proof_url` is empty where there is no proof: `proof_note` says why.
    `waiver` is what the buyer agreed to, empty where they were not asked. `business` is whom the
    receipt is made out to, empty for a consumer.
    """

    name: str
    purchase_id: int
    bought_at: datetime
    buyer: str
    business: tuple[str, ...]
    country: str
    lines: tuple[TillLine, ...]
    total: Money
    taxes: tuple[TaxRow, ...]
    shares: tuple[ShareRow, ...] = ()
    shares_note: str = ""
    pdf_url: str = ""
    proof_url: str = ""
    proof_note: str = ""
    credit_notes: tuple[PaperLink, ...] = ()
    waiver: str = ""
    waived_at: datetime | None = None
    is_fresh: bool = False
    zips: tuple[ZipLink, ...] = ()
