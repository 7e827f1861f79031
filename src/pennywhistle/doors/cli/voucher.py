"""`voucher issue` and `voucher sold`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from pennywhistle.doors.cli.dates import read_instant

vouchers = typer.Typer(help="Issue voucher codes, and tell which are sold.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(vouchers, name="voucher")


@vouchers.callback()
def _vouchers() -> None:
    """Issue voucher codes, and tell which are sold."""


@vouchers.command()
def issue(
    amount: Annotated[str, typer.Argument(help="What each is worth, such as 5.00.")],
    currency: Annotated[str, typer.Option()] = "EUR",
    count: Annotated[int, typer.Option(min=1, max=10_000)] = 1,
    batch: Annotated[str, typer.Option(help="A name for the batch.")] = "by hand",
    expires: Annotated[str, typer.Option(help="First day they no longer work.")] = "",
    free: Annotated[bool, typer.Option("--free", help="The store gives them away.")] = False,
    pdf: Annotated[
        Path | None, typer.Option(help="Print them as cards into this file too.")
    ] = None,
) -> None:
    """Make voucher codes and print them, one a line. They are not shown again."""
    from pennywhistle.flows.issue_vouchers import issue_vouchers
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_voucher_code
    from pennywhistle.kit.money import Money

    if pdf is not None and pdf.exists():
        raise typer.BadParameter(f"{pdf} is there already", param_hint="--pdf")
    now = utc_now()
    codes = [new_voucher_code() for _ in range(count)]
    issue_vouchers(
        codes=codes,
        batch=batch,
        amount=Money.parse(amount, currency),
        now=now,
        expires_at=read_instant(expires) if expires else None,
        is_free=free,
    )
    for code in codes:
        typer.echo(code)
    if pdf is not None:
        pdf.write_bytes(_cards(codes, now))


@vouchers.command()
def sold(
    batch: Annotated[str, typer.Argument(help="The batch's name, as it was made.")],
    codes: Annotated[
        list[str] | None, typer.Argument(help="Those that were sold; all that are left, if none.")
    ] = None,
) -> None:
    """Say that a till has sold vouchers of a batch: the store owes them from now on.

    Those that have ended are not booked. Of vouchers made without a batch's name, tell the codes.
    """
    from pennywhistle.flows.sell_vouchers import sell_vouchers
    from pennywhistle.kit.clock import utc_now

    worth = sell_vouchers(batch=batch, codes=codes or (), now=utc_now())
    typer.echo(f"booked as sold: {', '.join(str(each) for each in worth)}")


def _cards(codes: list[str], now: datetime) -> bytes:
    from django.conf import settings

    from pennywhistle.flows.print_cards import CardSheet, PrintedCard, print_cards
    from pennywhistle.shop.payments.codes.queries import list_printable_vouchers

    address = f"{settings.PENNYWHISTLE_URL}/wallet/"
    cards = [
        PrintedCard(
            shop=urlsplit(settings.PENNYWHISTLE_URL).hostname or "",
            worth=str(voucher.amount),
            code=voucher.code,
            address=f"{address}?code={voucher.code}",
            notes=(
                f"Redeem it at {address}",
                f"before {voucher.expires_at:%d %B %Y}" if voucher.expires_at else "",
            ),
        )
        for voucher in list_printable_vouchers(codes=codes)
    ]
    return print_cards(sheet=CardSheet("Vouchers", tuple(cards), "en", now))
