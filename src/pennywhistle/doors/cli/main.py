"""The `pennywhistle` command: one module per subject."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import django
import typer

from pennywhistle import __version__
from pennywhistle.doors.cli import (
    bank,
    books,
    catalogue,
    correct,
    demo,
    ern,
    licence,
    payments,
    payout,
    people,
    prices,
    proofs,
    server,
    store,
    tax,
    verify,
    voucher,
)

app = typer.Typer(
    name="pennywhistle",
    help="A self-hosted store for DRM-free music, sold for pennies and provable to the penny.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    demo,
    server,
    catalogue,
    correct,
    ern,
    licence,
    voucher,
    payments,
    bank,
    people,
    prices,
    books,
    payout,
    proofs,
    tax,
    verify,
):
    module.register(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"pennywhistle {__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Settings come from PENNYWHISTLE_* variables; data lies under PENNYWHISTLE_HOME (./var)."""
    command = context.invoked_subcommand or ""
    if "--help" in sys.argv:  # It is told without a store, and leaves nothing behind.
        return
    if command in store.NEED_NO_STORE:
        return
    store.check_home(command=command)
    if command in store.SERVE_A_STORE:
        server.prepare_environment()
    if command == "demo":
        demo.prepare_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennywhistle.config.settings")
    django.setup()
    store.prepare_database(command=command)


def run() -> None:
    """The console entry: an error that the house raises on purpose is one line and status 1.

    Those are the classes of this package: each says what was wrong and what to do (law 11).
    Anything else is a defect, and shows where it came from.
    """
    try:
        app()
    except Exception as error:
        if not type(error).__module__.startswith("pennywhistle."):
            raise
        typer.echo(f"pennywhistle: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
