"""Where every penny must be, counted apart from the ledger, from what was asked and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

Move = tuple[str, str, int]  # From, to, micros.


@dataclass
class Expected:
    """Balances by account (what came in less what went out), and what pay-backs have reserved.

    `moves` are those since they were last compared; `seen` counts what was seen, by its name.
    """

    balances: Counter[str] = field(default_factory=Counter)
    reserved: Counter[str] = field(default_factory=Counter)
    moves: Counter[Move] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def move(self, debit: str, credit: str, micros: int) -> None:
        """Let an amount go from one account to another; nothing, where it is nothing."""
        if micros < 0:
            raise AssertionError(f"{micros} would go from {debit} to {credit}")
        if micros:
            self.balances[debit] -= micros
            self.balances[credit] += micros
            self.moves[(debit, credit, micros)] += 1

    def spendable(self, wallet: str) -> int:
        """What is in a wallet and not reserved."""
        return self.balances[wallet] - self.reserved[wallet]
