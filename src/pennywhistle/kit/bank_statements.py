"""What a statement of a bank account tells, whatever form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One booked movement. Texts are as they came, empty where there were none.

    `bank_ref` is the bank's own reference of it; `part` counts the transactions of one booking from
    1 on. `batch_refs` are what an order of several payments was called. `is_reversal` is the bank taking an earlier one back.
    """

    is_credit: bool
    is_reversal: bool
    amount: Money
    booked_on: date
    bank_ref: str = ""
    part: int = 1
    end_to_end_ref: str = ""
    counterparty: str = ""
    counterparty_iban: str = ""
    structured_ref: str = ""
    text: str = ""
    batch_refs: tuple[str, ...] = ()

    @property
    def signed_micros(self) -> int:
        """What it adds to the account."""
        return self.amount.micros if self.is_credit else -self.amount.micros


@dataclass(frozen=True, slots=True)
class Statement:
    """The booked movements of one account, and the balances before and after them."""

    iban: str
    reference: str
    opening: Money
    closing: Money
    closing_on: date
    entries: tuple[StatementEntry, ...]
