"""Take one recording in: check it, measure it, keep it, and put its track into the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pennywhistle.adapters.audio.analyse import Analysis, analyse, file_sha256
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.flows.measure_masters import measure_sizes
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.corrections import Correction, correct_track
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.queries import MasterFacts, TrackFacts
from pennywhistle.shop.catalogue.rules import CatalogueError, NewMaster, NewRelease, NewTrack
from pennywhistle.shop.encoding import rules as encoding


@dataclass(frozen=True, slots=True)
class IngestedMaster:
    """A recording that is in the shop now. `was_there` means that its track was there before.

    `is_same_file` is False where the shop holds the same samples in other bytes, such as the same
    recording with other tags; the file that came first is kept. `correction` tells what its tags
    say otherwise than the track that was there, `also_on` on which other release the recording
    stood before.
    """

    release_id: int
    track_id: int
    sha256: str
    was_there: bool
    is_same_file: bool
    true_peak_dbtp: float | None
    duration_ms: int
    correction: Correction | None = None
    also_on: TrackFacts | None = None

    @property
    def is_silent(self) -> bool:
        """True where every sample is zero."""
        return self.true_peak_dbtp is None


class DuplicateRecordingError(ValueError):
    """The same samples stand as another track of the release already."""

    def __init__(self, *, track: TrackFacts) -> None:
        self.track = track
        super().__init__(
            f"it is the same recording, sample by sample, as track {track.track_number}, "
            f"{track.title!r}, of {track.release.title!r} by {track.release.artist}"
        )


def ingest_master(
    *,
    path: Path,
    release: NewRelease,
    track: NewTrack,
    masters: MasterStore,
    working_folder: Path,
    now: datetime,
    spoken_for: Collection[int] = (),
) -> IngestedMaster:
    """Take the recording at `path` in as `track` of `release`, a draft where it is new.

    The file is decoded, kept under its hash and measured before the one short transaction, in
    `catalogue.operations`, that makes it known; killed anywhere before, nothing is known of it, and
    running again completes it. A recording that is on the release already has its track corrected
    where that is a draft; one of another release stands on both. `spoken_for` are the ids of tracks
    that other files of the same delivery stand for.

    Raises `AudioRefusedError` for what cannot be a master, `DuplicateRecordingError` where another
    file stands for it on this release, `CatalogueError` where its place is taken or its release is
    closed, `MasterChangedError` where the file changes under our hands, `EncoderFailedError`,
    OSError.
    """
    sha256 = file_sha256(path)
    known = queries.find_master_by_sha256(sha256=sha256)
    if known is None:
        analysis = analyse(path=path)
        sha256 = analysis.sha256
        known = queries.find_master_by_pcm(pcm_sha256=analysis.pcm_sha256)
        if known is None:
            return _take_new(path, release, track, masters, working_folder, analysis, now)
    if known.sha256 == sha256:
        # A database that was restored without its files gets them back here.
        masters.keep(source=path, sha256=sha256)
    tracks = queries.list_tracks_of_master(master_id=known.id)
    if there := _standing(tracks, release, track, spoken_for):
        taken = _found(there, is_same_file=known.sha256 == sha256)
        correction = correct_track(track_id=there.id, track=track)
        return replace(taken, correction=correction)
    return _add_known(known, release, track, now, is_same_file=known.sha256 == sha256)


def _take_new(
    path: Path,
    release: NewRelease,
    track: NewTrack,
    masters: MasterStore,
    working_folder: Path,
    analysis: Analysis,
    now: datetime,
) -> IngestedMaster:
    """A recording that the shop has never heard."""
    _check_place_is_free(release, track)
    masters.keep(source=path, sha256=analysis.sha256)
    measured = measure_sizes(
        source=masters.path(sha256=analysis.sha256),
        master_sha256=analysis.sha256,
        master=_facts(analysis),
        working_folder=working_folder,
    )
    release_id, track_id = operations.add_track(
        release=release, track=track, master=_new_master(analysis, measured), now=now
    )
    return IngestedMaster(
        release_id=release_id,
        track_id=track_id,
        sha256=analysis.sha256,
        was_there=False,
        is_same_file=True,
        true_peak_dbtp=analysis.true_peak_dbtp,
        duration_ms=analysis.duration_ms,
    )


def _add_known(
    known: MasterFacts, release: NewRelease, track: NewTrack, now: datetime, *, is_same_file: bool
) -> IngestedMaster:
    """A recording of another release, such as a single's on its album."""
    _check_place_is_free(release, track)
    elsewhere = queries.list_tracks_of_master(master_id=known.id)
    _, track_id = operations.add_track_of_master(
        release=release, track=track, master_id=known.id, now=now
    )
    taken = _found(queries.get_track(track_id=track_id), is_same_file=is_same_file)
    return replace(taken, was_there=False, also_on=next(iter(elsewhere), None))


def _standing(
    tracks: Sequence[TrackFacts],
    release: NewRelease,
    track: NewTrack,
    spoken_for: Collection[int],
) -> TrackFacts | None:
    """Which of the recording's tracks the file stands for: the one at its place, or else one of the
    same release. None where it is on other releases only.

    Raises `DuplicateRecordingError` where another file of the delivery stands for that one.
    """
    asked = (release.label, release.artist, release.title)
    here = [
        there
        for there in tracks
        if (there.release.label, there.release.artist, there.release.title) == asked
    ]
    place = (track.disc_number, track.track_number)
    here.sort(key=lambda there: (there.disc_number, there.track_number) != place)
    for there in here:
        if there.id not in spoken_for:
            return there
    if here:
        raise DuplicateRecordingError(track=here[0])
    return None


def _found(there: TrackFacts, *, is_same_file: bool) -> IngestedMaster:
    return IngestedMaster(
        release_id=there.release.id,
        track_id=there.id,
        sha256=there.master.sha256,
        was_there=True,
        is_same_file=is_same_file,
        true_peak_dbtp=there.master.true_peak_dbtp,
        duration_ms=there.master.duration_ms,
    )


def _check_place_is_free(release: NewRelease, track: NewTrack) -> None:
    """So that no file is kept for a track that `add_track` would refuse."""
    there = queries.find_track_at(
        release=release, disc_number=track.disc_number, track_number=track.track_number
    )
    if there is not None:
        raise CatalogueError(
            f"disc {track.disc_number}, track {track.track_number} of {release.title!r} is "
            f"{there.title!r} already, another recording; correct the track number of one of the two"
        )


def _facts(analysis: Analysis) -> encoding.MasterFacts:
    return encoding.MasterFacts(
        frames=analysis.frames,
        sample_rate_hz=analysis.sample_rate_hz,
        bits_per_sample=analysis.bits_per_sample,
        channels=analysis.channels,
        flac_md5=analysis.flac_md5,
        measured={},
    )


def _new_master(analysis: Analysis, measured: Mapping[str, MeasuredSize]) -> NewMaster:
    return NewMaster(
        sha256=analysis.sha256,
        pcm_sha256=analysis.pcm_sha256,
        flac_md5=analysis.flac_md5,
        container=analysis.container,
        codec=analysis.codec,
        size_bytes=analysis.size_bytes,
        frames=analysis.frames,
        sample_rate_hz=analysis.sample_rate_hz,
        bits_per_sample=analysis.bits_per_sample,
        channels=analysis.channels,
        duration_ms=analysis.duration_ms,
        loudness_lufs=analysis.loudness_lufs,
        true_peak_dbtp=analysis.true_peak_dbtp,
        peaks=analysis.peaks,
        loudness_blocks=analysis.loudness_blocks,
        measured_sizes=dict(measured),
    )
