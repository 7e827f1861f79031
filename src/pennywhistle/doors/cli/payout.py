"""`payout terms`, `due`, `make`, `file`, `files`, `paid`, `cancel` and `list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from pennywhistle.shop.royalties.payout_terms import TermsFacts
    from pennywhistle.shop.royalties.payouts import PayoutFacts

payouts = typer.Typer(help="Pay licensors what the books owe.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(payouts, name="payout")


@payouts.callback()
def _payouts() -> None:
    """Pay licensors what the books owe."""


@payouts.command()
def terms(
    licensor: Annotated[
        str, typer.Option(help="The licensor's name; without, all are shown.")
    ] = "",
    holder: Annotated[str, typer.Option(help="Whose account it is.")] = "",
    iban: Annotated[str, typer.Option(help="The account's number.")] = "",
    bic: Annotated[str, typer.Option(help="Its bank's code, if that wants it.")] = "",
    minimum: Annotated[str, typer.Option(help="In euros; usually 10.00.")] = "",
    schedule: Annotated[str, typer.Option(help="monthly, quarterly or by-hand.")] = "monthly",
) -> None:
    """Agree with a licensor on where and when they are paid, or show what was agreed."""
    from pennywhistle.flows.agree_on_payouts import TermsRequest, agree_on_payouts
    from pennywhistle.kit.clock import utc_now

    if not (licensor and iban):
        _show_terms(licensor)
        return
    request = TermsRequest(licensor, holder, iban, bic, minimum, schedule)
    agreed = agree_on_payouts(request=request, agreed_by=None, now=utc_now())
    typer.echo(_terms_line(licensor, agreed))
    if agreed.spelled_holder != agreed.holder:
        typer.echo(f"Banks read the holder as {agreed.spelled_holder!r}.")


@payouts.command()
def due() -> None:
    """Whose balance reaches their minimum, and whose schedule says now."""
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.royalties.payout_terms_queries import list_standings

    for each in list_standings(now=utc_now()):
        state = "due" if each.is_due else f"not due: minimum {each.terms.minimum}"
        typer.echo(f"{each.payable}  {each.licensor}  {each.terms.schedule}  {state}")


@payouts.command()
def make(
    licensor: Annotated[str, typer.Option(help="The licensor's name.")] = "",
    currency: Annotated[str, typer.Option()] = "EUR",
    all_due: Annotated[bool, typer.Option("--all-due", help="Everyone who is due.")] = False,
) -> None:
    """Set aside all that a licensor is owed, or all who are due; then `payout file` orders it."""
    from pennywhistle.flows.pay_out import pay_out, pay_out_due
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_id

    now = utc_now()
    if bool(licensor) == all_due:
        raise typer.BadParameter("name a --licensor, or say --all-due")
    if licensor:
        made = pay_out(
            payout_id=new_id(now=now), licensor_name=licensor, currency=currency, now=now
        )
        typer.echo(_line(made))
        return
    paid_out = pay_out_due(new_payout_id=lambda: new_id(now=now), now=now)
    for each in paid_out.made:
        typer.echo(_line(each))
    more = f"; {paid_out.more_count} more are due: run it again" if paid_out.more_count else ""
    typer.echo(f"{len(paid_out.made)} set aside{more}")


@payouts.command()
def file(
    to: Annotated[Path, typer.Option(help="Where it is written.", dir_okay=False)],
    again: Annotated[UUID | None, typer.Option(help="A file that was made before.")] = None,
    pain: Annotated[str, typer.Option(help="Version of pain.001.001: 09 or 03.")] = "09",
) -> None:
    """Write a SEPA file (pain.001) of all payouts that no file holds yet, to be sent to the bank."""
    from pennywhistle.flows.order_payouts import order_payouts, write_again
    from pennywhistle.flows.outfit import get_bank_account
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_id

    now = utc_now()
    if again is not None:
        ordered = write_again(file_id=again)
    else:
        ordered = order_payouts(
            file_id=new_id(now=now),
            account=get_bank_account(),
            version=pain,
            execute_on=now.date(),
            now=now,
        )
    to.write_bytes(ordered.data)
    contents = ordered.file.contents
    typer.echo(f"{to}: file {ordered.file.id}, {len(contents.payments)} payments, {contents.total}")
    for each in contents.payments:
        typer.echo(f"  {each.reference}  {each.amount}  {each.holder}  {each.text}")
    for licensor in ordered.left_out:
        typer.echo(f"  left out until `payout terms` is said, or the next file: {licensor}")


@payouts.command()
def files() -> None:
    """The newest files of payments."""
    from pennywhistle.shop.royalties.payout_file_queries import list_files

    for each in list_files():
        typer.echo(
            f"{each.id}  {each.made_at:%Y-%m-%d}  {each.payment_count} payments  {each.total}  "
            f"{each.open_count} on their way"
        )


@payouts.command()
def paid(payout: Annotated[UUID, typer.Argument(help="Its id.")]) -> None:
    """Say that a payout has left the bank; an imported statement says so by itself."""
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


def _show_terms(licensor: str) -> None:
    from pennywhistle.shop.licensing.queries import get_licensor, list_licensors
    from pennywhistle.shop.royalties.payout_terms_queries import list_terms, list_versions

    if licensor:
        for each in list_versions(licensor_id=get_licensor(name=licensor).id):
            typer.echo(_terms_line(licensor, each))
        return
    known = list_terms()
    for who in list_licensors():
        agreed = known.get(who.id)
        typer.echo(_terms_line(who.name, agreed) if agreed else f"{who.name}  no terms yet")


def _end(payout_id: UUID, *, is_paid: bool) -> None:
    from pennywhistle.flows.pay_out import end_payout
    from pennywhistle.kit.clock import utc_now

    typer.echo(_line(end_payout(payout_id=payout_id, is_paid=is_paid, now=utc_now())))


def _terms_line(licensor: str, agreed: TermsFacts) -> str:
    return (
        f"{licensor}  version {agreed.version} of {agreed.agreed_at:%Y-%m-%d}  {agreed.holder}  "
        f"{agreed.masked_iban}  minimum {agreed.minimum}  {agreed.schedule}"
    )


def _line(payout: PayoutFacts) -> str:
    if payout.returned_at is not None:
        state = f"came back, known on {payout.returned_at:%Y-%m-%d}: owed again"
    elif payout.ended_at is None:
        sent = ", in a file" if payout.file_id else ""
        state = f"set aside on {payout.made_at:%Y-%m-%d}{sent}"
    elif payout.is_paid:
        state = f"paid on {payout.booked_on or payout.ended_at.date():%Y-%m-%d}"
    else:
        state = f"called off on {payout.ended_at:%Y-%m-%d}"
    return f"{payout.id}  {payout.amount}  {payout.licensor}  {state}"
