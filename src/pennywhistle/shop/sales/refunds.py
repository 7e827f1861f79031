"""A sale line given back: its stored transfers, the other way round (law 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.sales.rules import SaleError

# Letters of the reason that an operator writes down.
NOTE_LENGTH_MOST = 300


class RefundReason(StrEnum):
    """Why a line was given back."""

    BAD_FILE = "bad-file"
    WITHDRAWAL = "withdrawal"  # Within the fortnight of whoever did not give the right up.
    MISTAKE = "mistake"  # A wrong price, a wrong song, a sale that should not have been.
    GOODWILL = "goodwill"


class RefundError(SaleError):
    """A refund that cannot be made, with what to do."""


class UnknownSaleLineError(RefundError):
    """A line that was never sold, or not to this person."""


class UpgradedLineError(RefundError):
    """A line on which an upgrade stands, whose price was only the difference."""


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """One line given back: `amount` went into the wallet. `document` files its transfers."""

    id: int
    sale_line_id: int
    sale_document: str
    document: str
    amount: Money
    reason: str
    note: str
    refunded_at: datetime


def refund_document(*, sale_document: str) -> str:
    """What the refund of the sale line `sale/Q/1` is filed under: `refund/Q/1`."""
    return f"refund/{sale_document.removeprefix('sale/')}"


def refund_transfers(
    *, posted: Sequence[TransferFacts], refunded_at: datetime
) -> list[TransferFacts]:
    """What reverses the stored transfers of one sale line: each its own way back, exactly.

    Nothing is recomputed: a rate, a tariff or a licence that is another by now changes nothing. A
    reversal keeps the reason of what it reverses, so that the sums of a reason come out right.
    """
    return [
        TransferFacts(
            key=refund_document(sale_document=transfer.key),
            debit=transfer.credit,
            credit=transfer.debit,
            amount=transfer.amount,
            reason=transfer.reason,
            document=refund_document(sale_document=transfer.document),
            posted_at=refunded_at,
            reverses_key=transfer.key,
        )
        for transfer in posted
    ]


def check_not_upgraded(
    *, documents: Collection[str], upgrades: Collection[tuple[str, str]], refunded: Collection[str]
) -> None:
    """Raise `UpgradedLineError` where an upgrade would be left without what it was an upgrade of.

    `upgrades` holds the document of each upgrade that stands with that of a line it built on;
    `refunded` are the documents that go back at the same time.
    """
    for upgrade, base in upgrades:
        if base in documents and upgrade not in refunded:
            raise UpgradedLineError(
                f"{base} was upgraded by {upgrade}, which cost only the difference: give the "
                "upgrade back first, or both together"
            )
