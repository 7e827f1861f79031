"""What a gateway does for the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pennywhistle.kit.money import Money


class GatewayUnreachableError(Exception):
    """The gateway gave no answer: the charge may or may not have happened. Ask it later."""


class CardRefusedError(ValueError):
    """Card details that cannot be a card's, told before anything is charged."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a test card is told by. A real gateway's own page takes the card; we never see it."""

    number: str


@dataclass(frozen=True, slots=True)
class ChargeState:
    """What the gateway knows of one charge: `state` is `pending`, `succeeded` or `declined`."""

    reference: str
    state: str
    amount: Money
    decline_reason: str
    raw: dict[str, str]


class Gateway(Protocol):
    """A way to take money. `reference` is ours, and the same reference is charged once."""

    @property
    def name(self) -> str:
        """What the books call it: `sandbox`."""
        ...

    def charge(self, *, reference: str, amount: Money, card: Card, now: datetime) -> ChargeState:
        """Charge once; asked again with the same reference, answer as before."""
        ...

    def find_charge(self, *, reference: str, now: datetime) -> ChargeState | None:
        """What became of a charge, or None where it was never asked for."""
        ...
