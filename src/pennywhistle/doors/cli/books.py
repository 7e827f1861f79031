"""`verify-books`, `statement`, `books export` and `books royalties`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.kit.clock import Period
    from pennywhistle.kit.money import Money

books = typer.Typer(help="The books for others to read.", no_args_is_help=True)


class Form(StrEnum):
    """What the books can be written as."""

    BEANCOUNT = "beancount"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("verify-books")(verify)
    app.command()(statement)
    app.add_typer(books, name="books")


def verify() -> None:
    """Recount everything from the first transfer; exit 1 on one wrong row, and name it."""
    from django.conf import settings

    from pennywhistle.flows.verify_books import verify_books
    from pennywhistle.kit.clock import utc_now

    report = verify_books(now=utc_now(), messages_kept_for=settings.MESSAGES_KEPT_FOR)
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
    dsr: Annotated[
        bool, typer.Option("--dsr", help="As DDEX Digital Sales Reports instead of CSV.")
    ] = False,
    party_id: Annotated[str, typer.Option(help="With --dsr: their DDEX party id.")] = "",
) -> None:
    """Write what a licensor is owed for a month; its total equals the ledger's."""
    from pennywhistle.kit.clock import month_period

    try:
        month = month_period(period)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from None
    texts = _sales_reports(licensor, month, party_id) if dsr else _statements(licensor, month)
    if not texts:
        when = f"in {period}" if dsr else "yet"
        typer.echo(f"Nothing has accrued to {licensor} {when}; no statement was written.")
    out.mkdir(parents=True, exist_ok=True)
    for text in texts:
        path = out / text.file_name
        path.write_text(text.text, encoding="utf-8", newline="")
        state = "final" if text.is_final else "so far: the month still runs"
        typer.echo(
            f"{path}: {text.line_count} lines, {text.total.decimal} {text.total.currency}, {state}"
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A file to write, and what is said of it."""

    file_name: str
    text: str
    line_count: int
    total: Money
    is_final: bool


def _statements(licensor: str, month: Period) -> list[_Text]:
    from pennywhistle.flows.issue_statement import issue_statement
    from pennywhistle.kit.clock import utc_now

    issued = issue_statement(licensor_name=licensor, period=month, now=utc_now())
    return [
        _Text(each.file_name, each.csv_text, each.line_count, each.total, each.is_final)
        for each in issued
    ]


def _sales_reports(licensor: str, month: Period, party_id: str) -> list[_Text]:
    from django.conf import settings

    from pennywhistle.flows.write_sales_report import Envelope, write_sales_reports
    from pennywhistle.kit.clock import utc_now

    envelope = Envelope(
        sender_id=settings.DDEX_PARTY_ID,
        sender_name=settings.DDEX_PARTY_NAME,
        recipient_id=party_id,
    )
    written = write_sales_reports(
        licensor_name=licensor, envelope=envelope, period=month, now=utc_now()
    )
    return [
        _Text(each.file_name, each.text, each.line_count, each.total, each.is_final)
        for each in written
    ]


@books.callback()
def _books() -> None:
    """The books for others to read."""


@books.command()
def export(
    form: Annotated[Form, typer.Option("--format", help="Text for bean-check, or tables.")],
    starts: Annotated[str, typer.Option("--from", help="The first day: 2026-01-01, UTC.")],
    ends: Annotated[str, typer.Option("--to", help="The day after the last: 2027-01-01.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(),
) -> None:
    """Write the transfers of a period: as Beancount, or as CSV with a monthly trial balance."""
    from pennywhistle.doors.cli.dates import read_instant
    from pennywhistle.flows.export_beancount import iterate_beancount
    from pennywhistle.flows.export_csv import write_tables
    from pennywhistle.kit.clock import Period

    try:
        within = Period(read_instant(starts), read_instant(ends))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from None
    out.mkdir(parents=True, exist_ok=True)
    span = f"{within.starts_at:%Y-%m-%d}-{within.ends_at:%Y-%m-%d}"
    if form is Form.BEANCOUNT:
        path = out / f"books-{span}.beancount"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(iterate_beancount(within=within))
        typer.echo(str(path))
        return
    paths = out / f"transfers-{span}.csv", out / f"trial-balance-{span}.csv"
    with (
        paths[0].open("w", encoding="utf-8", newline="") as transfers,
        paths[1].open("w", encoding="utf-8", newline="") as balances,
    ):
        write_tables(within=within, transfers=transfers, balances=balances)
    for path in paths:
        typer.echo(str(path))


@books.command()
def royalties(
    period: Annotated[str, typer.Option(help="A month that is over: 2026-11.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(),
) -> None:
    """Write what all licensors earned in a month, from the files of its sealed days."""
    from pennywhistle.flows.outfit import get_day_line_store
    from pennywhistle.flows.report_royalties import report_royalties, write_royalties
    from pennywhistle.kit.clock import month_period

    try:
        month = month_period(period)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--period") from None
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"royalties-{period}.csv"
    rows = report_royalties(period=month, store=get_day_line_store())
    with path.open("w", encoding="utf-8", newline="") as table:
        count = write_royalties(rows=rows, table=table)
    typer.echo(f"{path}: {count} rows")
