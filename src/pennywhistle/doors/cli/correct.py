"""`correct`: what a release on sale says of itself, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pennywhistle.doors.cli.dates import read_instant


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(correct)


def correct(
    release: Annotated[str, typer.Argument(help="The release's UPC or short name.")],
    title: Annotated[
        str | None, typer.Option(help="The release's title; a track's with --at.")
    ] = None,
    at: Annotated[str, typer.Option(help="The track that is meant: 3, or 2.3 for disc 2.")] = "",
    lyrics: Annotated[Path | None, typer.Option(help="A text file: the lyrics of --at.")] = None,
    genre: Annotated[str | None, typer.Option(help="The genre.")] = None,
    released_on: Annotated[str, typer.Option(help="The release date: 2026-11-24.")] = "",
    p_line: Annotated[str | None, typer.Option(help="℗ 2026 Lantern Row Records")] = None,
    c_line: Annotated[str | None, typer.Option(help="© 2026 Lantern Row Records")] = None,
    musicbrainz: Annotated[
        str | None, typer.Option(help="The release's id there; with --at, the recording's.")
    ] = None,
    cover: Annotated[Path | None, typer.Option(help="A square JPEG or PNG.")] = None,
) -> None:
    """Correct a release on sale; the next download says it. What is left out stays."""
    from pennywhistle.flows.correct_release import COVER_BYTES_MAX, correct_release
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.catalogue.queries import get_release_in_any_state
    from pennywhistle.shop.catalogue.rules import ReleaseCorrection, TrackCorrection

    facts = get_release_in_any_state(name=release)
    tracks: tuple[TrackCorrection, ...] = ()
    mbid = None if musicbrainz is None else musicbrainz.strip().lower()
    if at:
        said = _text(lyrics) if lyrics else None
        tracks = (TrackCorrection(_track_id(facts.id, at), title, said, mbid),)
    elif lyrics:
        raise typer.BadParameter("lyrics are a track's; say which with --at")
    changed = correct_release(
        release_id=facts.id,
        correction=ReleaseCorrection(
            title=None if at else title,
            released_on=read_instant(released_on).date() if released_on else None,
            genre=genre,
            p_line=p_line,
            c_line=c_line,
            musicbrainz_release_id=None if at else mbid,
            tracks=tracks,
        ),
        cover=_picture(cover, COVER_BYTES_MAX) if cover else None,
        covers=get_outfit().covers,
        corrected_by=None,
        now=utc_now(),
    )
    what = ", ".join(field.replace("_", " ") for field in changed) or "nothing, it says so already"
    typer.echo(f"{facts.slug}: corrected {what}")


def _track_id(release_id: int, at: str) -> int:
    from pennywhistle.shop.catalogue.queries import list_tracks_of_release

    disc, _, number = at.rpartition(".")
    for track in list_tracks_of_release(release_id=release_id):
        if (disc or "1", number) == (str(track.disc_number), str(track.track_number)):
            return track.id
    raise typer.BadParameter(f"there is no track {at}; say it as 3, or 2.3 for disc 2")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{path} is not text in UTF-8; save it so") from None


def _picture(path: Path, bytes_max: int) -> bytes:
    """One byte beyond the most is enough to refuse it."""
    with path.open("rb") as file:
        return file.read(bytes_max + 1)
