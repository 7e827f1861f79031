"""What every way to pay shares: the refusal, the names of the accounts, money coming in."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from pennywhistle.kit.money import Money, micros_in_minor_unit
from pennywhistle.shop.ledger.rules import TransferFacts


class PaymentError(Exception):
    """A top-up or a voucher that is refused, with what to do."""


class OtherWalletError(PaymentError):
    """Money in another currency than the wallet's."""

    def __init__(self, *, wallet: str, currency: str) -> None:
        self.wallet, self.currency = wallet, currency
        super().__init__(f"This is in {currency}, and the wallet is in {wallet}.")


def bonus_at(*, amount: Money, percent: Fraction) -> Money:
    """What the store adds to `amount`: whole minor units, rounded down."""
    unit = micros_in_minor_unit(amount.currency)
    return Money(int(amount.micros * percent / 100 // unit) * unit, amount.currency)


def wallet_code(*, person_id: int, currency: str) -> str:
    """The ledger account of a person's wallet."""
    return f"wallet/{person_id}/{currency}"


def clearing_code(*, gateway: str, currency: str) -> str:
    """The ledger account of what a gateway has taken and owes to the store."""
    return f"clearing/{gateway}/{currency}"


def held_code(*, person_id: int, currency: str) -> str:
    """The ledger account of a person's money that a dispute freezes."""
    return f"held/{person_id}/{currency}"


def fees_code(*, gateway: str, currency: str) -> str:
    """The ledger account of what a gateway charges."""
    return f"fees/{gateway}/{currency}"


def promotions_code(*, currency: str) -> str:
    """The ledger account of what the store gives to wallets."""
    return f"promotions/{currency}"


def credit_transfer(
    *,
    person_id: int,
    gateway: str,
    amount: Money,
    reason: str,
    document: str,
    posted_at: datetime,
) -> TransferFacts:
    """What came in through a gateway, on its way into a wallet."""
    return TransferFacts(
        key=document,
        debit=clearing_code(gateway=gateway, currency=amount.currency),
        credit=wallet_code(person_id=person_id, currency=amount.currency),
        amount=amount,
        reason=reason,
        document=document,
        posted_at=posted_at,
    )
