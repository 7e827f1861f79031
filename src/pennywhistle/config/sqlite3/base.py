"""Django's SQLite backend, with a fair queue for those who write.

SQLite takes one writer at a time, and lets the others poll with growing pauses: the rate is kept,
and the unluckiest waits for seconds (https://www.sqlite.org/c3ref/busy_timeout.html). Here a
transaction that will write waits in `turns.py` before it begins, and a statement that writes by
itself does too. Reads never wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.utils import CursorWrapper

from pennywhistle.config.sqlite3.turns import Turns, turns_of

# What a statement of its own begins with, where it writes.
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")

# Statements that are written out, kept as SQLite reads them. There are some twenty.
STATEMENTS_KEPT = 100


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions wait for their turn to write.

    It steps in where Django begins and ends transactions, in methods that its stubs leave out.
    """

    _turns: Turns | None = None
    _has_turn = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, and the queue of its file; what is kept in memory needs none."""
        if not self.is_in_memory_db():
            self._turns = turns_of(str(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - SQLite's have none
        """A cursor that knows its connection."""
        return self._cursor_of(FairCursor)

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor for statements that are written out and come again and again."""
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = self._cursor_of(PreparedCursor)
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def _cursor_of(self, kind: type[FairCursor]) -> Any:
        cursor = self.connection.cursor(factory=kind)
        cursor.wrapper = self
        return cursor

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn for one statement, unless it is held."""
        if self._has_turn or self._turns is None:
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._give_turn()

    def _start_transaction_under_autocommit(self) -> None:
        if vars(self)["transaction_mode"] in ("IMMEDIATE", "EXCLUSIVE"):
            self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _take_turn(self) -> None:
        if self._turns is not None:
            with self.wrap_database_errors:
                self._turns.take()
            self._has_turn = True

    def _give_turn(self) -> None:
        if self._has_turn and self._turns is not None:
            self._has_turn = False
            self._turns.give()


class FairCursor(base.SQLiteCursorWrapper):
    """A cursor that waits for a turn where a statement outside a transaction writes."""

    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        if self.connection.in_transaction or not query.lstrip()[:7].upper().startswith(_WRITES):
            return super().execute(query, params)
        with self.wrapper.turn():
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement with each of the parameters."""
        if self.connection.in_transaction:
            return super().executemany(query, param_list)
        with self.wrapper.turn():
            return super().executemany(query, param_list)


class PreparedCursor(FairCursor):
    """A cursor that remembers how SQLite reads a statement, of which `values` are a sequence."""

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        """The statement with SQLite's marks for the values."""
        if param_names is not None:
            return str(super().convert_query(query, param_names=param_names))
        return _as_sqlite_reads(query)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _as_sqlite_reads(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
