"""`ern read`: what a label's release message says. It needs no store, and changes nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.kit.deals import Deal
    from pennywhistle.kit.release_messages import ReleaseMessage

ern = typer.Typer(help="Release messages of DDEX (ERN).", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(ern, name="ern")


@ern.callback()
def _ern() -> None:
    """Release messages of DDEX (ERN)."""


@ern.command()
def read(
    file: Annotated[Path, typer.Argument(help="The message.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Say what a release message says, changing nothing; exit 1 with line and reason where refused."""
    from pennywhistle.flows.read_release_message import read_release_message
    from pennywhistle.kit.release_messages import message_facts

    folder = os.environ.get("PENNYWHISTLE_DDEX_SCHEMAS", "").strip()
    message = read_release_message(
        path=file, schemas=Path(folder).expanduser().resolve() if folder else None
    )
    if as_json:
        # Piece by piece: a message of many deals is long.
        for piece in json.JSONEncoder(indent=2).iterencode(message_facts(message)):
            sys.stdout.write(piece)
        sys.stdout.write("\n")
        return
    for line in _told(message):
        # A stranger's text must not steer the terminal.
        typer.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in line))


def _told(message: ReleaseMessage) -> list[str]:
    lines = [
        (
            f"{message.kind} {message.version}, {message.message_id or 'without a number'}, from "
            f"{message.sender_name or message.sender or 'nobody'} at {message.created_at}"
        )
    ]
    for release in message.releases:
        ids = " ".join(filter(None, (release.icpn, release.grid))) or "no ICPN or GRid"
        lines += ["", f"{release.artist or '?'}: {release.title or '?'} ({release.label}), {ids}"]
        lines += [f"  {_deal(deal)}" for deal in release.deals]
        for track in release.tracks:
            seconds = (track.duration_ms or 0) // 1000
            lines.append(
                f"  {track.isrc or 'no ISRC':<14}{seconds // 60}:{seconds % 60:02}  {track.title}"
            )
            lines += [f"    {_deal(deal)}" for deal in track.deals]
    return lines + [f"note: {warning}" for warning in message.warnings]


def _deal(deal: Deal) -> str:
    from pennywhistle.kit.deals import why_closed

    why = why_closed(deal=deal)
    places = "all but " + ",".join(deal.excluded_territories)
    if not deal.excluded_territories:
        places = ",".join(deal.territories)
    return (
        f"{'opens no sale: ' + why if why else 'OPENS SALE'}; {places}; "
        f"{deal.start or '?'} to {deal.end or 'further notice'}; "
        f"{','.join(deal.models)}; {','.join(deal.uses)}"
    )
