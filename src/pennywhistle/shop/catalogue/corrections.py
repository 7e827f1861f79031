"""Writes that correct what the catalogue says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from pennywhistle.kit.lines import LYRICS_CHARACTERS_MAX, clean_line, clean_lines
from pennywhistle.shop.catalogue.models import CorrectionMade, Release, Track, Work
from pennywhistle.shop.catalogue.operations import (
    artist_named,
    check_upc_is_free,
    release_search_text,
    track_search_text,
    work_of,
)
from pennywhistle.shop.catalogue.rules import (
    NewRelease,
    NewTrack,
    NotCorrectableError,
    ReleaseCorrection,
    TrackCorrection,
    check_correction,
)

# Where a track stands for a moment while two change places: no delivery can name it.
_ASIDE = -1
# No change that anybody would look for: it comes with the cover's.
_TOLD_BY_THE_COVER = "cover_media_type"


@dataclass(frozen=True, slots=True)
class Correction:
    """What the tags say otherwise than the shop, by name. `is_made` is False where that stays."""

    names: tuple[str, ...]
    is_made: bool


def correct_track(*, track_id: int, track: NewTrack) -> Correction:
    """Give a draft's track the facts in `track`; what that leaves empty stays. One transaction.

    Where its new place is another's, the two change places. Tracks of other releases stay as they
    are, and the answer tells what differs.
    """
    with transaction.atomic():
        row = _tracks_to_correct().get(pk=track_id)
        said = replace(
            track,
            isrc=track.isrc or row.isrc,
            composer=track.composer or row.work.composer,
            iswc=track.iswc or row.work.iswc,
            lyrics=track.lyrics or row.lyrics,
            musicbrainz_recording_id=track.musicbrainz_recording_id or row.musicbrainz_recording_id,
        )
        names = [name for name, is_so in _differences(row, said).items() if is_so]
        if row.release.state != Release.State.DRAFT:
            return Correction(tuple(names), is_made=False)
        if _correct_work(row, said):
            names.append("work")
        if names:
            names += _move(row, said)
            row.title, row.artist, row.isrc = said.title, artist_named(said.artist), said.isrc
            row.lyrics = said.lyrics
            row.musicbrainz_recording_id = said.musicbrainz_recording_id
            row.search_text = track_search_text(row.release, said)
            row.save()
        return Correction(tuple(names), is_made=True)


def correct_release(*, release_id: int, release: NewRelease) -> Correction:
    """Give a draft the facts in `release`; what that leaves empty stays. One transaction.

    Releases that are no drafts stay as they are. Raises `CatalogueError` for another's UPC.
    """
    said = {
        "UPC": ("upc", release.upc),
        "release date": ("released_on", release.released_on),
        "genre": ("genre", release.genre),
        "P-line": ("p_line", release.p_line),
        "C-line": ("c_line", release.c_line),
        "MusicBrainz release id": ("musicbrainz_release_id", release.musicbrainz_release_id),
    }
    with transaction.atomic():
        row = Release.objects.select_related("artist", "label").get(pk=release_id)
        differ = {
            name: (field, value)
            for name, (field, value) in said.items()
            if value and getattr(row, field) != value
        }
        if row.state != Release.State.DRAFT:
            return Correction(tuple(differ), is_made=False)
        if "UPC" in differ:
            check_upc_is_free(release.upc)
        for field, value in differ.values():
            setattr(row, field, value)
        if differ:
            row.search_text = release_search_text(
                row.title, row.artist.name, row.label.name, row.upc
            )
            row.save()
        return Correction(tuple(differ), is_made=True)


def correct_what_was_sold(
    *,
    release_id: int,
    correction: ReleaseCorrection,
    cover: tuple[str, str] | None,
    corrected_by: int | None,
    now: datetime,
) -> tuple[str, ...]:
    """Correct a release that is, or was, on sale, and record each change. One transaction.

    `cover` is (SHA-256, media type) of a picture that is kept already. Returns the names of the
    fields that changed; said again, it changes nothing. Raises `NotCorrectableError` for a draft,
    for another release's title, and where `check_correction` does.
    """
    check_correction(correction=correction)
    with transaction.atomic():
        locked = Release.objects.select_for_update(of=("self",))
        row = locked.select_related("artist", "label").get(pk=release_id)
        if row.state == Release.State.DRAFT:
            raise NotCorrectableError(
                f"{row.title!r} is a draft; correct the tags of its files and deliver them again"
            )
        changes = _correct_fields(row, _said_of_release(correction, cover), _Of(row, None))
        tracks = {track.pk: track for track in row.tracks.select_related("artist")}
        for said in correction.tracks:
            track = tracks.get(said.track_id)
            if track is None:
                raise NotCorrectableError(f"no track {said.track_id} stands on {row.title!r}")
            changes += _correct_fields(track, _said_of_track(said), _Of(row, track))
        if changes:
            _save_corrected(row, tracks.values())
        for change in changes:
            change.made_by_id, change.made_at = corrected_by, now
        CorrectionMade.objects.bulk_create(changes)
        return tuple(dict.fromkeys(change.field for change in changes))


@dataclass(frozen=True, slots=True)
class _Of:
    """Whose fields they are."""

    release: Release
    track: Track | None


def _said_of_release(
    correction: ReleaseCorrection, cover: tuple[str, str] | None
) -> dict[str, object]:
    sha256, media_type = cover or (None, None)
    return {
        "title": correction.title,
        "released_on": correction.released_on,
        "genre": correction.genre,
        "p_line": correction.p_line,
        "c_line": correction.c_line,
        "musicbrainz_release_id": correction.musicbrainz_release_id,
        "cover_sha256": sha256,
        "cover_media_type": media_type,
    }


def _said_of_track(correction: TrackCorrection) -> dict[str, object]:
    return {
        "title": correction.title,
        "lyrics": correction.lyrics,
        "musicbrainz_recording_id": correction.musicbrainz_recording_id,
    }


def _correct_fields(
    row: Release | Track, said: Mapping[str, object], of: _Of
) -> list[CorrectionMade]:
    """Set what differs, and tell it; nothing is saved yet."""
    changes = []
    for field, value in said.items():
        before, after = getattr(row, field), _clean(row, field, value)
        if after is None or after == before:
            continue
        setattr(row, field, after)
        if field != _TOLD_BY_THE_COVER:
            told = "" if before is None else str(before)
            changes.append(
                CorrectionMade(
                    release=of.release, track=of.track, field=field, before=told, after=str(after)
                )
            )
    return changes


def _clean(row: Release | Track, field: str, value: object) -> object:
    """Text as tags and pages can show it, no longer than its column. Raises `NotCorrectableError`."""
    if not isinstance(value, str):
        return value
    text = clean_lines(value) if field == "lyrics" else clean_line(value)
    most = getattr(row._meta.get_field(field), "max_length", None) or LYRICS_CHARACTERS_MAX
    if len(text) > most:
        raise NotCorrectableError(
            f"{field.replace('_', ' ')} has {len(text):,} characters; shorten it to {most:,}"
        )
    return text


def _save_corrected(row: Release, tracks: Iterable[Track]) -> None:
    same = Release.objects.filter(label=row.label, artist=row.artist, title=row.title)
    if same.exclude(pk=row.pk).exists():
        raise NotCorrectableError(f"{row.artist} has another release called {row.title!r} already")
    row.search_text = release_search_text(row.title, row.artist.name, row.label.name, row.upc)
    row.save()
    for track in tracks:
        track.search_text = track_search_text(
            row, NewTrack(track.title, track.artist.name, 1, 1, isrc=track.isrc)
        )
        track.save(update_fields=["title", "lyrics", "musicbrainz_recording_id", "search_text"])


def _tracks_to_correct() -> QuerySet[Track]:
    return Track.objects.select_related("release", "artist", "work")


def _differences(row: Track, said: NewTrack) -> dict[str, bool]:
    """By name, what a listener would see change."""
    place = (said.disc_number, said.track_number)
    return {
        "title": row.title != said.title,
        "artist": row.artist.name != said.artist,
        "track number": (row.disc_number, row.track_number) != place,
        "ISRC": row.isrc != said.isrc,
        "lyrics": row.lyrics != said.lyrics,
        "MusicBrainz recording id": row.musicbrainz_recording_id != said.musicbrainz_recording_id,
        "composer": row.work.composer != said.composer and not _is_shared(row),
    }


def _is_shared(row: Track) -> bool:
    """True where other tracks stand on the work too, so that one file cannot speak for it."""
    return row.work.tracks.exclude(pk=row.pk).exists()


def _correct_work(row: Track, said: NewTrack) -> bool:
    """Let the track stand on the work that its tags name; a work all its own is mended itself.

    True where anything changed.
    """
    work = row.work
    if (work.title, work.composer, work.iswc) == (said.title, said.composer, said.iswc):
        return False
    same = Q(title=said.title, composer=said.composer)
    if said.iswc:
        same |= Q(iswc=said.iswc)
    if _is_shared(row) or Work.objects.exclude(pk=work.pk).filter(same).exists():
        row.work = work_of(said)
        return row.work.pk != work.pk
    work.title, work.composer, work.iswc = said.title, said.composer, said.iswc
    work.save()
    return True


def _move(row: Track, said: NewTrack) -> list[str]:
    """Bring the row to the place that is said. Names the track that gave way, if one did."""
    left = (row.disc_number, row.track_number)
    place = (said.disc_number, said.track_number)
    if left == place:
        return []
    other = Track.objects.filter(
        release=row.release, disc_number=place[0], track_number=place[1]
    ).first()
    row.disc_number, row.track_number = place
    if other is None:
        return []
    other.track_number = _ASIDE
    other.save(update_fields=["track_number"])
    row.save(update_fields=["disc_number", "track_number"])
    other.disc_number, other.track_number = left
    other.save(update_fields=["disc_number", "track_number"])
    return [f"the place of {other.title!r}, which is disc {left[0]}, track {left[1]} now"]
