"""A place where a delivery arrives, with stores of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.flows.ingest_folder import ingest_folder
from pennywhistle.flows.ingest_report import FileReport, IngestProgress, IngestReport, Outcome

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass
class Dock:
    """`folder` is empty at first; `told` is the progress of the last run."""

    folder: Path
    masters: MasterStore
    covers: CoverStore
    booklets: BookletStore
    working_folder: Path
    told: list[IngestProgress] = field(default_factory=list)

    def ingest(self, folder: Path | None = None, label_name: str | None = None) -> IngestReport:
        """Take in the folder, or the one given."""
        self.told.clear()
        return ingest_folder(
            folder=folder or self.folder,
            label_name=label_name,
            masters=self.masters,
            covers=self.covers,
            booklets=self.booklets,
            working_folder=self.working_folder,
            on_progress=self.told.append,
            now=NOW,
        )


def build_dock(root: Path) -> Dock:
    """A dock below `root`."""
    folder = root / "delivery"
    folder.mkdir()
    return Dock(
        folder,
        MasterStore(root / "masters"),
        CoverStore(root / "covers"),
        BookletStore(root / "booklets"),
        root / "encoding",
    )


def outcomes(report: IngestReport) -> dict[str, Outcome]:
    """What became of each recording."""
    return {file.name: file.outcome for file in report.files}


def of(report: IngestReport, name: str) -> FileReport:
    """The report on one recording or picture."""
    return next(file for file in report.files + report.pictures if file.name == name)


def said(report: FileReport) -> str:
    """All remarks on a file in one line."""
    return " | ".join(map(str, report.remarks))
