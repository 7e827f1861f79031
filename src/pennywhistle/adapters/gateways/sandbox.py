"""A card gateway of pretend money, with a memory of its own as a real one has.

Test numbers, in the way of Stripe's (https://docs.stripe.com/testing):

| number | what happens |
|---|---|
| 4242 4242 4242 4242 | succeeds at once |
| 4000 0000 0000 0002 | declined: the card was refused |
| 4000 0000 0000 9995 | declined: not enough money on the card |
| 4000 0000 0000 0077 | pending, and succeeds `DELAY` later |
| 4000 0000 0000 0341 | pending, and is declined `DELAY` later |
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stdnum import luhn

from pennywhistle.adapters.gateways.interface import (
    Card,
    CardRefusedError,
    ChargeState,
    GatewayUnreachableError,
)
from pennywhistle.kit.money import Money

# How long a delayed charge stays pending.
DELAY = timedelta(seconds=5)

_DECLINES = {
    "4000000000000002": "The card was declined.",
    "4000000000009995": "There is not enough money on the card.",
    "4000000000000341": "The bank declined the payment after a while.",
}
_DELAYS = {"4000000000000077", "4000000000000341"}
_SUCCEEDS = {"4242424242424242", "4000000000000077"}


@dataclass(frozen=True, slots=True)
class SandboxGateway:
    """Charges are files under `folder`, one per reference."""

    folder: Path
    name: str = "sandbox"

    def charge(self, *, reference: str, amount: Money, card: Card, now: datetime) -> ChargeState:
        """See `Gateway.charge`. Raises `CardRefusedError` for a number that is not a test card's,
        and `GatewayUnreachableError` where its folder cannot be written or read."""
        with _unreachable_by_files():
            return self._charge(reference, amount, card, now)

    def find_charge(self, *, reference: str, now: datetime) -> ChargeState | None:
        """See `Gateway.find_charge`. Raises `GatewayUnreachableError` as `charge` does."""
        with _unreachable_by_files():
            return self._find(reference, now)

    def _charge(self, reference: str, amount: Money, card: Card, now: datetime) -> ChargeState:
        known = self._find(reference, now)
        if known is not None:
            return known
        number = "".join(card.number.split())
        if not luhn.is_valid(number):
            raise CardRefusedError("This card number has a typing error. Check its digits.")
        if number not in _DECLINES and number not in _SUCCEEDS:
            raise CardRefusedError("This shop takes test cards only. Use one from the list.")
        self._remember(
            {
                "reference": reference,
                "number": number,
                "micros": amount.micros,
                "currency": amount.currency,
                "charged_at": now.isoformat(),
            }
        )
        return self._state(reference, now)

    def _find(self, reference: str, now: datetime) -> ChargeState | None:
        return self._state(reference, now) if self._path(reference).exists() else None

    def _path(self, reference: str) -> Path:
        if not reference.replace("-", "").isalnum():
            raise CardRefusedError(f"{reference!r} is not a reference")
        return self.folder / f"{reference}.json"

    def _remember(self, charge: dict[str, str | int]) -> None:
        """Keep the charge whole or not at all; the first one under a reference stays."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(str(charge["reference"]))
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            fresh.write_text(json.dumps(charge), encoding="utf-8")
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)

    def _state(self, reference: str, now: datetime) -> ChargeState:
        charge = json.loads(self._path(reference).read_text(encoding="utf-8"))
        number = charge["number"]
        is_due = now >= datetime.fromisoformat(charge["charged_at"]) + DELAY
        if number in _DELAYS and not is_due:
            state = "pending"
        else:
            state = "succeeded" if number in _SUCCEEDS else "declined"
        reason = _DECLINES.get(number, "") if state == "declined" else ""
        return ChargeState(
            reference=reference,
            state=state,
            amount=Money(charge["micros"], charge["currency"]),
            decline_reason=reason,
            raw={"reference": reference, "state": state, "last4": number[-4:]},
        )


@contextmanager
def _unreachable_by_files() -> Iterator[None]:
    """A folder that fails is this gateway's broken line."""
    try:
        yield
    except OSError as error:
        raise GatewayUnreachableError(
            f"The card service gave no answer: {error}. What became of the charge is asked later."
        ) from error
