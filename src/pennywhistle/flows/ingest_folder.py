"""Take a label's folder in: its recordings become tracks of draft releases, with their covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from pennywhistle.adapters.audio.analyse import file_sha256
from pennywhistle.adapters.audio.encode import EncoderFailedError
from pennywhistle.adapters.audio.refusal import AudioRefusedError
from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterChangedError, MasterStore
from pennywhistle.adapters.storage.working import sweep_working
from pennywhistle.flows.ingest_master import DuplicateRecordingError, IngestedMaster, ingest_master
from pennywhistle.flows.ingest_report import (
    FileReport,
    IngestProgress,
    IngestReport,
    Outcome,
    ReleaseReport,
    Remark,
)
from pennywhistle.flows.keep_cover import COVER_BYTES_MAX, CoverRefusedError, keep_cover
from pennywhistle.flows.read_delivery import (
    DeliveredRelease,
    DeliveredTrack,
    listed,
    read_delivery,
    shown_name,
)
from pennywhistle.flows.take_booklet import take_booklet
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.corrections import Correction, correct_release
from pennywhistle.shop.catalogue.rules import CatalogueError

# A recording shorter than this is more likely a slip of an export than music.
SHORT_BELOW_MS = 1_000
# Files that a crash left half-written are removed once they are older than any copy can take.
LEFTOVERS_AFTER = timedelta(days=1)

Listener = Callable[[IngestProgress], None]


@dataclass(slots=True)
class _Run:
    """What one run has seen so far."""

    root: Path
    masters: MasterStore
    covers: CoverStore
    booklets: BookletStore | None
    working_folder: Path
    now: datetime
    tell: Listener
    files_total: int
    bytes_total: int
    files_done: int = 0
    bytes_done: int = 0
    reports: list[FileReport] = field(default_factory=list)
    pictures: list[FileReport] = field(default_factory=list)
    names_by_track: dict[int, str] = field(default_factory=dict)
    releases_spoken_for: set[int] = field(default_factory=set)
    places: dict[tuple[str, str, str, int, int], tuple[str, str]] = field(default_factory=dict)


def ingest_folder(
    *,
    folder: Path,
    label_name: str | None,
    masters: MasterStore,
    covers: CoverStore,
    working_folder: Path,
    on_progress: Listener,
    now: datetime,
    booklets: BookletStore | None = None,
) -> IngestReport:
    """Take in every recording below `folder` (or the one file that it names), and report on each.

    `label_name` stands over the label in the tags. Without `booklets`, booklets are left alone.
    Encoders that measure work below `working_folder`. A file that cannot go in is refused with what
    is wrong and what to do, and the rest goes in. Nothing is published. Each recording is a
    transaction of its own: killed anywhere, the run can be started again and completes the work; a
    run over what is there changes nothing, unless corrected tags or another cover stand in the
    files of a draft.

    Raises `DeliveryError` where there is no such folder, OSError where a disk is full.
    """
    delivery = read_delivery(folder=folder, label_name=label_name)
    tracks = [track for release in delivery.releases for track in release.tracks]
    run = _Run(
        root=delivery.root,
        masters=masters,
        covers=covers,
        booklets=booklets,
        working_folder=working_folder,
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
    if booklets is not None:
        booklets.sweep(older_than=oldest)
    sweep_working(working_folder)
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
    # Of several folders that feed one release, the first speaks for it, in every run alike.
    is_first = release_id not in run.releases_spoken_for
    run.releases_spoken_for.add(release_id)
    corrected, remarks = _corrected(delivered, release_id) if is_first else ((), ())
    cover_remarks = tuple(_take_cover(run, delivered, release_id, may_replace=is_first))
    standing = queries.list_tracks_of_release(release_id=release_id)
    _take_booklet(run, delivered, standing[0].release, may_replace=is_first)
    remarks = delivered.remarks + remarks + cover_remarks
    return ReleaseReport(standing[0].release, len(standing), remarks, corrected)


def _corrected(
    delivered: DeliveredRelease, release_id: int
) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """What the tags changed of a draft, and what could not be changed."""
    try:
        correction = correct_release(release_id=release_id, release=delivered.release)
    except CatalogueError as error:
        what, _, remedy = str(error).partition("; ")
        return (), (Remark(what, remedy),)
    if correction.is_made:
        return correction.names, ()
    return (), tuple(_stays(correction))


def _stays(correction: Correction) -> Iterable[Remark]:
    """A release that is no draft keeps the names that it is sold by."""
    if correction.names and not correction.is_made:
        yield Remark(
            f"its tags have another {listed(correction.names)} than the shop, where it is no draft "
            "any more and stays as it is",
            "to sell it with the new ones, deliver it under an album title of its own",
        )


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
            working_folder=run.working_folder,
            now=run.now,
            spoken_for=run.names_by_track,
        )
    except _REFUSALS as error:
        return FileReport(track.name, Outcome.REFUSED, (_why(run, error),)), None
    run.names_by_track[taken.track_id] = track.name
    run.places[_place(delivered, track)] = (track.name, taken.sha256)
    remarks = track.remarks + tuple(_heard(taken)) + tuple(_shared_isrc(track, taken))
    return FileReport(
        track.name, _outcome(taken, remarks), remarks, taken.track_id
    ), taken.release_id


def _outcome(taken: IngestedMaster, remarks: tuple[Remark, ...]) -> Outcome:
    if not taken.was_there:
        return Outcome.FLAGGED if remarks else Outcome.ACCEPTED
    is_corrected = taken.correction and taken.correction.is_made and taken.correction.names
    return Outcome.CORRECTED if is_corrected else Outcome.ALREADY_THERE


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
            "the shop holds this recording in another file, which stays", "nothing needs doing"
        )
    if taken.correction and taken.correction.is_made and taken.correction.names:
        yield Remark(
            f"its new tags gave it {listed(taken.correction.names)}", "see that it is right"
        )
    elif taken.correction:
        yield from _stays(taken.correction)
    if (other := taken.also_on) is not None:
        yield Remark(
            f"it is the same recording, sample by sample, as track {other.track_number}, "
            f"{other.title!r}, of {other.release.title!r}, and stands on both",
            "where one release is a draft by mistake, see: pennywhistle discard",
        )
    if taken.duration_ms < SHORT_BELOW_MS:
        yield Remark(
            f"it lasts {taken.duration_ms / 1000:.2f} seconds",
            "check that it is the whole recording",
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
    for other in queries.list_tracks_of_isrc(isrc=track.track.isrc):
        if other.master.sha256 != taken.sha256:
            yield Remark(
                f"its ISRC {track.track.isrc} stands on {other.title!r} of "
                f"{other.release.title!r} too",
                "correct one of the two",
            )
            return


def _take_cover(
    run: _Run, delivered: DeliveredRelease, release_id: int, *, may_replace: bool
) -> Iterable[Remark]:
    """Give the release the first good picture, report on those that are none, say if none is left.

    A release that has another cover keeps it, unless it is a draft and `may_replace`.
    """
    release = queries.list_tracks_of_release(release_id=release_id)[0].release
    has = release.cover_sha256
    may_replace = may_replace and release.state == "draft"
    for name, data in _pictures(run, delivered):
        try:
            cover = keep_cover(content=data, covers=run.covers)
        except CoverRefusedError as error:
            remark = Remark(error.reason, error.remedy)
            run.pictures.append(FileReport(name, Outcome.REFUSED, (remark,)))
            continue
        sha256, media_type = cover
        outcome = Outcome.ALREADY_THERE
        if not has or (has != sha256 and may_replace):
            operations.set_cover(release_id=release_id, sha256=sha256, media_type=media_type)
            outcome = Outcome.CORRECTED if has else Outcome.ACCEPTED
        elif has != sha256:
            yield Remark(
                f"{name} is not the cover that the release has, which stays",
                "a draft takes its cover from the first of its folders, a release on sale keeps it",
            )
        run.pictures.append(FileReport(name, outcome))
        return
    if not has:
        yield Remark("it has no cover", "lay a cover.jpg of 3000 × 3000 pixels beside the tracks")


def _take_booklet(
    run: _Run, delivered: DeliveredRelease, release: queries.ReleaseFacts, *, may_replace: bool
) -> None:
    """Give the release the first booklet beside its tracks, if there is one, and report on it."""
    for path in delivered.booklet_paths[:1]:
        if run.booklets is not None:
            report = take_booklet(
                path=path,
                name=shown_name(path, run.root),
                release=release,
                may_replace=may_replace,
                booklets=run.booklets,
            )
            run.pictures.append(report)


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
        corrected = (before.corrected if before else ()) + report.corrected
        merged[report.release.id] = replace(report, remarks=remarks, corrected=corrected)
    return tuple(merged.values())
