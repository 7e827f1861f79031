"""`demo`: a store with music, prices, licences and people, in one command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pennywhistle.doors.cli.server import Port, check_port, prepare_store, run_server

HOST = "127.0.0.1"
PROCESSES = 2


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(demo)


def prepare_environment() -> None:
    """What a demo needs beside the defaults: pretend cards, and a country for this machine."""
    os.environ.setdefault("PENNYWHISTLE_SANDBOX_CARDS", "yes")
    os.environ.setdefault("PENNYWHISTLE_LOCAL_COUNTRY", "IE")
    os.environ.setdefault("PENNYWHISTLE_SELLER_COUNTRY", "IE")


def demo(
    port: Port = 8000,
    serve: Annotated[bool, typer.Option(help="Serve the store when it is ready.")] = True,
) -> None:
    """Create the demo store in PENNYWHISTLE_HOME (./var) and serve it; run again, it is kept."""
    from django.conf import settings
    from rich.console import Console

    from pennywhistle.demo.seed import (
        CODE,
        CODE_TAKES_OFF,
        issue_demo_voucher,
        list_sign_ins,
        seed_demo,
    )
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now

    console = Console(highlight=False, soft_wrap=True)
    address = f"http://{HOST}:{port}"
    check_port(host=HOST, port=port)
    with console.status("Preparing the store …") as status:
        # A log gets lines where a terminal gets one that changes.
        on_step = status.update if console.is_terminal else console.print
        prepare_store()
        seed_demo(
            outfit=get_outfit(),
            folder=settings.PENNYWHISTLE_HOME / "demo-delivery",
            on_step=on_step,
            now=utc_now(),
        )
        voucher = issue_demo_voucher(now=utc_now())
    console.print(f"\nThe Whistle Stop is ready: [bold]{address}[/bold]\n")
    for each in list_sign_ins():
        console.print(f"  {each.who:<10}{each.email:<24}{each.password:<22}{each.sees}")
    if voucher is None:
        console.print("\n  The voucher for a new listener that was shown before is still good.")
        console.print("  If it is lost: pennywhistle voucher issue 2.00")
    else:
        console.print(f"\n  Voucher for a new listener, worth 2.00: {voucher}")
    console.print(f"  Code for the basket: {CODE}, which takes off {CODE_TAKES_OFF}")
    console.print("  Test card: 4242 4242 4242 4242\n\nStop with Ctrl-C.\n")
    if serve:
        run_server(host=HOST, port=port, processes=PROCESSES)
