"""`licence grant`, `list`, `end`, `suspend`, `resume`, `history`, `coverage`, `asked`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant
from pennywhistle.shop.licensing.rules import (
    Coverage,
    Covered,
    LicenceTerms,
    NotCovered,
    Use,
)

licences = typer.Typer(help="Record and end licences; ask what they cover.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(licences, name="licence")


# The words of `licence grant`.
Starts = Annotated[
    str,
    typer.Option(help="First instant: 2026-01-01, or '2026-01-01 Europe/Berlin'; UTC unless said."),
]
Ends = Annotated[
    str, typer.Option(help="First instant after it, by the same clocks; none for no end.")
]
Kind = Annotated[str, typer.Option(help="society, label, artist or publisher.")]
Repertoire = Annotated[str, typer.Option(help="whole, label:NAME, release:UPC or track:ISRC.")]
Heard = Annotated[str, typer.Option(help="How much may be heard: 30, or whole.")]
Where = Annotated[
    str, typer.Option(help="worldwide; DE,AT; all-but FR,JP; or CISAC's: '2EU but 2BA plus HR'.")
]
TariffCode = Annotated[str, typer.Option(help="The tariff's code; the number by default.")]

BasisWord = Annotated[str, typer.Option(help="contract, public-domain or creative-commons.")]
Deed = Annotated[str, typer.Option(help="Of Creative Commons: CC-BY-4.0.")]
Evidence = Annotated[str, typer.Option(help="Where that it is free can be seen: an address.")]
PayerWord = Annotated[
    str, typer.Option(help="Who pays the work's royalty: store, or the label out of its share.")
]


@licences.command()
def grant(
    licensor: Annotated[str, typer.Option(help="Who grants.")],
    right: Annotated[str, typer.Option(help="RECORDING or WORK.")],
    document: Annotated[str, typer.Option(help="Reference of the contract.")],
    rate: Annotated[str, typer.Option(help="Tariff: 15% or 15/100.")],
    number: Annotated[str, typer.Option(help="The licence's own number.")],
    starts: Starts,
    ends: Ends = "",
    kind: Kind = "society",
    repertoire: Repertoire = "whole",
    uses: Annotated[str, typer.Option(help="DOWNLOAD,PREVIEW.")] = "DOWNLOAD,PREVIEW",
    preview_seconds: Heard = "30",
    territories: Where = "worldwide",
    base: Annotated[str, typer.Option(help="gross or net-of-tax.")] = "net-of-tax",
    floor: Annotated[str, typer.Option(help="Least due per track, such as 0.01.")] = "",
    currency: Annotated[str, typer.Option(help="Currency of the floor.")] = "EUR",
    tariff: TariffCode = "",
    tariff_version: Annotated[int, typer.Option(min=1)] = 1,
    basis: BasisWord = "contract",
    deed: Deed = "",
    evidence: Evidence = "",
    mechanical_by: PayerWord = "store",
) -> None:
    """Record a licence as its contract says."""
    from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.local_time import LocalTime

    repertoire_kind, _, name = repertoire.partition(":")
    first = LocalTime.parse(starts)
    request = LicenceRequest(
        number=number,
        licensor=licensor,
        licensor_kind=kind,
        right=right,
        repertoire_kind=repertoire_kind,
        repertoire=name,
        uses=tuple(uses.split(",")),
        territories=territories,
        starts_at=first.moment,
        ends_at=LocalTime.parse(ends, zone=first.zone).moment if ends else None,
        rate=rate,
        base=base,
        floor_per_track=floor,
        currency=currency,
        document_reference=document,
        tariff_code=tariff,
        tariff_version=tariff_version,
        preview_seconds=preview_seconds,
        basis=basis,
        deed=deed,
        evidence=evidence,
        mechanical_by=mechanical_by,
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
        until = str(licence.ends or "open")
        if licence.ended_at is not None and licence.ended_at == row.ends_at:
            until = f"{licence.ended_at:%Y-%m-%d %H:%M} UTC, by hand"
        repertoire = f"{row.repertoire.kind} {licence.target_code}".strip()
        typer.echo(
            f"{row.number:<15} {row.right.value:<11}{row.licensor}: {repertoire}, "
            f"{row.territories}, {licence.starts} to {until}, "
            f"{rate_text(row.tariff.rate)} of {row.tariff.base}, {_heard(row)}"
            f"{row.document_reference}"
        )


def _heard(terms: LicenceTerms) -> str:
    """How much may be heard, for a list; nothing where nothing may."""
    if Use.PREVIEW not in terms.uses:
        return ""
    seconds = terms.preview_seconds
    return "previews whole, " if seconds is None else f"previews of {seconds} s, "


Number = Annotated[str, typer.Argument(help="The licence's number.")]
Since = Annotated[
    str, typer.Option("--from", help="From when on, also in the past; now if empty. As --starts.")
]


@licences.command()
def end(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it ends.")],
    since: Since = "",
) -> None:
    """End a licence, now: sales stop, downloads of what was bought go on."""
    _change(number, "ended", reason, since)
    typer.echo(
        f"Licence {number} has ended." if not since else f"Licence {number} ends at {since}."
    )


@licences.command()
def suspend(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it is suspended.")],
    since: Since = "",
) -> None:
    """Suspend a licence until it is resumed: sales stop, downloads of what was bought go on."""
    _change(number, "suspended", reason, since)
    typer.echo(f"Licence {number} is suspended from {since or 'now'} on.")


@licences.command()
def resume(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it is lifted.")],
    since: Since = "",
) -> None:
    """Lift a suspension: sales go on."""
    _change(number, "resumed", reason, since)
    typer.echo(f"The suspension of licence {number} is lifted from {since or 'now'} on.")


def _change(number: str, kind: str, reason: str, since: str) -> None:
    from pennywhistle.flows.end_licence import change_licence
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.local_time import LocalTime
    from pennywhistle.shop.licensing.history import ChangeKind
    from pennywhistle.shop.licensing.queries import get_licence

    zone = get_licence(number=number).starts.zone
    change_licence(
        number=number,
        kind=ChangeKind(kind),
        reason=reason,
        now=utc_now(),
        effective_at=LocalTime.parse(since, zone=zone).first_instant if since else None,
    )


@licences.command()
def history(number: Number) -> None:
    """Tell what a licence says, by which tables, and what happened to it."""
    from pennywhistle.shop.licensing.queries import get_licence

    licence = get_licence(number=number)
    chosen = licence.terms.territories
    typer.echo(f"Territories: {chosen}: {len(chosen.countries)} countries by {chosen.tables}")
    typer.echo(",".join(sorted(chosen.countries)))
    until = f" to {licence.ends}" if licence.ends else ""
    typer.echo(f"Agreed:      {licence.starts}{until}")
    footing = licence.terms.footing
    stands_on = " ".join(filter(None, (footing.basis, footing.deed, footing.evidence)))
    typer.echo(f"Stands on:   {stands_on}; royalty paid by the {footing.mechanical_by}")
    typer.echo(f"Recorded:    {_moment(licence.granted_at)}")
    for change in licence.changes:
        typer.echo(
            f"{change.kind.capitalize() + ':':<13}{_moment(change.effective_at)}, recorded "
            f"{_moment(change.recorded_at)}: {change.reason}"
        )


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


@licences.command()
def block(
    reference: Annotated[str, typer.Option(help="The order's own reference.")],
    authority: Annotated[str, typer.Option(help="The court or authority that ordered it.")],
    reason: Annotated[str, typer.Option(help="Why; it is shown on the page.")],
    territories: Annotated[str, typer.Option(help="Where, as for a grant.")],
    release: Annotated[str, typer.Option(help="The release's UPC or short name; or --track.")] = "",
    track: Annotated[str, typer.Option(help="The track's ISRC; or --release.")] = "",
    since: Since = "",
    until: Annotated[
        str, typer.Option(help="First instant after it; none until it is lifted.")
    ] = "",
    downloads: Annotated[
        bool, typer.Option("--downloads", help="It takes back downloads of what was bought, too.")
    ] = False,
) -> None:
    """Record an order to block: nothing of it is shown, heard or sold there."""
    from pennywhistle.flows.block_release import BlockRequest, block_release
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.local_time import LocalTime

    request = BlockRequest(
        reference=reference,
        authority=authority,
        reason=reason,
        territories=territories,
        release=release,
        isrc=track,
        starts_at=LocalTime.parse(since).moment if since else None,
        ends_at=LocalTime.parse(until).moment if until else None,
        closes_downloads=downloads,
    )
    block_release(request=request, recorded_by=None, now=utc_now())
    typer.echo(f"Order {reference} is recorded.")


@licences.command()
def unblock(
    reference: Annotated[str, typer.Argument(help="The order's own reference.")],
    reason: Annotated[str, typer.Option(help="Why it is lifted.")],
) -> None:
    """Lift an order to block."""
    from pennywhistle.flows.block_release import unblock_release
    from pennywhistle.kit.clock import utc_now

    unblock_release(reference=reference, reason=reason, recorded_by=None, now=utc_now())
    typer.echo(f"Order {reference} is lifted.")


@licences.command()
def blocks() -> None:
    """List the orders to block, newest first."""
    from pennywhistle.shop.licensing.block_queries import list_blocks

    for facts in list_blocks():
        order = facts.block
        until = f" to {_moment(order.ends_at)}" if order.ends_at else ""
        lifted = f", lifted: {facts.lift_reason}" if facts.lift_reason else ""
        downloads = ", downloads too" if order.closes_downloads else ""
        typer.echo(
            f"{order.reference}  {order.authority}: {facts.target}, {order.territories}, from "
            f"{_moment(order.starts_at)}{until}{downloads}: {order.reason}{lifted}"
        )


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


@licences.command()
def asked(
    isrc: Annotated[str, typer.Argument(help="The track's ISRC.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2, such as DE.")],
    at: Annotated[str, typer.Option(help="The instant of the sale, UTC.")],
    known_at: Annotated[
        str,
        typer.Option(help="By what was recorded until then, UTC; that instant itself if empty."),
    ] = "",
    use: Annotated[Use, typer.Option()] = Use.DOWNLOAD,
) -> None:
    """Was it licensed, as known then, and as known now? Exit 1 unless it was, both times."""
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.territory import check_country
    from pennywhistle.shop.catalogue.queries import find_track_id_by_isrc, get_track
    from pennywhistle.shop.licensing.queries import track_ref, was_licensed

    track = track_ref(get_track(track_id=find_track_id_by_isrc(isrc=isrc)))
    instant, place = read_instant(at), check_country(country)
    then = read_instant(known_at) if known_at else instant
    answers = [
        was_licensed(
            track=track, use=use, territory=place, instant=instant, as_of_knowledge=knowledge
        )
        for knowledge in (then, utc_now())
    ]
    for when, answer in zip((f"As known at {_moment(then)}", "As known now"), answers, strict=True):
        typer.echo(f"{when}: {_licences_of(answer)}.")
    if not all(isinstance(answer, Covered) for answer in answers):
        raise typer.Exit(1)


def _licences_of(answer: Coverage) -> str:
    if isinstance(answer, Covered):
        return f"yes, by {answer.recording.number} and {answer.work.number}"
    return f"no, {_why_not(answer)}"


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
        "blocked": "an order blocks it in this territory",
        "suspended": f"the licence of {right} is suspended",
        "ended": f"the licence of {right} ended on {on}",
    }
    return words[answer.why.value]
