"""DuckDB in this process, kept within limits: memory, threads, and nothing fetched.

https://duckdb.org/docs/stable/configuration/overview
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# What a report may hold in memory; beyond it, it goes on in a scratch folder on disk.
MEMORY_MB_MOST = 1_000
SCRATCH_MB_MOST = 50_000


class ReportFailedError(RuntimeError):
    """A report that cannot be made of the files that there are, and why."""


@contextmanager
def duckdb_session(
    *, threads: int | None = None, memory_mb: int = MEMORY_MB_MOST
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own, in memory, gone with the block; on `threads` processors, or on all.

    What DuckDB refuses, runs out of or cannot read is told as `ReportFailedError`. It is loaded here
    and not before: a server that answers pages and downloads does without its 27 MB.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="pennywhistle-report-") as scratch:
        limits = {
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": scratch,
            "max_temp_directory_size": f"{SCRATCH_MB_MOST}MB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        if threads is not None:
            limits["threads"] = str(threads)
        try:
            with duckdb.connect(":memory:", config=dict(limits)) as session:
                yield session
        except duckdb.Error as error:
            raise ReportFailedError(f"the report was not made: {error}") from error


def literal(text: str) -> str:
    """A text as SQL writes it, where no parameter can stand."""
    return "'" + text.replace("'", "''") + "'"
