"""`ingest`, `publish` and `discard`: from a label's folder to the shelves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pennywhistle.flows.ingest_report import IngestReport


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(ingest)
    app.command()(publish)
    app.command()(withdraw)
    app.command()(discard)


def ingest(
    path: Annotated[Path, typer.Argument(help="A folder of recordings, or one of them.")],
    label: Annotated[str, typer.Option(help="The label; it stands over the one in the tags.")] = "",
) -> None:
    """Take a folder of FLAC, WAV, AIFF or ALAC in as draft releases. Running it again is safe.

    A delivery by messages of DDEX, with its BatchComplete file, is taken in as they say.
    """
    from pennywhistle.flows.take_delivery import is_batch

    if is_batch(path):
        _take(path)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from pennywhistle.flows.ingest_folder import ingest_folder
    from pennywhistle.flows.ingest_report import IngestProgress
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now

    outfit = get_outfit()
    bar = Progress(
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("Looking …", total=None)

        def show(progress: IngestProgress) -> None:
            bar.update(
                task,
                completed=progress.files_done,
                total=progress.files_total,
                description=progress.name,
            )

        report = ingest_folder(
            folder=path,
            label_name=label or None,
            masters=outfit.masters,
            covers=outfit.covers,
            booklets=outfit.booklets,
            working_folder=outfit.working_folder,
            on_progress=show,
            now=utc_now(),
        )
        # An empty folder has told nothing: the total is known only now.
        bar.update(task, total=len(report.files), description="")
    _tell(report)


def _take(path: Path) -> None:
    """Take a delivery by messages in; print what is wrong with it and leave with 1 otherwise."""
    from pennywhistle.flows.outfit import get_message_dock
    from pennywhistle.flows.take_delivery import DeliveryRefusedError, take_delivery
    from pennywhistle.kit.clock import utc_now

    try:
        taken = take_delivery(folder=path, dock=get_message_dock(), now=utc_now())
    except DeliveryRefusedError as error:
        for problem in error.problems:
            typer.echo(f"refused  {problem}", err=True)
        typer.echo("Nothing of the delivery is taken.", err=True)
        raise typer.Exit(1) from None
    for release in taken:
        licences = release.licences
        typer.echo(
            f"{release.title}: {release.added_count} tracks added, {len(licences.granted)} licences "
            f"granted, {len(licences.ended)} ended; short name {release.slug}"
        )
        for alert in release.alerts:
            typer.echo(f"  LOOK INTO  {alert}")


def publish(
    release: Annotated[str, typer.Argument(help="The release's UPC or short name.")],
) -> None:
    """Put a draft release on the shelves, wherever its licences allow."""
    from pennywhistle.flows.publish_release import publish_release
    from pennywhistle.kit.clock import utc_now

    slug = publish_release(name=release, now=utc_now())
    typer.echo(f"{slug} is on the shelves: /release/{slug}/")


def discard(
    release: Annotated[str, typer.Argument(help="The draft's UPC or short name.")],
) -> None:
    """Forget a draft that was a mistake. Its masters' files stay; deliver it again when it is right."""
    from pennywhistle.flows.discard_draft import discard_draft

    gone = discard_draft(name=release)
    typer.echo(
        f"{gone.artist}: {gone.title} is discarded; the masters' files stay in their folder."
    )


def withdraw(
    release: Annotated[str, typer.Argument(help="The release's UPC or short name.")],
) -> None:
    """Take a release off the shelves; what was bought stays with its buyers."""
    from pennywhistle.flows.withdraw_release import withdraw_release

    slug = withdraw_release(name=release)
    typer.echo(f"{slug} is off the shelves; `pennywhistle publish {slug}` puts it back.")


def _tell(report: IngestReport) -> None:
    """Print what became of each file; leave with 1 where one was refused."""
    from pennywhistle.flows.ingest_report import Outcome

    for file in (*report.files, *report.pictures):
        typer.echo(f"{file.outcome.value:<14}{file.name}")
        for remark in file.remarks:
            typer.echo(f"{'':<14}  {remark}")
    for left in report.ignored:
        typer.echo(f"{'ignored':<14}{left}")
    for entry in report.releases:
        facts = entry.release
        typer.echo(
            f"\n{facts.artist}: {facts.title} ({facts.label}), {entry.track_count} tracks, "
            f"{facts.state}; short name {facts.slug}"
        )
        if entry.corrected:
            typer.echo(f"  corrected from its tags: {', '.join(entry.corrected)}")
        for remark in entry.remarks:
            typer.echo(f"  {remark}")
    refused = report.count(Outcome.REFUSED)
    if not report.files:
        typer.echo("No recordings were found here: point at a folder of FLAC, WAV, AIFF or ALAC.")
    elif report.changed_nothing:
        typer.echo("\nNothing changed.")
    if refused or not report.files:
        raise typer.Exit(1)
