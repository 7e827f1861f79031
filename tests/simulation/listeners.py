"""Who listens in the simulated store, and what they count in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

# Micros of one minor unit of each currency that the store sells in: cents, cents, yen.
UNITS: Mapping[str, int] = {"EUR": 10_000, "USD": 10_000, "JPY": 1_000_000}

# Per cent of the net price, from the same public tables as the store's, written down apart.
VAT = {
    "DE": Fraction(19),
    "AT": Fraction(20),
    "HU": Fraction(27),
    "FI": Fraction(51, 2),
    "US": Fraction(0),
}


@dataclass(frozen=True)
class Listener:
    """Somebody who has one wallet for ever, in one currency."""

    id: int
    country: str
    currency: str

    @property
    def wallet(self) -> str:
        """Their account in the books."""
        return f"wallet/{self.id}/{self.currency}"

    @property
    def held(self) -> str:
        """What disputes hold of theirs."""
        return f"held/{self.id}/{self.currency}"

    def micros(self, minor_units: int) -> int:
        """So many cents, or yen."""
        return minor_units * UNITS[self.currency]


Listeners = Mapping[int, Listener]
