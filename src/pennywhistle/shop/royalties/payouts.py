"""What of a balance is paid out: whole minor units, rounded down; the rest is carried (law 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.rules import clearing_code
from pennywhistle.shop.royalties.rules import RoyaltyError, payable_code

# The account at the bank that payouts leave from.
PAID_FROM = "bank"

_REFERENCE = re.compile(r"[0-9a-f]{32}")


class PayoutError(RoyaltyError):
    """A payout that cannot be made or ended, with what to do."""


class NothingToPayError(PayoutError):
    """A balance of less than one minor unit that is not on its way already."""


class UnknownPayoutError(PayoutError):
    """An id that no payout has."""


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as its transfers are made from it; `ended_at` is None while it is on its way.

    `file_id` is the file of payments that it stands in, `booked_on` the day on which the bank booked
    it, `returned_at` when it was known to have come back. `ended_at` is when the store heard of it.
    """

    id: UUID
    licensor_id: int
    licensor: str
    amount: Money
    made_at: datetime
    ended_at: datetime | None = None
    is_paid: bool = False
    file_id: UUID | None = None
    booked_on: date | None = None
    returned_at: datetime | None = None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"payout/{self.id}"

    @property
    def reference(self) -> str:
        """What it is called from bank to bank."""
        return bank_reference(id=self.id)

    @property
    def is_open(self) -> bool:
        """True while it is on its way."""
        return self.ended_at is None


def bank_reference(*, id: UUID) -> str:  # noqa: A002 - it is one
    """The end-to-end id of a payout, the message id of a file: at most 35 letters of SEPA's set."""
    return id.hex.upper()


def read_bank_reference(*, text: str) -> UUID | None:
    """The id that a reference on a statement names, or None for one that is none of ours."""
    digits = "".join(letter for letter in text if letter not in " -").lower()
    return UUID(digits) if _REFERENCE.fullmatch(digits) else None


def payable_now(*, balance: Money, on_the_way: Money) -> Money:
    """What can be paid: the balance less what is on its way, rounded down to whole minor units.

    What is left of the balance after it is less than one minor unit, and is carried. Zero for a
    balance below it, which refunds of what was paid already may leave.
    """
    free = (balance - on_the_way).micros
    unit = micros_in_minor_unit(balance.currency)
    return Money(max(free // unit, 0) * unit, balance.currency)


def payout_transfers(*, payout: PayoutFacts) -> list[TransferFacts]:
    """Everything that a payout has moved by now: set aside first, then gone, or owed again; and back
    where it came back."""
    currency = payout.amount.currency
    legs = [(payout.document, Phase.PENDING, payout.made_at)]
    if payout.ended_at is not None:
        phase = Phase.POSTS if payout.is_paid else Phase.VOIDS
        legs.append((f"{payout.document}/{phase}", phase, payout.ended_at))
    payable = payable_code(licensor_id=payout.licensor_id, currency=currency)
    transfers = [
        TransferFacts(
            key=key,
            debit=payable,
            credit=clearing_code(gateway=PAID_FROM, currency=currency),
            amount=payout.amount,
            reason="payout",
            document=payout.document,
            posted_at=posted_at,
            phase=phase,
            settles_key=payout.document if phase.settles else None,
        )
        for key, phase, posted_at in legs
    ]
    if payout.returned_at is not None:
        transfers.append(_comes_back(transfers[-1], payout.returned_at))
    return transfers


def _comes_back(paid: TransferFacts, returned_at: datetime) -> TransferFacts:
    return TransferFacts(
        key=f"{paid.document}/returned",
        debit=paid.credit,
        credit=paid.debit,
        amount=paid.amount,
        reason="payout",
        document=paid.document,
        posted_at=returned_at,
        reverses_key=paid.key,
    )
