"""`operator` and `storefront`: who runs the store, and its window."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(operator)
    app.command()(storefront)


def operator(
    email: Annotated[str, typer.Argument(help="The operator's address.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True)],
) -> None:
    """Sign an operator up."""
    from pennywhistle.flows.sign_up import sign_up

    sign_up(email=email, password=password, is_operator=True)
    typer.echo(f"{email} may sign in as operator.")


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
) -> None:
    """Open a storefront with its prices; run again, it sets new prices."""
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
    )
    open_storefront(request=request, now=utc_now())
    typer.echo(f"{name} is open at {domain}.")
