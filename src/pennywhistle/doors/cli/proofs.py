"""`seal list`, `seal days` and `proof`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.flows.prove_entries import Proof

seal = typer.Typer(help="The days of the books that are hashed and chained.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(seal, name="seal")
    app.command()(proof)


@seal.command("list")
def list_(
    limit: Annotated[int, typer.Option(help="How many of the newest.", min=1, max=100_000)] = 31,
) -> None:
    """Print the newest sealed days and their chains: what to publish, and what to compare with."""
    from pennywhistle.shop.ledger.seal_queries import list_newest_seals

    for each in reversed(list_newest_seals(limit=limit)):
        facts = each.facts
        typer.echo(
            f"{facts.day}  {each.chain}  {facts.transfers.count} transfers, "
            f"{facts.documents.count} documents"
        )


@seal.command("days")
def days(
    clock_is_right: Annotated[
        bool,
        typer.Option(
            "--clock-is-right",
            help="You looked: the clock is right, and the books were quiet for over three months.",
        ),
    ] = False,
) -> None:
    """Seal every day that is over, as the worker does by itself."""
    from pennywhistle.flows.seal_books import seal_books
    from pennywhistle.kit.clock import utc_now

    count = 0
    while sealed := seal_books(now=utc_now(), is_clock_right=clock_is_right):
        count += len(sealed)
        typer.echo(f"sealed up to {sealed[-1].day}: {sealed[-1].chain}")
    typer.echo(f"{count} days sealed.")


@seal.command("lines")
def lines() -> None:
    """Write the files of sealed days' lines again that are missing or damaged."""
    from pennywhistle.flows.outfit import get_day_line_store
    from pennywhistle.flows.write_day_lines import restore_day_lines

    restored = restore_day_lines(store=get_day_line_store())
    for day in restored:
        typer.echo(f"written again: {day}")
    typer.echo(f"{len(restored)} files written again.")


def proof(
    receipt: Annotated[
        int | None, typer.Option(help="The number in the address of a receipt's page.")
    ] = None,
    licensor: Annotated[str, typer.Option(help="The licensor of a statement, by name.")] = "",
    period: Annotated[str, typer.Option(help="The statement's month: 2026-11.")] = "",
    currency: Annotated[str, typer.Option(help="The statement's currency.")] = "EUR",
    line: Annotated[
        str, typer.Option(help="One sale line of the statement alone: its last column.")
    ] = "",
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("proof.json"),
) -> None:
    """Write a proof of a receipt, or of a statement: check it with check_proof.py, offline."""
    from pennywhistle.flows.prove_entries import prove_purchase, prove_statement

    if receipt is not None:
        made = prove_purchase(purchase_id=receipt)
    elif licensor and period:
        statement_id = _find_statement(licensor, period, currency)
        made = prove_statement(statement_id=statement_id, sale_line=line or None)
    else:
        raise typer.BadParameter("give --receipt, or --licensor and --period")
    _write(made, out)


def _find_statement(licensor: str, period: str, currency: str) -> int:
    from pennywhistle.kit.clock import month_period
    from pennywhistle.shop.licensing.queries import get_licensor
    from pennywhistle.shop.royalties.queries import find_statement

    try:
        month = month_period(period)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from None
    found = find_statement(
        licensor_id=get_licensor(name=licensor).id, period=month, currency=currency
    )
    if found is None:
        raise typer.BadParameter(
            f"no statement over {currency} was issued to {licensor} for {period}; write it first: "
            f"pennywhistle statement"
        )
    return found.id


def _write(made: Proof, out: Path) -> None:
    out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    entries, seals = made["entries"], made["seals"]
    assert isinstance(entries, list)
    assert isinstance(seals, list)
    typer.echo(f"{out}: {len(entries)} entries, and {len(seals)} seals up to {seals[-1]['day']}")
