"""Import a bank's statement: keep each entry once, credit those that bear a reference of ours, and
end the payouts that it tells of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from pennywhistle.adapters.banks.camt import FILE_BYTES_MOST, StatementUnreadableError, read_camt
from pennywhistle.flows.settle_payouts import SettledPayouts, settle_payouts
from pennywhistle.kit.bank_statements import Statement
from pennywhistle.shop.payments.banking.operations import Kept, keep_statement
from pennywhistle.shop.payments.banking.rules import BankError

__all__ = ["FILE_BYTES_MOST", "ImportedStatement", "StatementUnreadableError", "import_statement"]

# Two who import the same statement at the same time: the second finds it kept when it tries again.
TRIES_MOST = 3


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """A statement of the file, what of it was new, and what it told of payouts to licensors."""

    statement: Statement
    kept: Kept
    payouts: SettledPayouts


def import_statement(*, data: bytes, iban: str, now: datetime) -> list[ImportedStatement]:
    """Take in the statements of a file in camt.053, in any order, overlapping, or again.

    `iban` is the store's own account: a statement of another is refused. Transaction: one for each
    statement, and for each payout that it tells of; killed between them, the next import goes on.
    Raises `StatementUnreadableError` for a file that is none, `BankError` for a statement that is not
    whole or of another account: those before it are kept.
    """
    digest = hashlib.sha256(data).hexdigest()
    statements = read_camt(data)
    for statement in statements:
        if statement.iban != iban:
            raise BankError(
                f"statement {statement.reference} is of the account {statement.iban}, and the "
                f"store's is {iban or 'not set: set PENNYWHISTLE_BANK_IBAN'}; nothing was taken"
            )
    return [_take_in(one, digest, now) for one in statements]


def _take_in(statement: Statement, digest: str, now: datetime) -> ImportedStatement:
    kept = _keep(statement, digest, now)
    return ImportedStatement(statement, kept, settle_payouts(statement=statement, now=now))


def _keep(statement: Statement, digest: str, now: datetime) -> Kept:
    for tries in range(1, TRIES_MOST + 1):
        try:
            return keep_statement(statement=statement, file_sha256=digest, now=now)
        except IntegrityError:
            if tries == TRIES_MOST:
                raise
    raise AssertionError("the last try returns or raises")
