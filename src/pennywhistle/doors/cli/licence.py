"""`licence grant`, `licence list`, `licence end`, `licence coverage`."""

from __future__ import annotations

from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant
from pennywhistle.shop.licensing.rules import Covered, LicenceTerms, NotCovered, Use

licences = typer.Typer(help="Record and end licences; ask what they cover.", no_args_is_help=True)


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
    preview_seconds: Annotated[
        str, typer.Option(help="How much may be heard: 30, or whole.")
    ] = "30",
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
        preview_seconds=preview_seconds,
    )
    granted = grant_licence(request=request, granted_by=None, now=utc_now())
    typer.echo(f"Licence {granted.number} is recorded.")
    for remark in granted.remarks:
        typer.echo(f"Note: {remark}.")


@licences.command("list")
def list_() -> None:
    """List every licence, newest first."""
    from pennywhistle.shop.licensing.queries import list_licences_for_desk
    from pennywhistle.shop.licensing.rules import rate_text

    for licence in list_licences_for_desk(limit=None):
        row = licence.terms
        until = f"{row.ends_at:%Y-%m-%d}" if row.ends_at else "open"
        repertoire = f"{row.repertoire.kind} {licence.target_code}".strip()
        typer.echo(
            f"{row.number:<16}{row.right.value:<11}{row.licensor}: {repertoire}, "
            f"{row.territories}, {row.starts_at:%Y-%m-%d} to {until}, "
            f"{rate_text(row.tariff.rate)} of {row.tariff.base}, {_heard(row)}"
            f"{row.document_reference}"
        )


def _heard(terms: LicenceTerms) -> str:
    """How much may be heard, for a list; nothing where nothing may."""
    if Use.PREVIEW not in terms.uses:
        return ""
    seconds = terms.preview_seconds
    return "previews whole, " if seconds is None else f"previews of {seconds} s, "


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


@licences.command()
def coverage(
    isrc: Annotated[str, typer.Argument(help="The track's ISRC.")],
    country: Annotated[str, typer.Argument(help="ISO 3166-1 alpha-2, such as DE.")],
    use: Annotated[Use, typer.Option()] = Use.DOWNLOAD,
    at: Annotated[str, typer.Option(help="The instant, UTC; now if empty.")] = "",
) -> None:
    """Say which licences let a track be used so, there, then; or why not, with exit 1."""
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.territory import check_country
    from pennywhistle.shop.catalogue.queries import find_track_id_by_isrc, get_track
    from pennywhistle.shop.licensing.queries import list_coverage, track_ref

    track = track_ref(get_track(track_id=find_track_id_by_isrc(isrc=isrc)))
    answer = list_coverage(
        tracks=[track],
        use=use,
        territory=check_country(country),
        instant=read_instant(at) if at else utc_now(),
    )[track.track_id]
    if not isinstance(answer, Covered):
        typer.echo(f"No: {_why_not(answer)}.")
        raise typer.Exit(1)
    for terms in (answer.recording, answer.work):
        typer.echo(
            f"{terms.right.value:<11}{terms.number}  {terms.licensor}: {terms.document_reference}"
        )
    if use is Use.PREVIEW:
        seconds = answer.preview_seconds
        typer.echo("Heard:     whole" if seconds is None else f"Heard:     {seconds} s")


def _why_not(answer: NotCovered) -> str:
    right = f"the {answer.right.value.lower()}" if answer.right else "it"
    moment = answer.opens_at or answer.ended_at
    on = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
    words = {
        "territory-unknown": "the territory is unknown",
        "no-licence": f"no licence of {right} names this track",
        "use": f"no licence of {right} opens this use",
        "territory": f"{right} is not licensed in this territory",
        "not-yet": f"the licence of {right} starts on {on}",
        "ended": f"the licence of {right} ended on {on}",
    }
    return words[answer.why.value]
