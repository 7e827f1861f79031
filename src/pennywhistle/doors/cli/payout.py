"""`payout make`, `payout paid`, `payout cancel` and `payout list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from pennywhistle.shop.royalties.payouts import PayoutFacts

payouts = typer.Typer(help="Pay licensors what the books owe.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(payouts, name="payout")


@payouts.callback()
def _payouts() -> None:
    """Pay licensors what the books owe."""


@payouts.command()
def make(
    licensor: Annotated[str, typer.Option(help="The licensor's name.")],
    currency: Annotated[str, typer.Option()] = "EUR",
) -> None:
    """Set aside all that a licensor is owed; send the money, then say `payout paid`."""
    from pennywhistle.flows.pay_out import pay_out
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_id

    now = utc_now()
    made = pay_out(payout_id=new_id(now=now), licensor_name=licensor, currency=currency, now=now)
    typer.echo(_line(made))


@payouts.command()
def paid(payout: Annotated[UUID, typer.Argument(help="Its id.")]) -> None:
    """Say that a payout has left the bank."""
    _end(payout, is_paid=True)


@payouts.command()
def cancel(payout: Annotated[UUID, typer.Argument(help="Its id.")]) -> None:
    """Call off a payout that was not sent: it is owed again."""
    _end(payout, is_paid=False)


@payouts.command("list")
def list_all() -> None:
    """The newest payouts and where each stands."""
    from pennywhistle.shop.royalties.payout_queries import list_payouts

    for payout in list_payouts():
        typer.echo(_line(payout))


def _end(payout_id: UUID, *, is_paid: bool) -> None:
    from pennywhistle.flows.pay_out import end_payout
    from pennywhistle.kit.clock import utc_now

    typer.echo(_line(end_payout(payout_id=payout_id, is_paid=is_paid, now=utc_now())))


def _line(payout: PayoutFacts) -> str:
    if payout.ended_at is None:
        state = f"set aside on {payout.made_at:%Y-%m-%d}"
    else:
        state = f"{'paid' if payout.is_paid else 'called off'} on {payout.ended_at:%Y-%m-%d}"
    return f"{payout.id}  {payout.amount}  {payout.licensor}  {state}"
