"""The trigger by which the database itself gives papers the next number of their series only."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_SAYS = "the number is not the next one of its series"
_NEXT = "(SELECT COALESCE(MAX(number), 0) + 1 FROM sales_paper WHERE series_id = NEW.series_id)"


def keep_gapless(editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse a paper whose number is not the last one of its series and one.

    Rows are append-only beside, so that what is there is 1 to n.
    """
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"""CREATE FUNCTION sales_paper_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.number <> {_NEXT} THEN RAISE EXCEPTION '{_SAYS}'; END IF;
              RETURN NEW;
            END $$"""
        )
        editor.execute(
            """CREATE TRIGGER sales_paper_gapless BEFORE INSERT ON sales_paper
            FOR EACH ROW EXECUTE FUNCTION sales_paper_gapless()"""
        )
        return
    editor.execute(
        f"""CREATE TRIGGER sales_paper_gapless BEFORE INSERT ON sales_paper
        WHEN NEW.number <> {_NEXT} BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"""
    )


def lift_gapless(editor: BaseDatabaseSchemaEditor) -> None:
    """Take away what `keep_gapless` gave."""
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP FUNCTION IF EXISTS sales_paper_gapless() CASCADE")
    else:
        editor.execute("DROP TRIGGER IF EXISTS sales_paper_gapless")
