"""The store's bank, apart from the store: what people paid in, and the statements it writes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.bank_statements import IBAN, Line, camt

_TAG = re.compile(r"\bT\d{6}\b")


@dataclass(frozen=True)
class Booked:
    """One movement as the bank booked it. `slips` are those whose reference it really bears; two
    that nothing tells apart have the same `tag`."""

    tag: str
    day: date
    micros: int  # Below zero: it went out.
    text: str
    ref: str = ""
    structured: str = ""
    slips: frozenset[str] = frozenset()
    is_reversal: bool = False

    @property
    def line(self) -> Line:
        """As the statement tells it."""
        return Line(
            amount=f"{self.micros / 1_000_000:.2f}",
            text=self.text,
            ref=self.ref,
            structured=self.structured,
            on=self.day.isoformat(),
            is_reversal=self.is_reversal,
        )


@dataclass
class Bank:
    """One account, in euros. It begins with a hundred."""

    booked: list[Booked] = field(default_factory=list)
    opening_micros: int = 100_000_000
    statements: int = 0

    def book(self, movement: Booked) -> None:
        """Days come in order: one that a clock which was set back names is the newest again."""
        self.booked.append(movement)

    @property
    def today(self) -> date:
        """The newest day of the account."""
        return max((one.day for one in self.booked), default=date(2026, 1, 1))

    def tell(
        self, *, since: date, version: str, iban: str = IBAN, leave_out: bool = False
    ) -> tuple[bytes, list[Booked]]:
        """The statement of all from that day on, and what it tells; one that is not whole where
        the last is left out, though it counts."""
        before = [one for one in self.booked if one.day < since]
        told = [one for one in self.booked if one.day >= since]
        opening = self.opening_micros + sum(one.micros for one in before)
        closing = opening + sum(one.micros for one in told)
        self.statements += 1
        shown: Sequence[Booked] = told[:-1] if leave_out else told
        file = camt(
            [one.line for one in shown],
            version=version,
            opening=f"{opening / 1_000_000:.2f}",
            closing=f"{closing / 1_000_000:.2f}",
            on=self.today.isoformat(),
            number=f"{self.today.year}/{self.statements}",
            iban=iban,
        )
        return file, told


def tag_of(text: str) -> str:
    """The mark by which an entry of the store is found again among those of the bank."""
    found = _TAG.search(text)
    assert found is not None, f"{text!r} was never booked"
    return found.group()
