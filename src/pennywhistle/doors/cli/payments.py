"""`payments gateways`, `payments messages`, `payments replay`, `payments reconcile`."""

from __future__ import annotations

from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant

payments = typer.Typer(help="Gateways: how they are, and what they say.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(payments, name="payments")


@payments.callback()
def _payments() -> None:
    """Gateways: how they are, and what they say."""


@payments.command()
def gateways() -> None:
    """Say which ways to pay are set up, and whether each is asked; exit 1 where one is not."""
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.shop.payments.gateways.queries import count_failed_messages, list_circuits

    circuits, known = list_circuits(), get_outfit().gateways
    troubled = False
    for name, missing in _missing().items():
        if name not in known and not (name == "bank" and get_outfit().bank):
            typer.echo(f"{name}: not set up; {missing}")
    if get_outfit().bank is not None:
        typer.echo("bank: set up; transfers are in the books once a statement tells of them")
    for name in known:
        circuit = circuits.get(name)
        if circuit is None or not circuit.is_open:
            typer.echo(f"{name}: open for business")
            continue
        troubled = True
        why = "declines to serve this store" if circuit.is_shut else "gives no answer"
        typer.echo(
            f"{name}: {why} since {circuit.opened_at:%Y-%m-%d %H:%M} UTC; tried again at "
            f"{circuit.probe_at:%H:%M:%S}. {circuit.reason}"
        )
    if failed := count_failed_messages():
        typer.echo(f"{failed} messages were given up: see `payments messages --failed`.")
    if troubled:
        raise typer.Exit(1)


def _missing() -> dict[str, str]:
    """Each way to pay, and what sets it up."""
    from django.conf import settings

    needs = {
        "stripe": "set PENNYWHISTLE_STRIPE_SECRET_KEY and PENNYWHISTLE_STRIPE_PUBLIC_KEY",
        "bank": "set PENNYWHISTLE_BANK_IBAN and PENNYWHISTLE_BANK_HOLDER",
        "sandbox": "set PENNYWHISTLE_SANDBOX_CARDS=1, for trying things out alone",
    }
    left_out = "PENNYWHISTLE_GATEWAYS leaves it out"
    return {name: need if name in settings.GATEWAYS else left_out for name, need in needs.items()}


@payments.command()
def messages(
    gateway: Annotated[str, typer.Option(help="Of this gateway alone.")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Those given up alone.")] = False,
) -> None:
    """List the newest messages that gateways sent, and what became of each."""
    from pennywhistle.shop.payments.gateways.queries import list_messages

    for message in list_messages(gateway=gateway, only_failed=failed):
        if message.processed_at is not None:
            state = "processed"
        elif message.due_at is not None:
            state = f"due {message.due_at:%H:%M:%S}"
        else:
            state = "given up"
        typer.echo(
            f"{message.received_at:%Y-%m-%d %H:%M:%S}  {message.gateway}  {message.event_id}  "
            f"{message.event_type}  {state}, {message.tries} tries  {message.trouble}".rstrip()
        )


@payments.command()
def replay(
    gateway: Annotated[str, typer.Option(help="Of this gateway alone.")] = "",
    event: Annotated[str, typer.Option(help="One message, by the gateway's id of it.")] = "",
    starts: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-01.")] = "",
    ends: Annotated[str, typer.Option("--to", help="First day that is left out.")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Those given up alone.")] = False,
) -> None:
    """Process kept messages again, oldest first; nothing happens twice. Exit 1 where one fails."""
    from pennywhistle.flows.hear_gateway import replay as replay_messages
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.payments.gateways.queries import MESSAGES_REPLAYED, list_messages

    if not (gateway or event or starts or failed):
        raise typer.BadParameter("say which: --gateway, --event, --from or --failed")
    found = list_messages(
        gateway=gateway,
        event_id=event,
        received_from=read_instant(starts) if starts else None,
        received_before=read_instant(ends) if ends else None,
        only_failed=failed,
        only_whole=True,
        limit=MESSAGES_REPLAYED,
    )
    heard = replay_messages(
        messages=list(reversed(found)), gateways=get_outfit().gateways, now=utc_now()
    )
    for trouble in heard.troubles:
        typer.echo(f"FAILED  {trouble}")
    typer.echo(f"{heard.done} of {len(found)} messages processed again.")
    if len(found) == MESSAGES_REPLAYED:
        typer.echo("There are more: give a shorter period.")
    if heard.troubles:
        raise typer.Exit(1)


@payments.command()
def reconcile(
    gateway: Annotated[str, typer.Option(help="Which gateway, such as stripe.")],
    starts: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-01.")],
    ends: Annotated[str, typer.Option("--to", help="First day that is left out.")],
) -> None:
    """Hold a gateway's own list against the books; exit 1 on any difference, and name each."""
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.flows.reconcile_gateway import reconcile_gateway
    from pennywhistle.kit.clock import Period, utc_now

    known = get_outfit().gateways
    if gateway not in known:
        raise typer.BadParameter(
            f"known here: {', '.join(known) or 'none'}", param_hint="--gateway"
        )
    try:
        within = Period(read_instant(starts), read_instant(ends))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from None
    report = reconcile_gateway(gateway=known[gateway], within=within, now=utc_now())
    for difference in report.differences:
        typer.echo(f"DIFFERS  {difference}")
    taken = ", ".join(str(amount) for amount in report.taken) or "nothing"
    paid_out = ", ".join(str(amount) for amount in report.paid_out) or "nothing"
    typer.echo(
        f"{gateway}: {report.charges} charges took {taken}, {report.others} other lines; paid out "
        f"{paid_out}; {len(report.differences)} differences."
    )
    if report.differences:
        raise typer.Exit(1)
