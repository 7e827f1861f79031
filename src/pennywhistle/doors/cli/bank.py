"""`bank import`, `list`, `check`, `assign`, `payout`, `return` and `own`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.flows.settle_payouts import SettledPayouts
    from pennywhistle.shop.payments.banking.queries import EntryRow

bank = typer.Typer(help="Bank transfers: statements, and what they bring.", no_args_is_help=True)

_Entry = Annotated[int, typer.Argument(help="Its number, as `bank list` says.")]
_Note = Annotated[str, typer.Option(help="Why; kept with the decision.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(bank, name="bank")


@bank.callback()
def _bank() -> None:
    """Bank transfers: statements, and what they bring."""


@bank.command("import")
def take_in(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
) -> None:
    """Import statements in camt.053, in any order and as often as you like; exit 1 for a bad one."""
    from django.conf import settings

    from pennywhistle.flows.import_statement import (
        StatementUnreadableError,
        import_statement,
    )
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.payments.banking.rules import BankError

    failed = False
    for file in files:
        try:
            imported = import_statement(
                data=file.read_bytes(), iban=settings.BANK_IBAN, now=utc_now()
            )
        except (StatementUnreadableError, BankError) as error:
            failed = True
            typer.echo(f"{file}: {error}", err=True)
            continue
        for one in imported:
            statement, kept = one.statement, one.kept
            _tell_payouts(one.payouts)
            said = f"{file}: statement {statement.reference}, {len(statement.entries)} entries, "
            if not kept.is_new:
                typer.echo(f"{said}imported before")
                continue
            typer.echo(
                f"{said}{kept.new_count} new; {kept.credited_count} credited, {kept.credited}; "
                f"closes with {statement.closing} on {statement.closing_on}"
            )
    if failed:
        raise typer.Exit(1)


def _tell_payouts(payouts: SettledPayouts) -> None:
    if payouts.left_count or payouts.returned_count:
        typer.echo(
            f"  {payouts.left_count} payouts to licensors are paid, {payouts.returned_count} came back"
        )
    for trouble in payouts.troubles:
        typer.echo(f"  SEE TO IT  {trouble}")


@bank.command("list")
def list_all(
    unclaimed: Annotated[
        bool, typer.Option("--unclaimed", help="Those nobody decided on.")
    ] = False,
) -> None:
    """The newest entries, or those credits that wait for a decision."""
    from pennywhistle.shop.payments.banking.queries import list_entries

    for row in list_entries(only_unclaimed=unclaimed):
        typer.echo(_line(row))


@bank.command()
def check() -> None:
    """What each account holds, for whom, and where statements are missing; exit 1 where one is."""
    from pennywhistle.shop.payments.banking.queries import list_accounts

    missing = False
    for account in list_accounts():
        closing = account.closing
        typer.echo(
            f"{account.iban}: {closing.balance} at the end of {closing.on}; {account.credited} came "
            f"for wallets, {account.unclaimed} in {account.unclaimed_count} entries is nobody's yet"
        )
        for gap in account.gaps:
            missing = True
            typer.echo(
                f"MISSING  {gap.missing} between {gap.after} and {gap.until}: import the statements "
                "of those days"
            )
    if missing:
        raise typer.Exit(1)


@bank.command()
def assign(
    entry: _Entry,
    email: Annotated[str, typer.Argument(help="The listener's address.")],
    note: _Note = "",
) -> None:
    """Credit an entry to a listener's wallet."""
    from django.conf import settings

    from pennywhistle.flows.decide_entry import assign_entry
    from pennywhistle.kit.clock import utc_now

    assign_entry(
        entry_id=entry,
        email=email,
        voucher_class=settings.TOP_UP_CLASS,
        note=note,
        decided_by=None,
        now=utc_now(),
    )
    _tell(entry)


@bank.command()
def payout(
    entry: _Entry,
    gateway: Annotated[str, typer.Argument(help="Which one, such as stripe.")],
    note: _Note = "",
) -> None:
    """Say that an entry is what a gateway has paid out."""
    from pennywhistle.flows.decide_entry import take_payout
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now

    take_payout(
        entry_id=entry,
        gateway=gateway,
        gateways=[*get_outfit().gateways],
        note=note,
        decided_by=None,
        now=utc_now(),
    )
    _tell(entry)


@bank.command("return")
def send_back(entry: _Entry, note: _Note = "") -> None:
    """Say that an entry goes back to whom it came from; order that transfer at the bank."""
    _set_aside(entry, note, is_returned=True)


@bank.command()
def own(entry: _Entry, note: _Note = "") -> None:
    """Say that an entry is the store's own money, and for no wallet."""
    _set_aside(entry, note, is_returned=False)


def _set_aside(entry: int, note: str, *, is_returned: bool) -> None:
    from pennywhistle.flows.decide_entry import set_entry_aside
    from pennywhistle.kit.clock import utc_now

    set_entry_aside(
        entry_id=entry, is_returned=is_returned, note=note, decided_by=None, now=utc_now()
    )
    _tell(entry)


def _tell(entry: int) -> None:
    from pennywhistle.shop.payments.banking.queries import get_entry

    typer.echo(_line(get_entry(entry_id=entry)))


def _line(row: EntryRow) -> str:
    facts = row.facts
    amount = facts.amount if facts.is_credit else -facts.amount
    state = " of ".join(filter(None, (facts.outcome, facts.gateway)))
    state = state or ("unclaimed" if facts.is_credit else "went out")
    return (
        f"{row.id}  {row.booked_on}  {amount}  {state}  {row.email}  {row.counterparty}  {row.text}"
    ).rstrip()
