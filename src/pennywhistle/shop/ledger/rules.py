"""What a transfer is, and the fingerprint that tells a changed row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from pennywhistle.kit.money import Money


class LedgerError(Exception):
    """A posting that the books do not take."""


class KeyReusedError(LedgerError):
    """An idempotency key that already names another transfer."""


class OverdrawnError(LedgerError):
    """A guarded account (a wallet) that would fall below zero."""


class UnknownAccountError(LedgerError):
    """A transfer that names an account which was never opened."""


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What all accounts of one name are: the name is the first word of their codes, and their
    currency the last. `kind` is one of `models.Account.Kind`."""

    kind: str
    is_guarded: bool


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """What a transfer says: `amount` from account `debit` to account `credit`, by their codes.

    `key` makes it happen once: posting it again changes nothing, posting other facts under it
    raises. `document` groups the transfers of one event (`sale/<quote>/<line>`).
    """

    key: str
    debit: str
    credit: str
    amount: Money
    reason: str
    document: str
    posted_at: datetime
    reverses_key: str | None = None

    def check(self) -> None:
        """Raise `LedgerError` for what could never be posted."""
        if self.amount.micros <= 0:
            raise LedgerError(f"transfer {self.key}: the amount must be above zero: {self.amount}")
        if self.debit == self.credit:
            raise LedgerError(f"transfer {self.key}: both ends are {self.debit}")

    @property
    def digest(self) -> str:
        """SHA-256 over everything the row says, so that a row changed behind our back shows."""
        facts = (
            self.key,
            self.debit,
            self.credit,
            str(self.amount.micros),
            self.amount.currency,
            self.reason,
            self.document,
            self.posted_at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.reverses_key or "",
        )
        return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
