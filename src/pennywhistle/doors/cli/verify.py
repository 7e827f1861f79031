"""`verify`: whether a file is what was sold. It needs no store, and leaves nothing behind."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.flows.verify_file import Checked

_NOT_SOLD, _CANNOT_TELL = 1, 2


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(verify)


def verify(
    files: Annotated[list[Path], typer.Argument(help="The files to listen to.", metavar="FILE…")],
    pcm: Annotated[
        str, typer.Option(help="The hash of the samples, as the library's page shows it.")
    ] = "",
    sha256: Annotated[
        str, typer.Option(help="The hash of the whole file. Else SHA256SUMS beside it is asked.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, a line a file.")] = False,
) -> None:
    """Tell offline whether a file is what was sold: 0 if all are, 1 if one is not, 2 if unknown."""
    from pennywhistle.flows.verify_file import (
        FILES_MAX,
        SUMS_NAME,
        BadHashError,
        Verdict,
        checked_hash,
    )

    # The list that the others are compared with has no hash itself.
    files = [path for path in files if path.name != SUMS_NAME] or files
    if len(files) > 1 and (pcm or sha256):
        raise typer.BadParameter("a hash is that of one file; name that file alone")
    if len(files) > FILES_MAX:
        raise typer.BadParameter(f"{FILES_MAX:,} files at once are the most")
    try:
        wanted_pcm = checked_hash(text=pcm) if pcm else None
        wanted = checked_hash(text=sha256) if sha256 else None
    except BadHashError as error:
        raise typer.BadParameter(str(error)) from None
    verdicts = set()
    for path in files:
        checked = _verify(path, wanted, wanted_pcm)
        verdicts.add(checked.verdict)
        typer.echo(json.dumps(asdict(checked)) if as_json else _told(path, checked))
    if Verdict.NOT_SOLD in verdicts:
        raise typer.Exit(_NOT_SOLD)
    if Verdict.CANNOT_TELL in verdicts:
        raise typer.Exit(_CANNOT_TELL)


def _verify(path: Path, sha256: str | None, pcm: str | None) -> Checked:
    from pennywhistle.flows.verify_file import read_sums, verify_file

    if sha256 is None:
        try:
            sha256 = read_sums(folder=path.parent).get(path.name)
        except OSError:
            sha256 = None
    return verify_file(path=path, sha256=sha256, pcm_sha256=pcm)


def _told(path: Path, checked: Checked) -> str:
    """The verdict first, then why, then what the file is."""
    lines = [f"{_shown(str(path))}: {checked.verdict.value}", *(f"  {why}" for why in checked.why)]
    if checked.frames is not None:
        lines.append(f"  {_said_of_audio(checked)}")
    known = [checked.artist, checked.title, f"ISRC {checked.isrc}" if checked.isrc else None]
    if any(known):
        lines.append(f"  {_shown(', '.join(filter(None, known)))}")
    if checked.pcm_sha256:
        lines.append(f"  samples {checked.pcm_sha256}")
    return "\n".join(lines)


def _said_of_audio(checked: Checked) -> str:
    seconds = (checked.duration_ms or 0) / 1000
    minutes, seconds = divmod(seconds, 60)
    promised = checked.promised_frames
    word = (
        "as many as its head promises"
        if promised == checked.frames
        else "its head does not say how many"
    )
    if promised not in (None, checked.frames):
        word = f"its head promises {promised:,}"
    return (
        f"{checked.codec}, {checked.sample_rate_hz} Hz, {checked.channels} channels, "
        f"{int(minutes)}:{seconds:06.3f}, {checked.frames:,} samples, {word}"
    )


def _shown(text: str) -> str:
    """Text of a stranger's file, as a terminal may show it."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
