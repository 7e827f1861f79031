"""What a file of payments orders from a bank, whatever form it takes; and the letters it may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. `reference` goes from bank to bank, and comes back on statements; `bic` may be
    empty; `text` is what the payee reads."""

    reference: str
    amount: Money
    holder: str
    iban: str
    bic: str
    text: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """Payments from one account in one currency, to be made on one day."""

    reference: str
    version: str
    debtor: str
    iban: str
    bic: str
    execute_on: date
    made_at: datetime
    payments: tuple[Payment, ...]

    @property
    def total(self) -> Money:
        """The control sum; a file without payments has none."""
        return Money.total(
            [payment.amount for payment in self.payments], self.payments[0].amount.currency
        )
