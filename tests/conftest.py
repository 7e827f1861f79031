"""What every test may ask for, and how databases are emptied that refuse to be emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import settings

from tests.cast import Cast, assemble
from tests.guards_lifted import guards_lifted

# How long an example takes says more of the machine than of the code.
settings.register_profile("pennywhistle", deadline=None)
settings.load_profile("pennywhistle")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let tests that commit be emptied afterwards: the guards refuse that to everyone else."""
    with pytest.MonkeyPatch.context() as patch:
        for connection in connections.all():
            flush = connection.ops.execute_sql_flush
            patch.setattr(connection.ops, "execute_sql_flush", partial(_empty, connection, flush))
        yield


def _empty(
    connection: BaseDatabaseWrapper,
    flush: Callable[[Sequence[str]], None],
    sql_list: Sequence[str],
) -> None:
    with guards_lifted(connection):
        flush(sql_list)


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast in an empty database."""
    return assemble()
