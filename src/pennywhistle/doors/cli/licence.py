"""`licence grant`, `licence list`, `licence end`."""

from __future__ import annotations

from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant

licences = typer.Typer(help="Record and end licences.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(licences, name="licence")


@licences.command()
def grant(
    licensor: Annotated[str, typer.Option(help="Who grants.")],
    right: Annotated[str, typer.Option(help="RECORDING or WORK.")],
    document: Annotated[str, typer.Option(help="Reference of the contract.")],
    rate: Annotated[str, typer.Option(help="Tariff: 15% or 15/100.")],
    number: Annotated[str, typer.Option(help="The licence's own number.")],
    starts: Annotated[str, typer.Option(help="First instant, UTC: 2026-01-01.")],
    ends: Annotated[str, typer.Option(help="First instant after it; none for no end.")] = "",
    kind: Annotated[str, typer.Option(help="society, label, artist or publisher.")] = "society",
    repertoire: Annotated[
        str, typer.Option(help="whole, label:NAME, release:UPC or track:ISRC.")
    ] = "whole",
    uses: Annotated[str, typer.Option(help="DOWNLOAD,PREVIEW.")] = "DOWNLOAD,PREVIEW",
    territories: Annotated[
        str, typer.Option(help="worldwide; DE,AT; or all-but FR,JP.")
    ] = "worldwide",
    base: Annotated[str, typer.Option(help="gross or net-of-tax.")] = "net-of-tax",
    floor: Annotated[str, typer.Option(help="Least due per track, such as 0.01.")] = "",
    currency: Annotated[str, typer.Option(help="Currency of the floor.")] = "EUR",
    tariff: Annotated[str, typer.Option(help="The tariff's code; the number by default.")] = "",
    tariff_version: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Record a licence as its contract says."""
    from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
    from pennywhistle.kit.clock import utc_now

    repertoire_kind, _, name = repertoire.partition(":")
    request = LicenceRequest(
        number=number,
        licensor=licensor,
        licensor_kind=kind,
        right=right,
        repertoire_kind=repertoire_kind,
        repertoire=name,
        uses=tuple(uses.split(",")),
        territories=territories,
        starts_at=read_instant(starts),
        ends_at=read_instant(ends) if ends else None,
        rate=rate,
        base=base,
        floor_per_track=floor,
        currency=currency,
        document_reference=document,
        tariff_code=tariff,
        tariff_version=tariff_version,
    )
    recorded = grant_licence(request=request, granted_by=None, now=utc_now())
    typer.echo(f"Licence {recorded} is recorded.")


@licences.command("list")
def list_() -> None:
    """List every licence, newest first."""
    from pennywhistle.shop.licensing.queries import list_licences

    for row in list_licences():
        until = f"{row.ends_at:%Y-%m-%d}" if row.ends_at else "open"
        repertoire = row.repertoire.kind + (f" {row.repertoire.id}" if row.repertoire.id else "")
        typer.echo(
            f"{row.number:<16}{row.right.value:<11}{row.licensor}: {repertoire}, "
            f"{row.territories}, {row.starts_at:%Y-%m-%d} to {until}, "
            f"{row.tariff.rate} of {row.tariff.base}, {row.document_reference}"
        )


@licences.command()
def end(
    number: Annotated[str, typer.Argument(help="The licence's number.")],
    reason: Annotated[str, typer.Option(help="Why it ends.")],
) -> None:
    """End a licence now: sales stop, downloads of what was bought go on."""
    from pennywhistle.flows.end_licence import end_licence
    from pennywhistle.kit.clock import utc_now

    end_licence(number=number, reason=reason, now=utc_now())
    typer.echo(f"Licence {number} has ended.")
