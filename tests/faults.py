"""Fail the N-th call of a flow, for every N: the kill test.

A flow's calls are counted: each statement that it sends to the database (`BEGIN` and savepoints
too), each commit twice (once where it never reached the database, once where it did and the answer
was lost), each opening, making, renaming, linking and removing of a file or folder under one
folder, and each program that it starts. Then the flow runs again and again, with the first, the
second, the third … call failing, until it runs through.

    def test_a_purchase_that_fails_anywhere_leaves_the_books_right(...):
        fail_each_call(folder=tmp_path, prepare=..., run=..., check=...)

Such a test commits: mark it `django_db(transaction=True)`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from pennywhistle.adapters.audio.process import AUDIT_EVENT

T = TypeVar("T")

# Calls that one flow may make before the search gives up.
CALLS_MOST = 2_000

# How a process ends at a fatal call.
KILLED = 99

# What Python tells its audit hooks of files and programs, and where in it the path stands.
# https://docs.python.org/3/library/audit_events.html
_FILE_EVENTS = {
    "open": (0,),
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.link": (0, 1),
    "os.symlink": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.truncate": (0,),
    "os.listdir": (0,),
    "os.scandir": (0,),
}
_PROGRAM_EVENTS = ("subprocess.Popen", AUDIT_EVENT)


class FaultyDatabaseError(OperationalError):
    """The database call that a test let fail."""


class FaultyFileError(OSError):
    """The file or program call that a test let fail."""


@dataclass
class Faults:
    """The calls of one run, by name, in order; `failed` is the one that was let fail."""

    folder: Path
    fail_at: int | None
    connection: BaseDatabaseWrapper
    is_fatal: bool = False
    only: str = ""  # How the calls begin that are counted.
    calls: list[str] = field(default_factory=list)
    failed: str | None = None
    # Files and programs touched while a database transaction was open: law 8 allows none.
    inside_a_transaction: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, name: str, error: type[Exception]) -> None:
        """Count a call; raise `error` if it is its turn to fail."""
        if not name.startswith(self.only):
            return
        with self._lock:
            self.calls.append(name)
            if len(self.calls) != self.fail_at:
                return
            self.failed = name
            if self.is_fatal:
                os._exit(KILLED)
        raise error(f"call {self.fail_at} was let fail: {name}")


_armed: Faults | None = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    faults = _armed
    if faults is None:
        return
    if event in _PROGRAM_EVENTS:
        name = f"{event} {os.fsdecode(arguments[0])}"
    elif event in _FILE_EVENTS:
        paths = [_path(arguments[index]) for index in _FILE_EVENTS[event]]
        if not any(path.startswith(str(faults.folder)) for path in paths):
            return
        name = f"{event} {' '.join(paths)}"
    else:
        return
    if faults.connection.in_atomic_block:
        faults.inside_a_transaction.append(name)
    faults.note(name, FaultyFileError)


def _path(argument: Any) -> str:
    """An argument of an audit event as a path; a file descriptor is none."""
    return os.fsdecode(argument) if isinstance(argument, str | bytes | os.PathLike) else ""


# A hook stays for the life of the process, so there is one, and it is armed and disarmed.
sys.addaudithook(_hear)


@contextmanager
def counted_calls(
    *, folder: Path, fail_at: int | None = None, is_fatal: bool = False, only: str = ""
) -> Iterator[Faults]:
    """Count what happens inside, and let the call number `fail_at` (from 1 on) fail, or where it
    `is_fatal` end the process there and then, with `KILLED`. Counted are those that begin with `only`.

    Database calls are those of this thread; file and program calls those of the whole process.
    """
    global _armed
    connection = connections[DEFAULT_DB_ALIAS]
    faults = Faults(folder.resolve(), fail_at, connection, is_fatal, only)
    commit = connection.commit

    def noted_commit() -> None:
        faults.note("COMMIT, before", FaultyDatabaseError)
        commit()
        faults.note("COMMIT, its answer", FaultyDatabaseError)

    def noted_execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        faults.note(sql, FaultyDatabaseError)
        return execute(sql, params, many, context)

    connection.ensure_connection()
    vars(connection)["commit"] = noted_commit
    _armed = faults
    try:
        with connection.execute_wrapper(noted_execute):
            yield faults
    finally:
        _armed = None
        del vars(connection)["commit"]


def fail_each_call(
    *,
    folder: Path,
    prepare: Callable[[], T],
    run: Callable[[T], object],
    check: Callable[[T, Exception | None], None],
) -> int:
    """For N = 1, 2, …: `prepare` afresh, `run` with its N-th call failing, then `check`.

    `check` is given what was prepared and the error that escaped, or None. Ends with the first run
    that had fewer than N calls, and so no fault; returns the number of calls of that run. An error
    that escapes must be clear: the fault itself, or one of the store's own.
    """
    for number in range(1, CALLS_MOST + 1):
        case = prepare()
        escaped: Exception | None = None
        with counted_calls(folder=folder, fail_at=number) as faults:
            try:
                run(case)
            except Exception as error:  # noqa: BLE001 - whatever escapes is judged below
                escaped = error
        if escaped is not None:
            check_is_clear(escaped)
        check(case, escaped)
        if faults.failed is None:
            assert escaped is None, f"nothing was let fail, and yet: {escaped!r}"
            assert not faults.inside_a_transaction, faults.inside_a_transaction
            return len(faults.calls)
    raise AssertionError(f"more than {CALLS_MOST} calls: does this flow ever end?")


def check_is_clear(error: Exception) -> None:
    """Fail unless `error` is the fault itself or one of the store's own errors."""
    own = type(error).__module__.startswith("pennywhistle.")
    if not own and not isinstance(error, FaultyDatabaseError | FaultyFileError):
        raise AssertionError(f"an unclear error escaped: {error!r}") from error
