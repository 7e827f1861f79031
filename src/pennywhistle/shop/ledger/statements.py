"""The statements of every sale, written out: to have them composed takes longer than to run them.

They say what the models in `models.py` say. Each is one round trip, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from pennywhistle.shop.ledger.rules import TransferFacts

# Rows of one insert. SQLite takes 32,766 parameters: https://www.sqlite.org/limits.html
ROWS_AT_ONCE = 500


class HeldAccount(NamedTuple):
    """An account as it stands; nobody else changes a guarded one until the transaction ends."""

    id: int
    code: str
    currency: str
    kind: str
    is_guarded: bool
    balance_micros: int
    reserved_micros: int


_FIND_ACCOUNTS = """
    SELECT id, code, currency, kind, is_guarded, balance_micros, reserved_micros
    FROM ledger_account WHERE code IN ({codes})"""

# PostgreSQL locks what SQLite, with one writer at a time, need not.
_HOLD_ACCOUNTS = """
    WITH held AS MATERIALIZED (
        SELECT id, code, currency, kind, is_guarded, balance_micros, reserved_micros
        FROM ledger_account WHERE code IN ({codes}) AND is_guarded
        ORDER BY id FOR NO KEY UPDATE
    )
    SELECT * FROM held UNION ALL
    SELECT id, code, currency, kind, is_guarded, balance_micros, reserved_micros
    FROM ledger_account WHERE code IN ({codes}) AND NOT is_guarded"""

_FIND_DIGESTS = "SELECT key, digest FROM ledger_transfer WHERE key IN ({keys})"

_INSERT_TRANSFERS = """
    INSERT INTO ledger_transfer (key, debit_account_id, credit_account_id, amount_micros, reason,
        document, posted_at, reverses_id, phase, settles_id, digest)
    VALUES {rows}"""


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is written out; its rows, if it has any. Transaction: the caller's.

    Each text is planned once, where the connection can: see `config/postgresql/`.
    """
    connection = _connection()
    with getattr(connection, "prepared_cursor", connection.cursor)() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def hold_accounts(*, codes: Collection[str]) -> dict[str, HeldAccount]:
    """The accounts that are open, by code, the guarded ones locked in the order of their ids. One
    query."""
    if not codes:
        return {}
    marks, named = _marks(codes), list(codes)
    if _connection().vendor == "postgresql":
        rows = run(_HOLD_ACCOUNTS.format(codes=marks), named + named)
    else:
        rows = run(_FIND_ACCOUNTS.format(codes=marks), named)
    held = [HeldAccount._make(row) for row in rows]
    return {row.code: row._replace(is_guarded=bool(row.is_guarded)) for row in held}


def find_digests(*, keys: Collection[str]) -> dict[str, str]:
    """The digests of those that are posted, by key. One query."""
    if not keys:
        return {}
    return dict(run(_FIND_DIGESTS.format(keys=_marks(keys)), list(keys)))


def insert_transfers(
    *,
    transfers: Sequence[tuple[TransferFacts, str]],
    account_id: Callable[[str], int],
    transfer_id: Callable[[str | None], int | None],
) -> None:
    """Insert facts and their digests in this order; see `insert_rows`.

    `account_id` and `transfer_id` tell the ids of codes and keys.
    """
    rows = [
        (
            facts.key,
            account_id(facts.debit),
            account_id(facts.credit),
            facts.amount.micros,
            facts.reason,
            facts.document,
            facts.posted_at,
            transfer_id(facts.reverses_key),
            facts.phase.value,
            transfer_id(facts.settles_key),
            digest,
        )
        for facts, digest in transfers
    ]
    insert_rows(statement=_INSERT_TRANSFERS, rows=rows)


def insert_rows(*, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run an `INSERT … VALUES {rows}`, in one statement for each `ROWS_AT_ONCE`.

    The values are numbers, texts, instants and None. Transaction: the caller's.
    """
    stored = _stored_by_postgresql if _connection().vendor == "postgresql" else _stored_by_sqlite
    for start in range(0, len(rows), ROWS_AT_ONCE):
        chunk = rows[start : start + ROWS_AT_ONCE]
        marks = ", ".join([f"({_marks(chunk[0])})"] * len(chunk))
        values = [stored(value) for row in chunk for value in row]
        run(statement.format(rows=marks), values)


def _stored_by_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return _connection().ops.adapt_datetimefield_value(value)
    return value


def _stored_by_postgresql(value: Any) -> Any:
    """Numbers as texts, which become what the column is: else 9 and 90,000 are of two types, and
    the statement is planned for each."""
    return str(value) if isinstance(value, int) else value


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _connection() -> BaseDatabaseWrapper:
    connection: BaseDatabaseWrapper = transaction.get_connection()
    return connection
