"""Triggers by which the database itself keeps seals in order, and sealed days as they were sealed."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from pennywhistle.shop.ledger.guards import keep_append_only
from pennywhistle.shop.ledger.seals import DAY_IS_SEALED

_OUT_OF_ORDER = "a day is sealed after the day before it, and chained to it"


def keep_seals(editor: BaseDatabaseSchemaEditor) -> None:
    """Seals are append-only, and each is chained to the one of the day before."""
    keep_append_only(editor, table="ledger_seal", unique_keys=(("id",), ("day",), ("chain",)))
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION ledger_seal_follows() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF EXISTS (SELECT 1 FROM ledger_seal) AND NOT EXISTS (
                SELECT 1 FROM ledger_seal WHERE day = NEW.day - 1 AND chain = NEW.previous
                  AND day = (SELECT max(day) FROM ledger_seal)) THEN
                RAISE EXCEPTION '{_OUT_OF_ORDER}';
              END IF;
              RETURN NEW;
            END $$"""
        )
        editor.execute(
            """CREATE TRIGGER ledger_seal_follows BEFORE INSERT ON ledger_seal
            FOR EACH ROW EXECUTE FUNCTION ledger_seal_follows()"""
        )
        return
    editor.execute(
        f"""CREATE TRIGGER ledger_seal_follows BEFORE INSERT ON ledger_seal
        WHEN EXISTS (SELECT 1 FROM ledger_seal) AND NOT EXISTS (
          SELECT 1 FROM ledger_seal WHERE day = date(NEW.day, '-1 day') AND chain = NEW.previous
            AND day = (SELECT max(day) FROM ledger_seal))
        BEGIN SELECT RAISE(ABORT, '{_OUT_OF_ORDER}'); END"""
    )


def keep_out_of_sealed_days(editor: BaseDatabaseSchemaEditor, *, table: str, column: str) -> None:
    """Refuse a new row in `table` whose `column`, an instant, falls on or before the newest sealed
    day.

    Whoever seals locks `table` first, and so waits for rows that are on their way: the look at the
    newest seal is enough here, and costs one step in an index.
    """
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION {table}_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF (NEW.{column} AT TIME ZONE 'UTC')::date
                 <= (SELECT max(day) FROM ledger_seal) THEN
                RAISE EXCEPTION '{DAY_IS_SEALED}';
              END IF;
              RETURN NEW;
            END $$"""
        )
        editor.execute(
            f"""CREATE TRIGGER {table}_unsealed BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_unsealed()"""
        )
        return
    # Instants are kept as text that begins with the day: `2026-11-24 12:00:00`.
    editor.execute(
        f"""CREATE TRIGGER {table}_unsealed BEFORE INSERT ON {table}
        WHEN substr(NEW.{column}, 1, 10) <= (SELECT max(day) FROM ledger_seal)
        BEGIN SELECT RAISE(ABORT, '{DAY_IS_SEALED}'); END"""
    )


def keep_mark_out_of_sealed_days(
    editor: BaseDatabaseSchemaEditor, *, table: str, column: str
) -> None:
    """Refuse that `column` of `table`, an instant that rows get later or never, is set to a sealed day,
    or changed where it is of one. Lock `table` while a day is sealed, as above."""
    name = f"{table}_{column}_unsealed"
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF OLD.{column} IS DISTINCT FROM NEW.{column}
                 AND LEAST(OLD.{column} AT TIME ZONE 'UTC', NEW.{column} AT TIME ZONE 'UTC')::date
                 <= (SELECT max(day) FROM ledger_seal) THEN
                RAISE EXCEPTION '{DAY_IS_SEALED}';
              END IF;
              RETURN NEW;
            END $$"""
        )
        editor.execute(
            f"""CREATE TRIGGER {name} BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}()"""
        )
        return
    editor.execute(
        f"""CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table}
        WHEN OLD.{column} IS NOT NEW.{column}
          AND substr(min(coalesce(OLD.{column}, NEW.{column}), coalesce(NEW.{column}, OLD.{column})),
                     1, 10) <= (SELECT max(day) FROM ledger_seal)
        BEGIN SELECT RAISE(ABORT, '{DAY_IS_SEALED}'); END"""
    )


def lift_mark_out_of_sealed_days(
    editor: BaseDatabaseSchemaEditor, *, table: str, column: str
) -> None:
    """Take away what `keep_mark_out_of_sealed_days` gave: for a migration that goes back."""
    name = f"{table}_{column}_unsealed"
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
    else:
        editor.execute(f"DROP TRIGGER IF EXISTS {name}")


def lift_out_of_sealed_days(editor: BaseDatabaseSchemaEditor, *, table: str) -> None:
    """Take away what `keep_out_of_sealed_days` gave: for a migration that goes back."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION IF EXISTS {table}_unsealed() CASCADE")
    else:
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_unsealed")
