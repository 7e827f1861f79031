"""The statements of every sale, written out: to have them composed takes longer than to run them.

They say what the models in `models.py` say. Each is one round trip, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, transaction

from pennywhistle.shop.ledger.rules import TransferFacts

# Rows that PostgreSQL is handed in one text.
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

# Any number that nothing else locks.
_OPENING_LOCK = 0x6C6564676572
_WAIT_TO_OPEN = "SELECT pg_advisory_xact_lock(%s)"

_INSERT_ROW = "INSERT INTO {table} ({columns}) VALUES ({marks})"

_INSERT_JSON = """
    INSERT INTO {table} ({columns})
    SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)"""

_TRANSFER_COLUMNS = (
    "key",
    "debit_account_id",
    "credit_account_id",
    "amount_micros",
    "reason",
    "document",
    "posted_at",
    "reverses_id",
    "phase",
    "settles_id",
    "digest",
)


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is written out; its rows, if it has any. Transaction: the caller's.

    Each text is prepared once for each connection: see `config/postgresql/` and `config/sqlite3/`.
    """
    with _connection().prepared_cursor() as cursor:
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
    # SQLite's truth is a number.
    return {
        code: HeldAccount(number, code, currency, kind, bool(is_guarded), balance, reserved)
        for number, code, currency, kind, is_guarded, balance, reserved in rows
    }


def wait_to_open() -> None:
    """Wait until nobody else's transaction has opened accounts and goes on. Transaction: the caller's.

    Who opens accounts in several steps would else hold one that another waits for, and wait for one
    that the other holds. Few postings open any. SQLite has one writer at a time.
    """
    if _connection().vendor == "postgresql":
        run(_WAIT_TO_OPEN, [_OPENING_LOCK])


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
    insert_rows(table="ledger_transfer", columns=_TRANSFER_COLUMNS, rows=rows)


def insert_rows(*, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows` of those columns in this order, all or none. Transaction: the caller's; where
    it fails, that one is undone.

    The values are numbers, texts, instants and None. SQLite takes them row by row: a statement of
    many rows keeps a journal of its own, and that takes half as long again, in the commit too.
    PostgreSQL takes them as one text, in which it looks up what each column is: to hand over each
    value by itself took longer.
    """
    if not rows:
        return
    connection = _connection()
    insert = _INSERT_JSON if connection.vendor == "postgresql" else _INSERT_ROW
    named = ", ".join([f'"{column}"' for column in columns])
    statement = insert.format(table=table, columns=named, marks=_marks(columns))
    with connection.prepared_cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(rows), ROWS_AT_ONCE):
                chunk = rows[start : start + ROWS_AT_ONCE]
                cursor.execute(statement, [_as_json(columns, chunk)])
            return
        try:
            cursor.executemany(statement, _stored_by_sqlite(rows))
        except DatabaseError:
            transaction.set_rollback(True)  # As PostgreSQL does: no row stays without the others.
            raise


def _as_json(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return json.dumps(records, default=datetime.isoformat)


def _stored_by_sqlite(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows with their instants as Django writes them; most rows share theirs."""
    instants = {value for row in rows for value in row if isinstance(value, datetime)}
    adapt = _connection().ops.adapt_datetimefield_value
    texts = {instant: adapt(instant) for instant in instants}
    return [[texts[v] if isinstance(v, datetime) else v for v in row] for row in rows]


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _connection() -> Any:
    """The connection, of one of the store's own two backends."""
    return transaction.get_connection()
