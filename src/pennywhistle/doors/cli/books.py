"""`verify-books` and `statement`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("verify-books")(verify)
    app.command()(statement)


def verify() -> None:
    """Recount everything from the first transfer; exit 1 on one wrong row, and name it."""
    from pennywhistle.flows.verify_books import verify_books

    report = verify_books()
    for finding in report.findings:
        typer.echo(f"WRONG  {finding}")
    moved = ", ".join(str(amount) for amount in report.moved.values()) or "nothing"
    typer.echo(
        f"{report.transfer_count} transfers between {report.account_count} accounts moved {moved}; "
        f"{report.sale_line_count} sale lines; {len(report.findings)} wrong."
    )
    if report.findings:
        raise typer.Exit(1)


def statement(
    licensor: Annotated[str, typer.Option(help="The licensor's name.")],
    period: Annotated[str, typer.Option(help="A month: 2026-11.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(),
) -> None:
    """Write what a licensor is owed for a month as CSV; its total equals the ledger's."""
    from pennywhistle.flows.issue_statement import issue_statement
    from pennywhistle.kit.clock import month_period, utc_now

    try:
        month = month_period(period)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from None
    issued = issue_statement(licensor_name=licensor, period=month, now=utc_now())
    if not issued:
        typer.echo(f"Nothing has accrued to {licensor} yet; no statement was written.")
    out.mkdir(parents=True, exist_ok=True)
    for each in issued:
        path = out / each.file_name
        path.write_text(each.csv_text, encoding="utf-8", newline="")
        state = "final" if each.is_final else "so far: the month still runs"
        typer.echo(
            f"{path}: {each.line_count} lines, {each.total.decimal} {each.currency}, {state}"
        )
