"""`tax oss` and `tax thresholds`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    tax = typer.Typer(help="What is owed to which country.", no_args_is_help=True)
    tax.command()(oss)
    tax.command()(thresholds)
    app.add_typer(tax, name="tax")


def oss(
    quarter: Annotated[str, typer.Option(help="A quarter: 2026-Q4.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(),
) -> None:
    """Write a quarter's VAT by country and rate as CSV; its sums equal the ledger's."""
    from django.conf import settings

    from pennywhistle.flows.export_tax import export_tax
    from pennywhistle.kit.clock import Quarter, utc_now

    try:
        asked = Quarter.parse(quarter)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--quarter") from None
    made = export_tax(quarter=asked, seller=settings.SELLER, now=utc_now())
    out.mkdir(parents=True, exist_ok=True)
    path = out / made.file_name
    path.write_text(made.csv_text, encoding="utf-8", newline="")
    for row in made.rows:
        corrects = f" (corrects {row.corrects})" if row.corrects else ""
        typer.echo(
            f"{row.scheme:9} {row.country} {row.percent:>5}%  {row.tax} on {row.net}{corrects}"
        )
    unfinished = "" if made.is_over else " The quarter is not over: this is what it holds so far."
    typer.echo(f"{len(made.rows)} rows in {path}.{unfinished}")


def thresholds() -> None:
    """Say how near the sales to the rest of the EU are to the thresholds of small sellers."""
    from django.conf import settings

    from pennywhistle.flows.export_tax import find_nearness
    from pennywhistle.kit.clock import utc_now

    for one in find_nearness(seller=settings.SELLER, now=utc_now()):
        mark = "PASSED" if one.is_passed else "near" if one.is_near else "below"
        typer.echo(f"{one.year}: {one.sold} of {one.limit} ({one.percent}%), {mark}")
        for currency, rate in one.rates:
            told = f"{rate.rate_text} EUR of {rate.day} ({rate.source})"
            typer.echo(f"      {currency} counted at {told}")
        for sold in one.uncounted:
            typer.echo(f"      NOT COUNTED: {sold}, for want of a rate; see `prices rate`")
