"""Files of payments for the bank, and what its statements tell of them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from pennywhistle.kit.bank_statements import StatementEntry
from pennywhistle.kit.money import Money
from pennywhistle.kit.payment_files import Payment, PaymentFile
from pennywhistle.shop.royalties.payouts import (
    PayoutError,
    PayoutFacts,
    bank_reference,
    read_bank_reference,
)

# Payments of one file; the rest goes into the next.
PAYMENTS_MOST = 5_000


class NothingToSendError(PayoutError):
    """No payout that could go into a new file."""


class UnknownFileError(PayoutError):
    """An id that no file of payments has."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose account the money leaves, in letters that banks take."""

    debtor: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of payments, and its payments in their order."""

    id: UUID
    version: str
    sender: Sender
    execute_on: date
    made_at: datetime
    payments: tuple[Payment, ...]

    @property
    def contents(self) -> PaymentFile:
        """What is written for the bank."""
        return PaymentFile(
            reference=bank_reference(id=self.id),
            version=self.version,
            debtor=self.sender.debtor,
            iban=self.sender.iban,
            bic=self.sender.bic,
            execute_on=self.execute_on,
            made_at=self.made_at,
            payments=self.payments,
        )


def digest_of(*, file: PaymentFile) -> str:
    """The SHA-256 of everything that a file says, whatever form it is written in."""
    facts = [file.reference, file.version, file.debtor, file.iban, file.bic]
    facts += [file.execute_on.isoformat(), file.made_at.astimezone(UTC).isoformat()]
    for each in file.payments:
        facts += [each.reference, str(each.amount.micros), each.amount.currency]
        facts += [each.holder, each.iban, each.bic, each.text]
    return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FileHead:
    """A file of payments as lists show it; `open_count` of its payouts are still on their way."""

    id: UUID
    made_at: datetime
    payment_count: int
    total: Money
    open_count: int = 0


@dataclass(frozen=True, slots=True)
class Sign:
    """What an entry of the bank account says of a payout: that it left, or that it came back.

    `trouble` says why nothing is to follow, and is empty where something is.
    """

    payout_id: UUID
    entry_key: str
    booked_on: date
    is_return: bool
    trouble: str = ""


def named_by(*, entries: Sequence[StatementEntry]) -> frozenset[UUID]:
    """Every id of a payout or of a file that entries may name."""
    texts = {text for entry in entries for text in (entry.end_to_end_ref, *entry.batch_refs)}
    found = (read_bank_reference(text=text) for text in texts)
    return frozenset(each for each in found if each is not None)


def read_signs(
    *,
    entries: Mapping[str, StatementEntry],
    payouts: Mapping[UUID, PayoutFacts],
    files: Mapping[UUID, tuple[FileHead, Sequence[UUID]]],
) -> list[Sign]:
    """What a statement's entries, by their keys, say of payouts: first what left, then what came back.

    An entry names a payout by its end-to-end id, or the whole of a file by the file's. One whose
    amount is another says nothing but that.
    """
    signs: list[Sign] = []
    for key, entry in entries.items():
        file = _file_named(entry, files)
        is_whole = file is not None and not _differ(entry.amount, file[0].total)
        payout_id = read_bank_reference(text=entry.end_to_end_ref)
        # The whole of a file may bear the end-to-end id of its first payment.
        if payout_id is not None and payout_id in payouts and not is_whole:
            signs.append(_sign_of(key, entry, payouts[payout_id]))
        elif file is not None:
            signs += _signs_of_all(key, entry, *file)
    return sorted(signs, key=lambda sign: sign.is_return)


def _file_named(
    entry: StatementEntry, files: Mapping[UUID, tuple[FileHead, Sequence[UUID]]]
) -> tuple[FileHead, Sequence[UUID]] | None:
    if entry.is_credit:
        return None
    ids = (read_bank_reference(text=text) for text in entry.batch_refs)
    return next((files[each] for each in ids if each is not None and each in files), None)


def _sign_of(key: str, entry: StatementEntry, payout: PayoutFacts) -> Sign:
    trouble = ""
    if _differ(entry.amount, payout.amount):
        moved = "came back" if entry.is_credit else "left"
        trouble = f"payout {payout.id} is of {payout.amount}, and {entry.amount} {moved}"
    elif entry.is_reversal and not entry.is_credit:
        trouble = f"payout {payout.id} came back, and the bank took that back"
    return Sign(payout.id, key, entry.booked_on, entry.is_credit, trouble)


def _differ(one: Money, other: Money) -> bool:
    return (one.micros, one.currency) != (other.micros, other.currency)


def _signs_of_all(
    key: str, entry: StatementEntry, file: FileHead, payout_ids: Sequence[UUID]
) -> list[Sign]:
    if _differ(entry.amount, file.total):
        trouble = f"file {file.id} is of {file.total}, and {entry.amount} left: see which was sent"
        return [Sign(payout_ids[0], key, entry.booked_on, is_return=False, trouble=trouble)]
    return [Sign(each, key, entry.booked_on, is_return=False) for each in payout_ids]
