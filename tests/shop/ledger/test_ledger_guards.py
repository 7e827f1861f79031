"""Laws 1 and 2 as the database itself keeps them, against raw SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.operations import open_account, post
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.sales.models import SaleLine
from tests.cast import NOW, Cast, euros, fill_wallet, quote

pytestmark = pytest.mark.django_db

APPEND_ONLY = ("ledger_transfer", "sales_purchase", "sales_saleline", "royalties_accrual")
postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="a statement of PostgreSQL's"
)
sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a statement of SQLite's")


@pytest.fixture
def sold(cast: Cast) -> Cast:
    """Alice bought the release, one transfer was reversed and one pending was settled, so that
    every unique key has rows."""
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    for key, back in (("there", None), ("back", "there")):
        ends = ["clearing/voucher/EUR", "sales/EUR"]
        debit, credit = ends if back is None else reversed(ends)
        post(transfers=[TransferFacts(key, debit, credit, euros("1"), "test", "test", NOW, back)])
    debit, credit = "clearing/voucher/EUR", "sales/EUR"
    waits = TransferFacts(
        "waits", debit, credit, euros("1"), "test", "test", NOW, phase=Phase.PENDING
    )
    post(transfers=[waits])
    post(transfers=[replace(waits, key="settled", phase=Phase.POSTS, settles_key="waits")])
    return cast


def run(sql: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def refused(sql: str, *parameters: Any) -> str:
    """Run what must be refused; what the database says."""
    before = list(Transfer.objects.order_by("pk").values_list())
    accounts = list(Account.objects.order_by("pk").values_list())
    with pytest.raises(DatabaseError) as refusal:
        run(sql, *parameters)
    assert list(Transfer.objects.order_by("pk").values_list()) == before
    assert list(Account.objects.order_by("pk").values_list()) == accounts
    return str(refusal.value)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_append_only_takes_no_update_and_no_delete(sold: Cast, table: str) -> None:
    assert "append-only" in refused(f"UPDATE {table} SET id = id")
    assert "append-only" in refused(f"DELETE FROM {table}")


@postgresql_only
@pytest.mark.parametrize("table", [*APPEND_ONLY, "ledger_account"])
def test_what_is_append_only_cannot_be_truncated(sold: Cast, table: str) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")  # Or the outstanding checks would refuse it first.
    said = refused(f"TRUNCATE {table} CASCADE")
    assert "append-only" in said or "not deleted" in said


@sqlite_only
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["REPLACE INTO", "INSERT OR REPLACE INTO"])
def test_no_unique_key_lets_a_row_be_replaced(sold: Cast, table: str, verb: str) -> None:
    keys = unique_keys(table)
    assert ["id"] in keys
    for key in keys:
        row = copy_sharing_only(table, key, keys)
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        said = refused(f"{verb} {table} ({columns}) VALUES ({marks})", *row.values())
        assert "there already" in said, key


@sqlite_only
def test_an_account_cannot_be_replaced(sold: Cast) -> None:
    taken, free = (Account.objects.get(code="sales/EUR").pk, 999_999)
    for values in (f"({taken}, 'other'", f"({free}, 'sales/EUR'"):
        assert "there already" in refused(
            "REPLACE INTO ledger_account (id, code, currency, kind, is_guarded, balance_micros) "
            f"VALUES {values}, 'EUR', 'income', 0, 0)"
        )


def unique_keys(table: str) -> list[list[str]]:
    """The columns of each unique index of a table, the primary key too."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table).values()
    return [c["columns"] for c in constraints if c["unique"] or c["primary_key"]]


def copy_sharing_only(table: str, key: list[str], keys: list[list[str]]) -> dict[str, Any]:
    """A stored row with other values in every unique key but this one."""
    present = " AND ".join(f"{column} IS NOT NULL" for column in key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {present} ORDER BY id DESC LIMIT 1")
        assert cursor.description is not None
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
    for other in keys:
        for column in set(other) - set(key):
            value = row[column]
            if column in ("reverses_id", "settles_id"):
                row[column] = None
                continue
            row[column] = value + 1_000 if isinstance(value, int) else f"{value or ''}x"
    return row


def test_an_upsert_changes_no_transfer(sold: Cast) -> None:
    columns = (
        "key, debit_account_id, credit_account_id, amount_micros, reason, document, posted_at, "
        "phase, digest"
    )
    refused(
        f"INSERT INTO ledger_transfer ({columns}) SELECT {columns} FROM ledger_transfer "
        "WHERE key = 'there' ON CONFLICT (key) DO UPDATE SET amount_micros = 5"
    )


def insert_transfer(
    debit: str,
    credit: str,
    micros: int,
    *,
    phase: str = "posted",
    settles: str | None = None,
    reverses: str | None = None,
) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a transfer that goes past `post`."""
    account = "(SELECT id FROM ledger_account WHERE code = %s)"
    other = "(SELECT id FROM ledger_transfer WHERE key = %s)"
    sql = (
        "INSERT INTO ledger_transfer (key, debit_account_id, credit_account_id, amount_micros, "
        "reason, document, posted_at, digest, phase, settles_id, reverses_id) VALUES "
        f"(%s, {account}, {account}, %s, 'raw', 'raw', %s, 'raw', %s, {other}, {other})"
    )
    key = f"raw/{debit}/{credit}/{micros}/{phase}"
    return sql, (key, debit, credit, micros, NOW, phase, settles, reverses)


def test_a_wallet_cannot_be_overdrawn_by_raw_sql(sold: Cast) -> None:
    wallet = wallet_code(person_id=sold.alice.pk, currency="EUR")
    held = Account.objects.get(code=wallet).balance_micros
    sql, parameters = insert_transfer(wallet, "sales/EUR", held + 1)
    assert "balance_not_below_zero" in refused(sql, *parameters)
    sql, parameters = insert_transfer(wallet, "sales/EUR", held)
    run(sql, *parameters)
    assert Account.objects.get(code=wallet).balance_micros == 0
    refused("UPDATE ledger_account SET balance_micros = -1 WHERE code = %s", wallet)


@pytest.fixture
def waiting(sold: Cast) -> str:
    """One euro of Alice's is reserved by the pending transfer `wait`; her wallet."""
    wallet = wallet_code(person_id=sold.alice.pk, currency="EUR")
    facts = TransferFacts(
        "wait", wallet, "sales/EUR", euros("1"), "test", "test", NOW, phase=Phase.PENDING
    )
    post(transfers=[facts])
    return wallet


def test_what_is_reserved_cannot_be_spent_by_raw_sql(waiting: str) -> None:
    account = Account.objects.get(code=waiting)
    assert account.reserved_micros == 1_000_000
    free = account.balance_micros - account.reserved_micros
    for phase in ("posted", "pending"):
        sql, parameters = insert_transfer(waiting, "sales/EUR", free + 1, phase=phase)
        assert "reserved_within_balance" in refused(sql, *parameters)
    refused("UPDATE ledger_account SET reserved_micros = -1 WHERE code = %s", waiting)
    sql, parameters = insert_transfer(waiting, "sales/EUR", free, phase="pending")
    run(sql, *parameters)


@pytest.mark.parametrize(
    ("credit", "micros", "phase", "settles"),
    [
        ("sales/EUR", 1_000_001, "posts", "wait"),
        ("sales/EUR", 999_999, "voids", "wait"),
        ("vat/DE/EUR", 1_000_000, "posts", "wait"),
        ("sales/EUR", 1_000_000, "posts", "there"),
        ("sales/EUR", 1_000_000, "voids", "settled"),
        ("sales/EUR", 1_000_000, "posts", None),
        ("sales/EUR", 1_000_000, "posted", "wait"),
        ("sales/EUR", 1_000_000, "pending", "wait"),
        ("sales/EUR", 1_000_000, "done", None),
    ],
)
def test_nothing_settles_what_it_does_not_fit(
    waiting: str, credit: str, micros: int, phase: str, settles: str | None
) -> None:
    sql, parameters = insert_transfer(waiting, credit, micros, phase=phase, settles=settles)
    refused(sql, *parameters)


def test_a_pending_transfer_is_settled_once_by_raw_sql(waiting: str) -> None:
    before = Account.objects.get(code=waiting).balance_micros
    sql, parameters = insert_transfer(waiting, "sales/EUR", 400_000, phase="posts", settles="wait")
    run(sql, *parameters)
    account = Account.objects.get(code=waiting)
    assert (account.balance_micros, account.reserved_micros) == (before - 400_000, 0)
    for phase, micros in (("posts", 600_000), ("voids", 1_000_000)):
        sql, parameters = insert_transfer(waiting, "sales/EUR", micros, phase=phase, settles="wait")
        refused(sql, *parameters)


@pytest.mark.parametrize(
    ("debit", "credit", "micros", "reverses"),
    [
        ("clearing/voucher/EUR", "sales/EUR", 1_000_000, "settled"),
        ("sales/EUR", "clearing/voucher/EUR", 999_999, "settled"),
        ("sales/EUR", "vat/DE/EUR", 1_000_000, "settled"),
        ("sales/EUR", "clearing/voucher/EUR", 1_000_000, "waits"),
    ],
)
def test_nothing_reverses_what_it_does_not_mirror(
    sold: Cast, debit: str, credit: str, micros: int, reverses: str
) -> None:
    sql, parameters = insert_transfer(debit, credit, micros, reverses=reverses)
    assert "mirrors" in refused(sql, *parameters)
    sql, parameters = insert_transfer(
        "sales/EUR", "clearing/voucher/EUR", 1_000_000, reverses="settled"
    )
    run(sql, *parameters)


def test_a_transfer_stays_within_one_currency(sold: Cast) -> None:
    open_account(code="sales/USD", currency="USD", kind="income")
    for ends in (("sales/EUR", "sales/USD"), ("sales/USD", "sales/EUR")):
        sql, parameters = insert_transfer(*ends, 5)
        assert "one currency" in refused(sql, *parameters)


def test_a_transfer_moves_something_between_two_accounts(sold: Cast) -> None:
    for micros in (0, -5):
        sql, parameters = insert_transfer("sales/EUR", "vat/DE/EUR", micros)
        refused(sql, *parameters)
    sql, parameters = insert_transfer("sales/EUR", "sales/EUR", 5)
    refused(sql, *parameters)


def test_a_transfer_needs_both_its_accounts(sold: Cast) -> None:
    for ends in (("sales/EUR", "nowhere"), ("nowhere", "sales/EUR"), ("nowhere", "nothing")):
        sql, parameters = insert_transfer(*ends, 5)
        refused(sql, *parameters)


@pytest.mark.parametrize(
    "change",
    ["currency = 'USD'", "code = 'x'", "kind = 'asset'", "is_guarded = NOT is_guarded", "id = 99"],
)
def test_an_account_does_not_change(sold: Cast, change: str) -> None:
    said = refused(f"UPDATE ledger_account SET {change} WHERE code = 'sales/EUR'")
    assert "does not change" in said


def test_an_account_is_not_deleted(sold: Cast) -> None:
    open_account(code="unused", currency="EUR", kind="income")
    assert "not deleted" in refused("DELETE FROM ledger_account WHERE code = 'unused'")


def test_an_account_that_is_not_guarded_keeps_no_balance(sold: Cast) -> None:
    refused("UPDATE ledger_account SET balance_micros = 5 WHERE code = 'sales/EUR'")


def test_a_sale_line_needs_its_licences_its_territory_and_whom_its_tax_is_owed_to(
    sold: Cast,
) -> None:
    columns = [
        str(field.column) for field in SaleLine._meta.concrete_fields if not field.primary_key
    ]
    copied = {column: column for column in columns}

    def insert(number: int, changed: dict[str, str]) -> str:
        values = copied | {"number": str(number), "document": f"'another/{number}'"} | changed
        return (
            f"INSERT INTO sales_saleline ({', '.join(values)}) SELECT {', '.join(values.values())} "
            "FROM sales_saleline WHERE number = 1"
        )

    run(insert(70, {}))  # With nothing changed it is taken: what is refused is the change.
    for number, changed in enumerate(
        (
            {"recording_licence_id": "NULL"},
            {"work_licence_id": "NULL"},
            {"territory": "NULL"},
            {"territory": "''"},
            {"tax_country": "''"},
            {"list_micros": "gross_micros - 1"},
        ),
        start=71,
    ):
        refused(insert(number, changed))


def test_raising_a_wallet_by_raw_sql_is_found_by_the_recount(sold: Cast) -> None:
    """The database cannot tell it from a transfer's own doing; the second count can."""
    wallet = wallet_code(person_id=sold.alice.pk, currency="EUR")
    run("UPDATE ledger_account SET balance_micros = balance_micros + 1 WHERE code = %s", wallet)
    assert f"account {wallet}" in {finding.where for finding in verify_books().findings}
