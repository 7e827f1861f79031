"""See what was set aside for licensors, and what left the bank."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from pennywhistle.shop.royalties.models import Payout
from tests.simulation.expected import Expected
from tests.simulation.listeners import UNITS

Payee = tuple[int, str]  # A licensor, and a currency.


@dataclass
class SeenPayouts:
    """Payouts that were asked for and are not at their end."""

    expected: Expected
    payouts: dict[UUID, Payee] = field(default_factory=dict)
    made: set[UUID] = field(default_factory=set)
    on_the_way: Counter[Payee] = field(default_factory=Counter)

    def look(self) -> None:
        """See everything that may have changed."""
        for row in Payout.objects.filter(pk__in=[*self.payouts]).select_related("end"):
            payee = self.payouts[row.pk]
            licensor_id, currency = payee
            payable, unit = f"royalties/{licensor_id}/{currency}", UNITS[currency]
            assert (row.licensor_id, row.currency) == payee
            if row.pk not in self.made:
                free = self.expected.balances[payable] - self.on_the_way[payee]
                assert row.amount_micros == free // unit * unit, "a payout leaves a cent or more"
                self.on_the_way[payee] += row.amount_micros
                self.made.add(row.pk)
            end = getattr(row, "end", None)
            if end is not None:
                if end.is_paid:
                    self.expected.move(payable, f"clearing/bank/{currency}", row.amount_micros)
                self.on_the_way[payee] -= row.amount_micros
                del self.payouts[row.pk]
                self.expected.seen["payout" if end.is_paid else "payout called off"] += 1
