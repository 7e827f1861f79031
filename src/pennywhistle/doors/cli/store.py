"""Whether there is a store to work on: told before anything is made where there is none."""

from __future__ import annotations

import os
from pathlib import Path

# What may be the first command of a store; the rest work on one that is there.
# `serve` and `demo` bring the database up to date themselves, once the port is theirs.
BEGIN_A_STORE = frozenset({"ingest", "operator", "storefront"})
# A listener's own machine has no store, nor has a label's that tries its messages.
NEED_NO_STORE = frozenset({"ern", "verify"})
SERVE_A_STORE = frozenset({"demo", "serve"})


class NoStoreError(RuntimeError):
    """A command that needs a store, where there is none."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"there is no store in {place}; set PENNYWHISTLE_HOME, or begin with "
            "`pennywhistle storefront …`"
        )


def check_home(*, command: str) -> None:
    """Raise `NoStoreError` before the settings are read, for reading them makes the home folder."""
    from django.conf import settings

    if command in BEGIN_A_STORE | SERVE_A_STORE or settings.configured:
        return
    if os.environ.get("PENNYWHISTLE_DATABASE_URL", "").strip():
        return
    # The same default as in the settings.
    home = Path(os.environ.get("PENNYWHISTLE_HOME", "").strip() or "./var").expanduser().resolve()
    if not (home / "store.sqlite3").exists():
        raise NoStoreError(str(home))


def prepare_database(*, command: str) -> None:
    """Make an empty database a store's where `command` may begin one, or raise `NoStoreError`."""
    if command in SERVE_A_STORE:
        return
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    if MigrationRecorder(connection).has_table():
        return
    if command not in BEGIN_A_STORE:
        raise NoStoreError(str(settings.PENNYWHISTLE_HOME))
    call_command("migrate", interactive=False, verbosity=0)
