"""What of a balance is paid out: whole minor units, rounded down; the rest is carried (law 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.rules import clearing_code
from pennywhistle.shop.royalties.rules import RoyaltyError, payable_code

# The account at the bank that payouts leave from.
PAID_FROM = "bank"


class PayoutError(RoyaltyError):
    """A payout that cannot be made or ended, with what to do."""


class NothingToPayError(PayoutError):
    """A balance of less than one minor unit that is not on its way already."""


class UnknownPayoutError(PayoutError):
    """An id that no payout has."""


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as its transfers are made from it; `ended_at` is None while it is on its way."""

    id: UUID
    licensor_id: int
    licensor: str
    amount: Money
    made_at: datetime
    ended_at: datetime | None = None
    is_paid: bool = False

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"payout/{self.id}"


def payable_now(*, balance: Money, on_the_way: Money) -> Money:
    """What can be paid: the balance less what is on its way, rounded down to whole minor units.

    What is left of the balance after it is less than one minor unit, and is carried. Zero for a
    balance below it, which refunds of what was paid already may leave.
    """
    free = (balance - on_the_way).micros
    unit = micros_in_minor_unit(balance.currency)
    return Money(max(free // unit, 0) * unit, balance.currency)


def payout_transfers(*, payout: PayoutFacts) -> list[TransferFacts]:
    """Everything that a payout has moved by now: set aside first, then gone, or owed again."""
    currency = payout.amount.currency
    legs = [(payout.document, Phase.PENDING, payout.made_at)]
    if payout.ended_at is not None:
        phase = Phase.POSTS if payout.is_paid else Phase.VOIDS
        legs.append((f"{payout.document}/{phase}", phase, payout.ended_at))
    return [
        TransferFacts(
            key=key,
            debit=payable_code(licensor_id=payout.licensor_id, currency=currency),
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
