"""What a sales report tells a licensor, whatever form it is written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pennywhistle.kit.money import Money

# https://kb.ddex.net/implementing-each-standard/best-practices-for-all-ddex-standards/
_PARTY_ID = re.compile(r"PADPIDA[a-zA-Z0-9]{1,40}")

# A word that names what the sales were made under: nothing that would divide a file's name.
_NO_WORD = re.compile(r"[^\w.-]+|_")


class PartyIdError(ValueError):
    """No id of a party in DDEX's list."""


def check_party_id(text: str) -> str:
    """The DDEX party id in `text`, as its list has it. Raises `PartyIdError`."""
    bare = text.strip().replace("-", "")
    if not _PARTY_ID.fullmatch(bare):
        raise PartyIdError(
            f"{text!r} is no DDEX party id: it reads like PADPIDA2014120301U; DDEX gives them out at "
            "https://dpid.ddex.net"
        )
    return bare


def one_word(text: str) -> str:
    """`The Whistle Stop` as `The-Whistle-Stop`: letters, digits, stops and hyphens alone."""
    return _NO_WORD.sub("-", text).strip("-")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or gets a report: its DDEX party id and its name."""

    party_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SoldTrack:
    """A recording as it was sold, on its release, and the work that it plays.

    Identifiers that are not known are empty.
    """

    id: int
    isrc: str
    title: str
    artist: str
    duration_ms: int
    release_id: int
    icpn: str
    release_title: str
    release_artist: str
    label: str
    p_line: str
    work_id: int
    iswc: str
    work_title: str
    composer: str


@dataclass(frozen=True, slots=True)
class ReportedSale:
    """One sale line for one right, or the refund of one, which is of the day that it happened on.

    `net_price`, without tax, and `due` are of the sale, above zero for a refund too;
    `transaction_id` is what the ledger files it under.
    """

    transaction_id: str
    happened_on: date
    territory: str
    is_refund: bool
    net_price: Money
    due: Money
    recipe: str
    is_upgrade: bool
    store_pays_work: bool
    track: SoldTrack

    @property
    def usages(self) -> int:
        """What it adds to the count of sales."""
        return -1 if self.is_refund else 1

    @property
    def net_revenue(self) -> Money:
        """What it adds to the store's receipts without tax."""
        return -self.net_price if self.is_refund else self.net_price

    @property
    def owed(self) -> Money:
        """What it adds to what the licensor is owed."""
        return -self.due if self.is_refund else self.due


@dataclass(frozen=True, slots=True)
class Turnover:
    """All that the store sold in one country and currency, less what it took back."""

    usages: int
    net_revenue: Money


@dataclass(frozen=True, slots=True)
class SalesReport:
    """The sales of one licensor, right, currency and period; `turnover` by territory is the store's.

    `ends_on` is its last day. `service` is one word: what was sold where, and in which currency.
    """

    created_at: datetime
    starts_on: date
    ends_on: date
    sender: Party
    recipient: Party
    service: str
    currency: str
    sales: tuple[ReportedSale, ...]
    turnover: Mapping[str, Turnover]

    @property
    def territories(self) -> list[str]:
        """Where something was sold or given back."""
        return sorted({sale.territory for sale in self.sales})
