"""Triggers by which the database itself keeps rows append-only and balances true (law 2).

SQLite's REPLACE deletes without firing delete triggers, so an insert that would replace is refused
too: https://www.sqlite.org/lang_conflict.html. PostgreSQL has TRUNCATE, which fires only triggers
of its own kind: https://www.postgresql.org/docs/current/sql-createtrigger.html.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep_append_only(
    editor: BaseDatabaseSchemaEditor, *, table: str, unique_keys: tuple[tuple[str, ...], ...]
) -> None:
    """Refuse update, delete, truncate and replace on `table`.

    `unique_keys` names the columns of every unique index: by any one of them a row is replaced.
    """
    says = f"{table} is append-only"
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{says}'; END $$"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"""
        )
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(
            f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{says}'); END"""
        )
    editor.execute(_no_replace(table, unique_keys, says))


def lift_append_only(editor: BaseDatabaseSchemaEditor, *, table: str) -> None:
    """Take away what `keep_append_only`, `keep_fixed` or `keep_unchanged` gave, so that a migration
    may change the table.

    The same migration gives it back. SQLite loses a table's triggers whenever Django makes it anew:
    https://docs.djangoproject.com/en/5.2/topics/migrations/#sqlite
    """
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION IF EXISTS {table}_refuse() CASCADE")
        return
    for name in ("no_update", "no_delete", "no_replace"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}")


def keep_fixed(
    editor: BaseDatabaseSchemaEditor,
    *,
    table: str,
    columns: tuple[str, ...],
    unique_keys: tuple[tuple[str, ...], ...],
) -> None:
    """Refuse to change `columns` of a row in `table`, and delete, truncate and replace: for a table
    whose other columns tell how far a thing has come. `unique_keys` as for `keep_append_only`."""
    says = f"{table} keeps its rows, and in them {', '.join(columns)}"
    if editor.connection.vendor == "postgresql":
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        editor.execute(
            f"""CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF TG_OP = 'UPDATE' AND ROW({old}) IS NOT DISTINCT FROM ROW({new}) THEN
                RETURN NEW;
              END IF;
              RAISE EXCEPTION '{says}';
            END $$"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"""
        )
        return
    differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    editor.execute(
        f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {differs}
        BEGIN SELECT RAISE(ABORT, '{says}'); END"""
    )
    editor.execute(
        f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, '{says}'); END"""
    )
    editor.execute(_no_replace(table, unique_keys, says))


def keep_unchanged(
    editor: BaseDatabaseSchemaEditor, *, table: str, unique_keys: tuple[tuple[str, ...], ...]
) -> None:
    """Refuse update and replace on `table`, and let rows go: for what is as it was made, or gone."""
    says = f"a row of {table} does not change"
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{says}'; END $$"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"""
        )
        return
    editor.execute(
        f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, '{says}'); END"""
    )
    editor.execute(_no_replace(table, unique_keys, says))


def _no_replace(table: str, unique_keys: tuple[tuple[str, ...], ...], says: str) -> str:
    """SQLite's trigger against an insert that would replace."""
    same = " OR ".join(
        "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")"
        for key in unique_keys
    )
    return f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
        BEGIN SELECT RAISE(ABORT, '{says}: this row is there already'); END"""


def keep_ledger(editor: BaseDatabaseSchemaEditor) -> None:
    """Transfers fit their accounts and what they settle or reverse; guarded balances follow them;
    accounts do not change."""
    keep_append_only(
        editor,
        table="ledger_transfer",
        unique_keys=(("id",), ("key",), ("reverses_id",), ("settles_id",)),
    )
    statements = _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE
    for statement in statements:
        editor.execute(statement)


def lift_ledger(editor: BaseDatabaseSchemaEditor) -> None:
    """Take away what `keep_ledger` gave, of this version or an older one; see `lift_append_only`."""
    lift_append_only(editor, table="ledger_transfer")
    if editor.connection.vendor == "postgresql":
        for name in ("transfer_one_currency", "transfer_fits", "transfer_moves", "account_refuse"):
            editor.execute(f"DROP FUNCTION IF EXISTS ledger_{name}() CASCADE")
        return
    for name in (
        "transfer_one_currency",
        "transfer_settles",
        "transfer_reverses",
        "transfer_moves",
        "account_fixed",
        "account_stays",
        "account_no_replace",
    ):
        editor.execute(f"DROP TRIGGER IF EXISTS ledger_{name}")


_NO_SUCH_PENDING = """NEW.settles_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledger_transfer AS settled WHERE settled.id = NEW.settles_id
        AND settled.phase = 'pending'
        AND settled.debit_account_id = NEW.debit_account_id
        AND settled.credit_account_id = NEW.credit_account_id
        AND (settled.amount_micros = NEW.amount_micros
          OR NEW.phase = 'posts' AND settled.amount_micros > NEW.amount_micros))"""

_NOTHING_TO_REVERSE = """NEW.reverses_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledger_transfer AS reversed WHERE reversed.id = NEW.reverses_id
        AND reversed.phase IN ('posted', 'posts')
        AND reversed.debit_account_id = NEW.credit_account_id
        AND reversed.credit_account_id = NEW.debit_account_id
        AND reversed.amount_micros = NEW.amount_micros)"""

# The debit account in one statement: what was reserved is freed as it leaves.
_MOVE = """UPDATE ledger_account SET
        balance_micros = balance_micros - CASE WHEN NEW.phase IN ('posted', 'posts')
          THEN NEW.amount_micros ELSE 0 END,
        reserved_micros = reserved_micros + CASE NEW.phase
          WHEN 'posted' THEN 0
          WHEN 'pending' THEN NEW.amount_micros
          ELSE -(SELECT amount_micros FROM ledger_transfer WHERE id = NEW.settles_id) END
        WHERE id = NEW.debit_account_id AND is_guarded;
      UPDATE ledger_account SET balance_micros = balance_micros + NEW.amount_micros
        WHERE id = NEW.credit_account_id AND is_guarded AND NEW.phase IN ('posted', 'posts');"""

_SETTLES_SAYS = "what settles fits a pending transfer"
_REVERSES_SAYS = "what reverses mirrors a transfer that moved"

_SQLITE = (
    """CREATE TRIGGER ledger_transfer_one_currency BEFORE INSERT ON ledger_transfer
    WHEN (SELECT currency FROM ledger_account WHERE id = NEW.debit_account_id)
      IS NOT (SELECT currency FROM ledger_account WHERE id = NEW.credit_account_id)
    BEGIN SELECT RAISE(ABORT, 'a transfer stays within one currency'); END""",
    f"""CREATE TRIGGER ledger_transfer_settles BEFORE INSERT ON ledger_transfer
    WHEN {_NO_SUCH_PENDING}
    BEGIN SELECT RAISE(ABORT, '{_SETTLES_SAYS}'); END""",
    f"""CREATE TRIGGER ledger_transfer_reverses BEFORE INSERT ON ledger_transfer
    WHEN {_NOTHING_TO_REVERSE}
    BEGIN SELECT RAISE(ABORT, '{_REVERSES_SAYS}'); END""",
    f"""CREATE TRIGGER ledger_transfer_moves AFTER INSERT ON ledger_transfer
    BEGIN
      {_MOVE}
    END""",
    """CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF id, code, currency, kind, is_guarded
    ON ledger_account
    BEGIN SELECT RAISE(ABORT, 'an account does not change'); END""",
    """CREATE TRIGGER ledger_account_stays BEFORE DELETE ON ledger_account
    BEGIN SELECT RAISE(ABORT, 'an account is not deleted'); END""",
    """CREATE TRIGGER ledger_account_no_replace BEFORE INSERT ON ledger_account
    WHEN EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id OR code = NEW.code)
    BEGIN SELECT RAISE(ABORT, 'this account is there already'); END""",
)

_POSTGRESQL = (
    f"""CREATE FUNCTION ledger_transfer_fits() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT currency FROM ledger_account WHERE id = NEW.debit_account_id) IS DISTINCT FROM
         (SELECT currency FROM ledger_account WHERE id = NEW.credit_account_id) THEN
        RAISE EXCEPTION 'a transfer stays within one currency';
      END IF;
      IF {_NO_SUCH_PENDING} THEN
        RAISE EXCEPTION '{_SETTLES_SAYS}';
      END IF;
      IF {_NOTHING_TO_REVERSE} THEN
        RAISE EXCEPTION '{_REVERSES_SAYS}';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER ledger_transfer_fits BEFORE INSERT ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_transfer_fits()""",
    f"""CREATE FUNCTION ledger_transfer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_MOVE}
      RETURN NULL;
    END $$""",
    """CREATE TRIGGER ledger_transfer_moves AFTER INSERT ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_transfer_moves()""",
    """CREATE FUNCTION ledger_account_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'an account does not change and is not deleted'; END $$""",
    """CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF id, code, currency, kind, is_guarded
    ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_account_refuse()""",
    """CREATE TRIGGER ledger_account_stays BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_refuse()""",
    """CREATE TRIGGER ledger_account_no_truncate BEFORE TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_refuse()""",
)
