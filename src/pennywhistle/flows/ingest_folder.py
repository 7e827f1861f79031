"""Take a label's folder in: its recordings become tracks of draft releases, with their covers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from pennywhistle.adapters.audio.analyse import file_sha256
from pennywhistle.adapters.audio.encode import EncoderFailedError
from pennywhistle.adapters.audio.refusal import AudioRefusedError
from pennywhistle.adapters.images.cover import (
    COVER_BYTES_MAX,
    CoverRefusedError,
    check_cover,
    cover_sizes,
)
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterChangedError, MasterStore
from pennywhistle.flows.ingest_master import DuplicateRecordingError, IngestedMaster, ingest_master
from pennywhistle.flows.ingest_report import (
    FileReport,
    IngestProgress,
    IngestReport,
    Outcome,
    ReleaseReport,
    Remark,
)
from pennywhistle.flows.read_delivery import (
    DeliveredRelease,
    DeliveredTrack,
    read_delivery,
    shown_name,
)
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.rules import CatalogueError

# Files that a crash left half-written are removed once they are older than any copy can take.
LEFTOVERS_AFTER = timedelta(days=1)

Listener = Callable[[IngestProgress], None]


@dataclass(slots=True)
class _Run:
    """What one run has seen so far."""

    root: Path
    masters: MasterStore
    covers: CoverStore
    now: datetime
    tell: Listener
    files_total: int
    bytes_total: int
    files_done: int = 0
    bytes_done: int = 0
    reports: list[FileReport] = field(default_factory=list)
    pictures: list[FileReport] = field(default_factory=list)
    names_by_track: dict[int, str] = field(default_factory=dict)
    places: dict[tuple[str, str, str, int, int], tuple[str, str]] = field(default_factory=dict)


def ingest_folder(
    *,
    folder: Path,
    label_name: str | None,
    masters: MasterStore,
    covers: CoverStore,
    on_progress: Listener,
    now: datetime,
) -> IngestReport:
    """Take in every recording below `folder` (or the one file that it names), and report on each.

    `label_name` stands over the label in the tags. A file that cannot go in is refused with what is
    wrong and what to do, and the rest goes in. Nothing is published. Each recording is a
    transaction of its own: killed anywhere, the run can be started again and completes the work; a
    run over what is there changes nothing.

    Raises `DeliveryError` where there is no such folder, OSError where a disk is full.
    """
    delivery = read_delivery(folder=folder, label_name=label_name)
    tracks = [track for release in delivery.releases for track in release.tracks]
    run = _Run(
        root=delivery.root,
        masters=masters,
        covers=covers,
        now=now,
        tell=on_progress,
        files_total=len(tracks) + len(delivery.refused),
        bytes_total=sum(track.path.stat().st_size for track in tracks),
    )
    for refused in delivery.refused:
        _note(run, refused)
    releases = [found for one in delivery.releases if (found := _take_release(run, one))]
    oldest = (now - LEFTOVERS_AFTER).timestamp()
    masters.sweep(older_than=oldest)
    covers.sweep(older_than=oldest)
    reports = sorted(run.reports, key=lambda report: report.name)
    return IngestReport(tuple(reports), _merged(releases), tuple(run.pictures), delivery.ignored)


def _note(run: _Run, report: FileReport, *, size_bytes: int = 0) -> None:
    """Keep a file's report and tell how far the run is."""
    run.reports.append(report)
    run.files_done += 1
    run.bytes_done += size_bytes
    run.tell(_progress(run, report.name, report.outcome))


def _progress(run: _Run, name: str, outcome: Outcome | None) -> IngestProgress:
    return IngestProgress(
        name, run.files_done, run.files_total, run.bytes_done, run.bytes_total, outcome
    )


def _take_release(run: _Run, delivered: DeliveredRelease) -> ReleaseReport | None:
    """Take in a release's tracks and cover. None where not one of its tracks is in the shop."""
    release_ids: set[int] = set()
    for track in delivered.tracks:
        run.tell(_progress(run, track.name, None))
        size_bytes = track.path.stat().st_size
        report, release_id = _take_track(run, delivered, track)
        _note(run, report, size_bytes=size_bytes)
        if release_id is not None:
            release_ids.add(release_id)
    if not release_ids:
        return None
    release_id = next(iter(release_ids))
    remarks = delivered.remarks + tuple(_take_cover(run, delivered, release_id))
    standing = queries.list_tracks_of_release(release_id=release_id)
    return ReleaseReport(standing[0].release, len(standing), remarks)


def _take_track(
    run: _Run, delivered: DeliveredRelease, track: DeliveredTrack
) -> tuple[FileReport, int | None]:
    """The report on one file, and the release that it is in."""
    try:
        _check_place(run, delivered, track)
        taken = ingest_master(
            path=track.path,
            release=delivered.release,
            track=track.track,
            masters=run.masters,
            now=run.now,
        )
    except _REFUSALS as error:
        return FileReport(track.name, Outcome.REFUSED, (_why(run, error),)), None
    run.names_by_track[taken.track_id] = track.name
    run.places[_place(delivered, track)] = (track.name, taken.sha256)
    remarks = track.remarks + tuple(_heard(taken)) + tuple(_shared_isrc(track, taken))
    if taken.was_there:
        outcome = Outcome.ALREADY_THERE
    else:
        outcome = Outcome.FLAGGED if remarks else Outcome.ACCEPTED
    return FileReport(track.name, outcome, remarks, taken.track_id), taken.release_id


class _PlaceTakenError(ValueError):
    """Another file of this delivery stands at the same place."""


_REFUSALS = (
    AudioRefusedError,
    CatalogueError,
    DuplicateRecordingError,
    EncoderFailedError,
    MasterChangedError,
    _PlaceTakenError,
)


def _place(delivered: DeliveredRelease, track: DeliveredTrack) -> tuple[str, str, str, int, int]:
    release = delivered.release
    place = (track.track.disc_number, track.track.track_number)
    return (release.label, release.artist, release.title, *place)


def _check_place(run: _Run, delivered: DeliveredRelease, track: DeliveredTrack) -> None:
    """Name both files where two of one delivery say that they are the same track."""
    if (there := run.places.get(_place(delivered, track))) is None:
        return
    name, sha256 = there
    if file_sha256(track.path) == sha256:
        raise _PlaceTakenError(f"it is the same file as {name}; leave one of the two out")
    raise _PlaceTakenError(
        f"{name} is disc {track.track.disc_number}, track {track.track.track_number} too; "
        "correct the track number of one, or leave out the one that is not wanted"
    )


def _why(run: _Run, error: Exception) -> Remark:
    """What to tell of a file that was refused."""
    if isinstance(error, AudioRefusedError):
        return Remark(error.reason, error.remedy)
    if isinstance(error, DuplicateRecordingError):
        name = run.names_by_track.get(error.track.id)
        what = f"it is the same recording, sample by sample, as {name}" if name else str(error)
        return Remark(what, "leave it out, or deliver the recording that was meant")
    if isinstance(error, EncoderFailedError):
        return Remark(
            f"it could not be measured: {error}", "deliver it again, as FLAC if it was not"
        )
    what, _, remedy = str(error).partition("; ")
    return Remark(what, remedy or "correct its tags and deliver it again")


def _heard(taken: IngestedMaster) -> Iterable[Remark]:
    """What the samples themselves give to think about."""
    if not taken.is_same_file:
        yield Remark(
            "the shop holds this recording in another file, which stays",
            "nothing needs doing; correct names and numbers at the desk",
        )
    if taken.true_peak_dbtp is None:
        yield Remark("it is digital silence from end to end", "check that it is meant so")
    elif taken.true_peak_dbtp > 0:
        yield Remark(
            f"its true peak is +{taken.true_peak_dbtp:.1f} dBTP, so lossy copies of it may distort",
            "a master at -1 dBTP or below avoids that",
        )


def _shared_isrc(track: DeliveredTrack, taken: IngestedMaster) -> Iterable[Remark]:
    """An ISRC names one recording, and two recordings may not share one."""
    if not track.track.isrc:
        return
    first = queries.find_track_id_by_isrc(isrc=track.track.isrc)
    if first != taken.track_id and not taken.was_there:
        other = queries.get_track(track_id=first)
        yield Remark(
            f"its ISRC {track.track.isrc} stands on {other.title!r} of {other.release.title!r} too",
            "correct one of the two",
        )


def _take_cover(run: _Run, delivered: DeliveredRelease, release_id: int) -> Iterable[Remark]:
    """Give the release the first good picture, report on those that are none, say if none is left.

    A release that has a cover keeps it, so that a second run changes nothing.
    """
    has = queries.list_tracks_of_release(release_id=release_id)[0].release.cover_sha256
    for name, data in _pictures(run, delivered):
        try:
            cover = _kept_cover(run, data)
        except CoverRefusedError as error:
            remark = Remark(error.reason, error.remedy)
            run.pictures.append(FileReport(name, Outcome.REFUSED, (remark,)))
            continue
        sha256, media_type = cover
        if not has:
            operations.set_cover(release_id=release_id, sha256=sha256, media_type=media_type)
        elif has != sha256:
            yield Remark(
                f"{name} is not the cover that the release has, which stays",
                "change the cover at the desk",
            )
        outcome = Outcome.ALREADY_THERE if has else Outcome.ACCEPTED
        run.pictures.append(FileReport(name, outcome))
        return
    if not has:
        yield Remark("it has no cover", "lay a cover.jpg of 3000 × 3000 pixels beside the tracks")


def _kept_cover(run: _Run, data: bytes) -> tuple[str, str]:
    """(SHA-256, media type) of a picture that is a cover and is kept. Raises `CoverRefusedError`."""
    checked = check_cover(data)
    sha256 = hashlib.sha256(data).hexdigest()
    if not run.covers.holds(sha256=sha256):
        run.covers.keep(content=data, sizes=cover_sizes(data))
    return sha256, checked.media_type


def _pictures(run: _Run, delivered: DeliveredRelease) -> Iterable[tuple[str, bytes]]:
    """(name, bytes) of the pictures beside the tracks, then of those inside them."""
    for path in delivered.cover_paths:
        with path.open("rb") as file:
            # One byte more than a cover may have is enough to refuse it.
            yield shown_name(path, run.root), file.read(COVER_BYTES_MAX + 1)
    tried = set()
    for track in delivered.tracks:
        if track.cover is not None and track.cover.data not in tried:
            tried.add(track.cover.data)
            yield f"{track.name} (picture inside)", track.cover.data


def _merged(releases: list[ReleaseReport]) -> tuple[ReleaseReport, ...]:
    """One report for each release, where several discs' folders fed one."""
    merged: dict[int, ReleaseReport] = {}
    for report in releases:
        before = merged.get(report.release.id)
        earlier = before.remarks if before else ()
        remarks = tuple(dict.fromkeys(earlier + report.remarks))
        merged[report.release.id] = replace(report, remarks=remarks)
    return tuple(merged.values())
