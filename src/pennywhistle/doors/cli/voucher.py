"""`voucher issue`."""

from __future__ import annotations

from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant

vouchers = typer.Typer(help="Issue voucher codes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(vouchers, name="voucher")


@vouchers.callback()
def _vouchers() -> None:
    """Issue voucher codes."""


@vouchers.command()
def issue(
    amount: Annotated[str, typer.Argument(help="What each is worth, such as 5.00.")],
    currency: Annotated[str, typer.Option()] = "EUR",
    count: Annotated[int, typer.Option(min=1, max=10_000)] = 1,
    batch: Annotated[str, typer.Option(help="A name for the batch.")] = "by hand",
    expires: Annotated[str, typer.Option(help="First day they no longer work.")] = "",
) -> None:
    """Make voucher codes and print them, one a line. They are not shown again."""
    from pennywhistle.flows.issue_vouchers import issue_vouchers
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_voucher_code
    from pennywhistle.kit.money import Money

    codes = [new_voucher_code() for _ in range(count)]
    issue_vouchers(
        codes=codes,
        batch=batch,
        amount=Money.parse(amount, currency),
        now=utc_now(),
        expires_at=read_instant(expires) if expires else None,
    )
    for code in codes:
        typer.echo(code)
