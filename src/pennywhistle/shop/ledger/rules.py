"""What a transfer is, and the fingerprint that tells a changed row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pennywhistle.kit.money import Money


class LedgerError(Exception):
    """A posting that the books do not take."""


class KeyReusedError(LedgerError):
    """An idempotency key that already names another transfer."""


class OverdrawnError(LedgerError):
    """A guarded account (a wallet) that would fall below zero."""


class UnknownAccountError(LedgerError):
    """A transfer that names an account which was never opened."""


class UnknownTransferError(LedgerError):
    """A transfer that settles or reverses one which was not posted before it."""


class SettledError(LedgerError):
    """A transfer that is settled or reversed a second time, or settled for more than is pending."""


class Phase(StrEnum):
    """What a transfer does to the balances.

    `POSTED` moves its amount at once. `PENDING` moves nothing and reserves its amount on a guarded
    debit account. It is settled at most once, by one that `POSTS`, which moves its own amount, at
    most what is pending, and frees the rest; or by one that `VOIDS`, which frees all of it.
    """

    POSTED = "posted"
    PENDING = "pending"
    POSTS = "posts"
    VOIDS = "voids"

    @property
    def moves(self) -> bool:
        """True where the amount leaves the one account for the other."""
        return self in MOVING

    @property
    def settles(self) -> bool:
        """True where it ends a pending transfer."""
        return self in (Phase.POSTS, Phase.VOIDS)


# The phases that all sums and balances count.
MOVING = (Phase.POSTED, Phase.POSTS)


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What all accounts of one name are: the name is the first word of their codes, and their
    currency the last. `kind` is one of `models.Account.Kind`."""

    kind: str
    is_guarded: bool


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be opened. `kind` is one of `models.Account.Kind`."""

    code: str
    currency: str
    kind: str
    is_guarded: bool = False


def new_account(*, code: str, chart: Mapping[str, AccountTerms]) -> NewAccount:
    """The account of that code as `chart` says of all of its name; `KeyError` for none of its."""
    terms = chart[code.partition("/")[0]]
    return NewAccount(code, code.rpartition("/")[2], terms.kind, terms.is_guarded)


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """What a transfer says: `amount` from account `debit` to account `credit`, by their codes.

    `key` makes it happen once: posting it again changes nothing, posting other facts under it
    raises. `document` groups the transfers of one event (`sale/<quote>/<line>`). `reverses_key`
    names one that moved the same amount the other way round. `settles_key` names the pending one
    that this one posts or voids, between the same accounts.
    """

    key: str
    debit: str
    credit: str
    amount: Money
    reason: str
    document: str
    posted_at: datetime
    reverses_key: str | None = None
    phase: Phase = Phase.POSTED
    settles_key: str | None = None

    def check(self) -> None:
        """Raise `LedgerError` for what could never be posted."""
        if self.amount.micros <= 0:
            raise LedgerError(f"transfer {self.key}: the amount must be above zero: {self.amount}")
        if self.debit == self.credit:
            raise LedgerError(f"transfer {self.key}: both ends are {self.debit}")
        if self.phase.settles != (self.settles_key is not None):
            raise LedgerError(
                f"transfer {self.key}: what posts or voids names what it settles, and nothing else "
                f"does: it is {self.phase} and settles {self.settles_key}"
            )
        if self.reverses_key is not None and self.phase is not Phase.POSTED:
            raise LedgerError(
                f"transfer {self.key}: a reversal is posted at once, not {self.phase}"
            )

    def check_reverses(self, other: TransferFacts) -> None:
        """Raise `LedgerError` unless this one moves back exactly what `other` moved."""
        ends = (other.credit, other.debit, other.amount)
        if not other.phase.moves or (self.debit, self.credit, self.amount) != ends:
            raise LedgerError(
                f"transfer {self.key} does not reverse {other.key}: that one is {other.phase}, "
                f"{other.amount} from {other.debit} to {other.credit}"
            )

    def check_settles(self, other: TransferFacts) -> None:
        """Raise `LedgerError` unless `other` is pending and this one settles it within its amount.

        What voids it names all of its amount.
        """
        if other.phase is not Phase.PENDING:
            raise SettledError(f"transfer {self.key}: {other.key} is {other.phase}, not pending")
        if (self.debit, self.credit) != (other.debit, other.credit):
            raise LedgerError(
                f"transfer {self.key} does not settle {other.key}: that one is from {other.debit} "
                f"to {other.credit}"
            )
        voids_a_part = self.phase is Phase.VOIDS and self.amount != other.amount
        if voids_a_part or self.amount > other.amount:
            raise SettledError(
                f"transfer {self.key}: {other.key} reserved {other.amount}, not {self.amount}"
            )

    @property
    def digest(self) -> str:
        """SHA-256 over everything the row says, so that a row changed behind our back shows."""
        facts: tuple[str, ...] = (
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
        if self.phase is not Phase.POSTED:
            facts += (self.phase.value, self.settles_key or "")
        return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
