"""The sandbox's test numbers, what becomes of each, and what the sandbox charges. Pure.

Numbers in the way of Stripe's (https://docs.stripe.com/testing):

| number | what happens |
|---|---|
| 4242 4242 4242 4242 | succeeds at once |
| 4000 0000 0000 0002 | declined: the card was refused |
| 4000 0000 0000 9995 | declined: not enough money on the card |
| 4000 0000 0000 0077 | pending, and succeeds `DELAY` later |
| 4000 0000 0000 0341 | pending, and is declined `DELAY` later |
| 4000 0000 0000 3220 | asks the listener first, and does as they answer |
| 4000 0027 6000 0016 | succeeds at once, and its bank is in Germany; no other card says where it is from |
| 4000 0000 0000 5126 | succeeds; a refund of it is declined `DELAY` after it succeeded |
| 4000 0000 0000 7726 | succeeds; a refund of it is pending, and succeeds `DELAY` later |
| 4000 0000 0000 1976 | succeeds; the bank inquires `DELAY` later and takes nothing |
| 4000 0000 0000 2685 | succeeds; disputed `DELAY` later, won `DISPUTE_LASTS` after that |
| 4000 0000 0000 0259 | succeeds; disputed `DELAY` later, lost `DISPUTE_LASTS` after that |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from stdnum import luhn

from pennywhistle.adapters.gateways.interface import CardRefusedError
from pennywhistle.kit.money import Money, round_half_up_to_minor

# How long a delayed charge or refund stays pending, and a dispute takes to come.
DELAY = timedelta(seconds=5)

# How long a dispute stays open.
DISPUTE_LASTS = timedelta(days=30)

# What Stripe asks for a European card and for a dispute, so that books made here look like real
# ones: 1.5% and 0.25, and 20.00. https://stripe.com/ie/pricing
_FEE_RATE = Fraction(15, 1000)
_FEE_MINOR_UNITS = 25
_DISPUTE_FEE_MINOR_UNITS = 2_000

# A refund of this name bears no reference of the store: somebody made it at the gateway itself.
BY_HAND = "by-hand-"

ASKS_FIRST = "4000000000003220"
REFUND_DECLINED_LATER = "4000000000005126"
REFUND_PENDING = "4000000000007726"
# The cards whose bank tells its country. The others leave it to what else is known of a listener.
COUNTRIES = {"4000002760000016": "DE"}

_DECLINES = {
    "4000000000000002": "The card was declined.",
    "4000000000009995": "There is not enough money on the card.",
    "4000000000000341": "The bank declined the payment after a while.",
}
_DELAYED = {"4000000000000077", "4000000000000341"}
# How the dispute of a charge ends; an inquiry stays one.
_DISPUTED = {"4000000000001976": "inquiry", "4000000000002685": "won", "4000000000000259": "lost"}
_SUCCEEDS = {"4242424242424242", "4000000000000077", ASKS_FIRST, *COUNTRIES}
_KNOWN = _SUCCEEDS | _DECLINES.keys() | _DISPUTED.keys() | {REFUND_DECLINED_LATER, REFUND_PENDING}


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """One charge as the sandbox remembers it. `answer` is empty, `accepted`, `refused` or
    `cancelled`."""

    reference: str
    number: str
    amount: Money
    begun_at: datetime
    charged_at: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """One refund as the sandbox remembers it."""

    refund_reference: str
    charge: ChargeRecord
    amount: Money
    asked_at: datetime

    @property
    def reference_given(self) -> str:
        """What the store called it; empty for one that was made at the gateway."""
        return "" if self.refund_reference.startswith(BY_HAND) else self.refund_reference


def read_number(text: str) -> str:
    """The digits of a test card. Raises `CardRefusedError` for a number that is not one."""
    number = "".join(text.split())
    if not luhn.is_valid(number):
        raise CardRefusedError("This card number has a typing error. Check its digits.")
    if number not in _KNOWN:
        raise CardRefusedError("This shop takes test cards only. Use one from the list.")
    return number


def taken_at(charge: ChargeRecord) -> datetime | None:
    """When a charge is decided, or None where nobody has taken it or the listener is asked."""
    if charge.charged_at is None:
        return None
    if charge.number == ASKS_FIRST:
        return charge.answered_at
    return charge.charged_at + (DELAY if charge.number in _DELAYED else timedelta())


def state_of(charge: ChargeRecord, now: datetime) -> tuple[str, str]:
    """A charge's state at an instant, and why it was declined."""
    if charge.answer == "cancelled":
        return "declined", "The card was not charged."
    if charge.charged_at is None:
        return "begun", ""
    if charge.answer == "refused":
        return "declined", "The bank could not make sure that it was you."
    decided_at = taken_at(charge)
    if decided_at is None:
        return "action", ""
    if now < decided_at:
        return "pending", ""
    reason = _DECLINES.get(charge.number, "")
    return ("declined" if reason else "succeeded"), reason


def fee_of(charge: ChargeRecord) -> Money:
    """What the sandbox keeps of a charge that succeeded."""
    share = round_half_up_to_minor(charge.amount.micros * _FEE_RATE, charge.amount.currency)
    return share + Money.of_minor(_FEE_MINOR_UNITS, charge.amount.currency)


def dispute_fee(currency: str) -> Money:
    """What the sandbox charges for a dispute that took money."""
    return Money.of_minor(_DISPUTE_FEE_MINOR_UNITS, currency)


def disputed_at(charge: ChargeRecord) -> datetime | None:
    """When the bank turns against a charge, if it ever does."""
    if charge.number not in _DISPUTED or charge.charged_at is None:
        return None
    return charge.charged_at + DELAY


def dispute_state(charge: ChargeRecord, now: datetime) -> str:
    """`inquiry`, `open`, `won` or `lost`; empty while there is no dispute."""
    opened_at, end = disputed_at(charge), _DISPUTED.get(charge.number, "")
    if opened_at is None or now < opened_at:
        return ""
    return end if end == "inquiry" or now >= opened_at + DISPUTE_LASTS else "open"


def refund_state(refund: RefundRecord, now: datetime) -> tuple[str, str]:
    """A refund's state at an instant, and why it was declined."""
    is_due = now >= refund.asked_at + DELAY
    if refund.charge.number == REFUND_PENDING and not is_due:
        return "pending", ""
    if refund.charge.number == REFUND_DECLINED_LATER and is_due:
        return "declined", "The card could not take the money back."
    return "succeeded", ""
