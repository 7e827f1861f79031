"""What ingest says of a delivery while it works and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pennywhistle.shop.catalogue.queries import ReleaseFacts


class Outcome(StrEnum):
    """What became of one file.

    `ACCEPTED` and `FLAGGED` went in, the latter with remarks; `CORRECTED` was in, and its new tags
    changed a draft; `ALREADY_THERE` changed nothing; `REFUSED` stayed outside, and its remarks say
    why.
    """

    ACCEPTED = "accepted"
    FLAGGED = "flagged"
    CORRECTED = "corrected"
    ALREADY_THERE = "already-there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong, and what to do."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of the delivery, by its path below the folder. `track_id` is None outside."""

    name: str
    outcome: Outcome
    remarks: tuple[Remark, ...] = ()
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """What was left alone, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """A release that the delivery added to, or was found complete in.

    `corrected` names what its tags changed of a draft.
    """

    release: ReleaseFacts
    track_count: int
    remarks: tuple[Remark, ...] = ()
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Everything that was in the folder.

    `files` are the recordings, by name; `pictures` the covers that were looked at; `ignored` tells
    of what is neither.
    """

    files: tuple[FileReport, ...]
    releases: tuple[ReleaseReport, ...]
    pictures: tuple[FileReport, ...] = ()
    ignored: tuple[IgnoredFile, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many recordings ended so."""
        return sum(1 for file in self.files if file.outcome is outcome)

    @property
    def changed_nothing(self) -> bool:
        """True where every file was there already or was refused, and no release was corrected."""
        idle = {Outcome.ALREADY_THERE, Outcome.REFUSED}
        is_idle = all(file.outcome in idle for file in self.files + self.pictures)
        return is_idle and not any(found.corrected for found in self.releases)


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far ingest is. It is told before each file, with `outcome` None, and after it."""

    name: str
    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    outcome: Outcome | None = None
