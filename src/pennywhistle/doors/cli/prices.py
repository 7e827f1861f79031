"""`prices`: price lists, what labels ask, codes that lower prices, and rates of exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pennywhistle.flows.find_lowest_prices import LowestPrice
    from pennywhistle.shop.storefronts.rules import Prices

prices = typer.Typer(help="Price lists, asked prices, codes, rates.", no_args_is_help=True)

_Domain = Annotated[str, typer.Option(help="The storefront's domain; the first one if empty.")]
_Currency = Annotated[str, typer.Option(help="The storefront's own if empty.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(prices, name="prices")


@prices.command(name="show")
def show(domain: _Domain = "") -> None:
    """Say the prices in force, in each currency."""
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.storefronts.queries import get_shopfront

    shop = get_shopfront(domain=domain, now=utc_now())
    for currency in shop.currencies:
        _tell(shop.price_lists[currency])


@prices.command(name="set")
def set_(
    currency: _Currency = "",
    lossy: Annotated[str, typer.Option(help="Price of a lossy megabyte.")] = "",
    reduced: Annotated[str, typer.Option(help="Price of a megabyte of reduced FLAC.")] = "",
    lossless: Annotated[str, typer.Option(help="Price of a lossless megabyte.")] = "",
    floor: Annotated[str, typer.Option(help="The least that a track costs.")] = "",
    album_lossy: Annotated[str, typer.Option(help="The most for a whole release; or none.")] = "",
    album_reduced: Annotated[str, typer.Option(help="The same of reduced FLAC.")] = "",
    album_lossless: Annotated[str, typer.Option(help="The same of lossless files.")] = "",
    tiers: Annotated[str, typer.Option(help="Spent before = per cent: 20=5, 50=10; or none.")] = "",
    bonuses: Annotated[str, typer.Option(help="Gateway = per cent: bank=2.5; or none.")] = "",
    domain: _Domain = "",
) -> None:
    """Set prices from now on; what is left out stays as it is."""
    from pennywhistle.flows.set_prices import PriceListRequest, set_prices
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.storefronts.queries import get_shopfront

    now = utc_now()
    request = PriceListRequest(
        currency=currency or get_shopfront(domain=domain, now=now).currency,
        lossy_per_mb=lossy,
        reduced_per_mb=reduced,
        lossless_per_mb=lossless,
        floor_per_track=floor,
        album_lossy=album_lossy,
        album_reduced=album_reduced,
        album_lossless=album_lossless,
        tiers=tiers,
        bonuses=bonuses,
    )
    _tell(set_prices(request=request, domain=domain, now=now))


@prices.command(name="ask")
def ask(
    what: Annotated[str, typer.Argument(help="A release's UPC or short name, or a track's ISRC.")],
    kind: Annotated[str, typer.Argument(help="fixed, named, or size for the price by megabyte.")],
    amount: Annotated[str, typer.Argument(help="The price, or the least that may be named.")] = "",
    scope: Annotated[str, typer.Option(help="whole, each of its tracks, or track.")] = "whole",
    suggested: Annotated[str, typer.Option(help="What stands in the listener's field.")] = "",
    currency: _Currency = "",
    domain: _Domain = "",
) -> None:
    """Ask a price for a release or a track, and say what it needs in each country."""
    from django.conf import settings

    from pennywhistle.flows.ask_price import PriceRequest, ask_price
    from pennywhistle.kit.clock import utc_now

    request = PriceRequest(scope, what, kind, amount, suggested, currency)
    rows = ask_price(
        request=request, domain=domain, asked_by=None, now=utc_now(), seller=settings.SELLER
    )
    _tell_lowest(rows)


@prices.command(name="lowest")
def lowest(
    release: Annotated[str, typer.Argument(help="The release's UPC or short name.")],
    currency: _Currency = "",
    domain: _Domain = "",
) -> None:
    """Say what a release and its tracks need in each country: tax and tariffs."""
    from django.conf import settings

    from pennywhistle.flows.find_lowest_prices import find_lowest_prices
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.catalogue.queries import (
        get_release_in_any_state,
        list_tracks_of_release,
    )
    from pennywhistle.shop.storefronts.queries import get_shopfront

    now = utc_now()
    tracks = list_tracks_of_release(release_id=get_release_in_any_state(name=release).id)
    shop = get_shopfront(domain=domain, now=now, currency=currency)
    _tell_lowest(find_lowest_prices(shop=shop, tracks=tracks, seller=settings.SELLER, now=now))


@prices.command(name="code")
def code(
    name: Annotated[str, typer.Argument(help="What listeners type.")],
    takes_off: Annotated[str, typer.Argument(help="10%, or an amount such as 1.00.")],
    starts: Annotated[str, typer.Option(help="First day it holds; now if empty.")] = "",
    ends: Annotated[str, typer.Option(help="First day it no longer holds.")] = "",
    uses: Annotated[int, typer.Option(min=0, help="How often at most; 0 for no limit.")] = 0,
    per_person: Annotated[int, typer.Option(min=0, help="The same for one person.")] = 0,
    release: Annotated[list[str] | None, typer.Option(help="Only this release.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only this label's music.")] = None,
    currency: _Currency = "",
    domain: _Domain = "",
) -> None:
    """Make a code that lowers prices."""
    from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
    from pennywhistle.kit.clock import utc_now

    now = utc_now()
    request = PromotionRequest(
        code=name,
        takes_off=takes_off,
        starts_at=read_instant(starts) if starts else now,
        ends_at=read_instant(ends) if ends else None,
        currency=currency,
        uses_most=uses or None,
        uses_per_person_most=per_person or None,
        releases=release or [],
        labels=label or [],
    )
    terms = make_promotion(request=request, domain=domain, now=now)
    typer.echo(f"{terms.code} takes off {takes_off}.")


@prices.command(name="end-code")
def end_code(name: Annotated[str, typer.Argument()], domain: _Domain = "") -> None:
    """Stop a code; offers that were made with it stand."""
    from pennywhistle.flows.make_promotion import end_promotion
    from pennywhistle.kit.clock import utc_now

    end_promotion(code=name, domain=domain, now=utc_now())
    typer.echo(f"{name} no longer lowers anything.")


@prices.command(name="rate")
def rate(
    base: Annotated[str, typer.Argument(help="One unit of this currency …")],
    quote: Annotated[str, typer.Argument(help="… in units of this one …")],
    amount: Annotated[str, typer.Argument(help="… is this many, such as 0.8571 or 6/7.")],
    day: Annotated[str, typer.Option(help="The day it was published for: 2026-11-24.")],
    source: Annotated[str, typer.Option(help="Who published it, such as ECB.")],
) -> None:
    """Put a rate of exchange on file; nothing is ever converted without one."""
    from pennywhistle.flows.record_rate import record_rate

    record_rate(base=base, quote=quote, amount=amount, day=read_instant(day).date(), source=source)
    typer.echo(f"1 {base.upper()} is {amount} {quote.upper()} on {day}, by {source}.")


def _tell(held: Prices) -> None:
    from pennywhistle.flows.set_prices import bonuses_in_words, tiers_in_words

    typer.echo(held.currency)
    for kind, rate in (
        ("lossy", held.rate_of("lossy")),
        ("reduced", held.rate_of("reduced")),
        ("lossless", held.rate_of("lossless")),
    ):
        typer.echo(f"  a {kind} megabyte: {rate}")
    typer.echo(f"  a track, at the least: {held.floor_per_track}")
    for kind, most in held.albums.items():
        typer.echo(f"  a whole release as {kind}, at the most: {most}")
    if held.tiers:
        typer.echo(f"  discounts by what was spent: {tiers_in_words(held)}")
    if held.bonuses:
        typer.echo(f"  bonuses on top-ups: {bonuses_in_words(held)}")


def _tell_lowest(rows: Sequence[LowestPrice]) -> None:
    if not rows:
        typer.echo("No licence opens it anywhere yet.")
    for row in rows:
        tax = f"tax {row.taxes}"
        if row.each is None:
            typer.echo(f"{row.where} ({tax}): no price pays what its tariffs ask")
        else:
            typer.echo(f"{row.where} ({tax}): a track {row.each}, the whole {row.whole}, at least")
