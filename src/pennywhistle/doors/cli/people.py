"""`operator` and `storefront`: who runs the store, and its window."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(operator)
    app.command()(member)
    app.command()(storefront)


def operator(
    email: Annotated[str, typer.Argument(help="The operator's address.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True)],
) -> None:
    """Sign an operator up."""
    from pennywhistle.flows.sign_up import sign_up

    sign_up(email=email, password=password, is_operator=True)
    typer.echo(f"{email} may sign in as operator.")


def member(
    email: Annotated[str, typer.Argument(help="The address of someone of the label.")],
    label: Annotated[str, typer.Option(help="The label's name.")],
    password: Annotated[str, typer.Option(help="For someone who has not signed up yet.")] = "",
) -> None:
    """Let someone see a label's pages at the desk; with a password, sign them up first."""
    from pennywhistle.flows.add_label_member import add_label_member

    add_label_member(label_name=label, email=email, password=password)
    typer.echo(f"{email} sees {label} at the desk.")


def storefront(
    name: Annotated[str, typer.Argument(help="The shop's name.")],
    domain: Annotated[str, typer.Option(help="The name it answers to.")] = "localhost",
    currency: Annotated[str, typer.Option()] = "EUR",
    lossy: Annotated[str, typer.Option(help="Price of a lossy megabyte.")] = "0.03",
    lossless: Annotated[str, typer.Option(help="Price of a lossless megabyte.")] = "0.02",
    floor: Annotated[str, typer.Option(help="The least that a track costs.")] = "0.09",
    territories: Annotated[str, typer.Option(help="Where it sells.")] = "worldwide",
    imprint: Annotated[str, typer.Option(help="Who runs it and how to reach them.")] = "",
    vat: Annotated[bool, typer.Option(help="Prices include VAT of the buyer's country.")] = True,
    evidence: Annotated[
        int, typer.Option(help="Pieces of evidence of the buyer's country: 1 or 2.")
    ] = 1,
) -> None:
    """Open a storefront with its prices; run again, it is as the options then say."""
    from pennywhistle.flows.open_storefront import StorefrontRequest, open_storefront
    from pennywhistle.kit.clock import utc_now

    request = StorefrontRequest(
        name=name,
        domain=domain,
        currency=currency,
        lossy_per_mb=lossy,
        lossless_per_mb=lossless,
        floor_per_track=floor,
        territories=territories,
        imprint=imprint,
        collects_vat=vat,
        evidence_needed=evidence,
    )
    open_storefront(request=request, now=utc_now())
    typer.echo(f"{name} is open at {domain}.")
