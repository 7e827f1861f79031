"""What a seal says of a day, and the bytes that it is made of. `docs/proofs.md` tells it in prose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pennywhistle.kit.clock import Period
from pennywhistle.shop.ledger.rules import LedgerError, TransferFacts

# How long after its end a day is sealed: longer than any request that began within it.
SEALED_AFTER = timedelta(hours=1)

# How long a seal may be late: the worker may be at rest, or at work on older days.
SEAL_LATE_MOST = timedelta(hours=11)

# For how many days the books may have stood still for a day to be sealed without being asked: where
# nothing happened for longer, it may be that the clock is ahead.
QUIET_DAYS_MOST = 92

# What the first day of all is chained to.
NO_CHAIN = "0" * 64

# What the database says of a row that comes too late; `told_of_sealed_days` looks for it.
DAY_IS_SEALED = "this day is sealed"

# What a seal's entries are, by number; `sealed_entries.SOURCES` lists them. Days are sealed by the
# newest, and a day that was sealed by an older one is checked by that one. The third holds the file of
# the day's lines too.
FORMS = (1, 2, 3)
NEWEST_FORM = FORMS[-1]
FIRST_FORM_WITH_LINES = 3


class SealedDayError(LedgerError):
    """A row that is dated to a day which is sealed. Do it again: its time will be another."""


class SealBrokenError(LedgerError):
    """A day that cannot be sealed, as the one before it is not there."""


class ClockDoubtError(LedgerError):
    """A day that is not sealed by itself, since the clock may be ahead: what is sealed stays shut."""


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """How many entries a tree has, and its root in hex."""

    count: int
    root: str


@dataclass(frozen=True, slots=True)
class SealFacts:
    """One sealed day: the roots of its transfers and of its documents, and the chain so far.

    `form` says which entries were hashed: one of `FORMS`. `previous` is the chain of the day before;
    `chain` binds all of it, and so every day before. `lines_sha256` is of the bytes of the day's file
    of lines; empty for a day without lines, and before forms that have one.
    """

    day: date
    transfers: TreeFacts
    documents: TreeFacts
    previous: str
    form: int
    lines_sha256: str = ""

    @property
    def trees(self) -> dict[str, TreeFacts]:
        """Both trees by name."""
        return {"transfers": self.transfers, "documents": self.documents}

    @property
    def chain(self) -> str:
        """SHA-256 over all that the seal says, in hex: what gets published."""
        return hashlib.sha256(canonical(self.as_published())).hexdigest()

    def as_published(self) -> dict[str, str]:
        """The seal as names and values."""
        lines = {"lines_sha256": self.lines_sha256} if self.form >= FIRST_FORM_WITH_LINES else {}
        return {
            "format": f"pennywhistle seal {self.form}",
            "day": self.day.isoformat(),
            "previous": self.previous,
            "transfer_count": str(self.transfers.count),
            "transfers_root": self.transfers.root,
            "document_count": str(self.documents.count),
            "documents_root": self.documents.root,
            **lines,
        }


def canonical(entry: Mapping[str, str]) -> bytes:
    """Names and values, all text, as the only bytes that say them: JSON in ASCII, without blanks,
    sorted by name."""
    return json.dumps(dict(entry), sort_keys=True, separators=(",", ":")).encode("ascii")


def transfer_entry(facts: TransferFacts) -> dict[str, str]:
    """A transfer as names and values: a leaf of its day's tree."""
    return {
        "kind": "transfer",
        "key": facts.key,
        "debit": facts.debit,
        "credit": facts.credit,
        "amount_micros": str(facts.amount.micros),
        "currency": facts.amount.currency,
        "reason": facts.reason,
        "document": facts.document,
        "posted_at": instant_text(facts.posted_at),
        "phase": facts.phase.value,
        "reverses": facts.reverses_key or "",
        "settles": facts.settles_key or "",
    }


def instant_text(instant: datetime) -> str:
    """UTC to the microsecond: `2026-11-24T12:00:00.000000Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def day_of(instant: datetime) -> date:
    """The UTC day that an instant falls on."""
    return instant.astimezone(UTC).date()


def period_of(day: date) -> Period:
    """A UTC day as a period."""
    starts_at = datetime.combine(day, time(), UTC)
    return Period(starts_at, starts_at + timedelta(days=1))


def newest_day_to_seal(*, now: datetime) -> date:
    """The last day that ended at least `SEALED_AFTER` ago."""
    return day_of(now - SEALED_AFTER) - timedelta(days=1)


def newest_day_to_miss(*, now: datetime) -> date:
    """The last day whose seal should be there by now: it was due `SEAL_LATE_MOST` ago or earlier."""
    return newest_day_to_seal(now=now - SEAL_LATE_MOST)
