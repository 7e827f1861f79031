"""See what became of everything that was asked for, and count the money that it must have moved.

The store's documents are believed only as far as the world bears them out: a top-up may have
succeeded where the gateway's own memory says so, a sale line says what its offer said, an entry what
the bank booked. What they must have moved is counted in `Expected`, by rules written down here anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tests.simulation.expected import Expected
from tests.simulation.seen_bank import SeenBank
from tests.simulation.seen_cards import SeenCards
from tests.simulation.seen_codes import SeenCodes
from tests.simulation.seen_payouts import SeenPayouts
from tests.simulation.seen_sales import SeenSales


@dataclass
class Sights:
    """What was asked for and is not at its end, and what has been seen, by its kind."""

    expected: Expected
    cards: SeenCards
    codes: SeenCodes
    bank: SeenBank
    sales: SeenSales
    payouts: SeenPayouts

    def look(self, now: datetime, touched: Collection[int]) -> None:
        """See everything that may have changed; `touched` are purchases that may have gone back."""
        self.cards.look(now)
        self.codes.look()
        self.bank.look()
        self.sales.look(now, touched)
        self.payouts.look()
