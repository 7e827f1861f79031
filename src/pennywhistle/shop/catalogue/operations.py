"""Writes to the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.models import Artist, Label, Master, Release, Track, Work
from pennywhistle.shop.catalogue.rules import (
    AlbumLoudness,
    CatalogueError,
    NewMaster,
    NewRelease,
    NewTrack,
    NotDraftError,
    NotLiveError,
    StillNamedError,
    UnknownLabelError,
    UnknownReleaseError,
    check_publishable,
    fold,
)

# Numbers tried behind a slug that is taken.
SLUGS_TRIED_MOST = 1_000
_LOUDNESS_UNKNOWN = AlbumLoudness()


def add_track(
    *, release: NewRelease, track: NewTrack, master: NewMaster, now: datetime
) -> tuple[int, int]:
    """Add a track to its release, made as a draft where it is new. Transaction: one of its own.

    The same master at the same place again changes nothing. Returns (release id, track id).
    Raises `CatalogueError` where the place is taken by another recording.
    """
    with transaction.atomic():
        master_row, _ = Master.objects.get_or_create(
            sha256=master.sha256, defaults={**asdict(master), "ingested_at": now}
        )
        return _place(release, track, master_row, now)


def add_track_of_master(
    *, release: NewRelease, track: NewTrack, master_id: int, now: datetime
) -> tuple[int, int]:
    """`add_track` for a recording that the shop holds already, as on a single and its album."""
    with transaction.atomic():
        return _place(release, track, Master.objects.get(pk=master_id), now)


def discard(*, release_id: int) -> int:
    """Forget a draft: its tracks, and what was measured of recordings that stand nowhere else.

    Returns the number of tracks. Transaction: one of its own. Raises `NotDraftError`,
    `StillNamedError` where a licence names the draft or one of its tracks.
    """
    with transaction.atomic():
        row = Release.objects.select_for_update().get(pk=release_id)
        if row.state != Release.State.DRAFT:
            raise NotDraftError(f"{row.title!r} is {row.state}; only a draft can be discarded")
        masters = list(Master.objects.filter(tracks__release=row).distinct())
        try:
            count = row.tracks.count()
            row.tracks.all().delete()
            row.delete()
        except ProtectedError:
            raise StillNamedError(
                f"a licence names {row.title!r} or a track of it, so the draft stays; "
                "deliver it again with corrected tags instead"
            ) from None
        for master in masters:
            if not master.tracks.exists():
                _forget(master)
        return count


def _forget(master: Master) -> None:
    """Remove the row, unless something above the catalogue, such as a rendition, stands on it."""
    try:
        master.delete()
    except ProtectedError:
        return


def add_measured_sizes(*, master_id: int, measured: Mapping[str, MeasuredSize]) -> None:
    """Set what a master comes to in some recipes; others stay. Transaction: one of its own."""
    told = {code: asdict(size) for code, size in measured.items()}
    with transaction.atomic():
        master = Master.objects.select_for_update().only("measured_sizes").get(pk=master_id)
        master.measured_sizes = {**master.measured_sizes, **told}
        master.save(update_fields=["measured_sizes"])


def set_cover(*, release_id: int, sha256: str, media_type: str) -> None:
    """Give a release its cover. Transaction: the one update."""
    Release.objects.filter(pk=release_id).update(cover_sha256=sha256, cover_media_type=media_type)


def set_booklet(*, release_id: int, sha256: str) -> None:
    """Give a release its booklet. Transaction: the one update."""
    Release.objects.filter(pk=release_id).update(booklet_sha256=sha256)


def publish(*, release_id: int, now: datetime, loudness: AlbumLoudness = _LOUDNESS_UNKNOWN) -> None:
    """Put a draft on sale, wherever licences allow. Transaction: one of its own.

    Publishing what is live changes nothing, and what was on sale before keeps its loudness, which
    stands in files that were sold. Raises `NotReadyError`, `UnknownReleaseError`.
    """
    with transaction.atomic():
        row = Release.objects.select_for_update().filter(pk=release_id).first()
        if row is None:
            raise UnknownReleaseError(f"no release has the number {release_id}")
        if row.state == Release.State.LIVE:
            return
        check_publishable(
            title=row.title,
            has_cover=bool(row.cover_sha256),
            tracks=list(row.tracks.values_list("disc_number", "track_number")),
        )
        if row.published_at is None:
            row.loudness_lufs = loudness.loudness_lufs
            row.true_peak_dbtp = loudness.true_peak_dbtp
        row.state = Release.State.LIVE
        row.published_at = now
        row.save(update_fields=["state", "published_at", "loudness_lufs", "true_peak_dbtp"])


def withdraw(*, release_id: int) -> None:
    """Take a release off the shelves; what was bought stays with its buyers. One transaction.

    Withdrawing what is withdrawn changes nothing. Raises `NotLiveError` for a draft.
    """
    with transaction.atomic():
        row = Release.objects.select_for_update().get(pk=release_id)
        if row.state == Release.State.DRAFT:
            raise NotLiveError(
                f"{row.title!r} is a draft and on no shelf; correct its tags, or discard it"
            )
        row.state = Release.State.WITHDRAWN
        row.save(update_fields=["state"])


def add_label_member(*, label_name: str, person_id: int) -> None:
    """Let a person see a label's pages. Transaction: one of its own. Raises `UnknownLabelError`."""
    with transaction.atomic():
        label = Label.objects.filter(name=label_name).first()
        if label is None:
            raise UnknownLabelError(f"no label is called {label_name!r}")
        label.members.add(person_id)


def _place(release: NewRelease, track: NewTrack, master: Master, now: datetime) -> tuple[int, int]:
    row = _draft(release, now)
    taken = Track.objects.filter(
        release=row, disc_number=track.disc_number, track_number=track.track_number
    ).first()
    if taken is not None:
        if taken.master_id == master.pk:
            return row.pk, taken.pk
        raise CatalogueError(
            f"disc {track.disc_number}, track {track.track_number} of {release.title!r} is "
            f"{taken.title!r} already; correct the track number in one of the two files"
        )
    if row.state != Release.State.DRAFT:
        raise CatalogueError(
            f"{release.title!r} is {row.state} already and takes no further tracks"
        )
    return row.pk, _add_track_row(row, track, master).pk


def _draft(release: NewRelease, now: datetime) -> Release:
    label = _label(release.label)
    artist = artist_named(release.artist)
    row = Release.objects.filter(label=label, artist=artist, title=release.title).first()
    if row is not None:
        return row
    check_upc_is_free(release.upc)
    return Release.objects.create(
        label=label,
        artist=artist,
        title=release.title,
        slug=_free_slug(Release, f"{release.artist} {release.title}"),
        upc=release.upc or None,
        released_on=release.released_on,
        genre=release.genre,
        p_line=release.p_line,
        c_line=release.c_line,
        musicbrainz_release_id=release.musicbrainz_release_id,
        created_at=now,
        search_text=release_search_text(release.title, release.artist, release.label, release.upc),
    )


def check_upc_is_free(upc: str | None) -> None:
    other = Release.objects.filter(upc=upc).first() if upc else None
    if other is None:
        return
    remedy = "correct the tag BARCODE"
    if other.state == Release.State.DRAFT:
        remedy += f", or, where that draft was a mistake, run: pennywhistle discard {other.slug}"
    raise CatalogueError(f"the UPC {upc} belongs to {other.title!r} already; {remedy}")


def _add_track_row(release: Release, track: NewTrack, master: Master) -> Track:
    return Track.objects.create(
        release=release,
        disc_number=track.disc_number,
        track_number=track.track_number,
        title=track.title,
        artist=artist_named(track.artist),
        isrc=track.isrc,
        lyrics=track.lyrics,
        musicbrainz_recording_id=track.musicbrainz_recording_id,
        work=work_of(track),
        master=master,
        search_text=track_search_text(release, track),
    )


def release_search_text(title: str, artist: str, label: str, upc: str | None) -> str:
    return _search_text(Release, f"{title} {artist} {label} {upc or ''}")


def track_search_text(release: Release, track: NewTrack) -> str:
    return _search_text(Track, f"{track.title} {track.artist} {release.title} {track.isrc}")


def work_of(track: NewTrack) -> Work:
    """The work of that ISWC, or else of that title and composer: recordings may share one."""
    known = Work.objects.filter(iswc=track.iswc).first() if track.iswc else None
    if known is not None:
        return known
    composer = track.composer or "Unknown"
    work, _ = Work.objects.get_or_create(
        title=track.title, composer=composer, defaults={"iswc": track.iswc}
    )
    if track.iswc and not work.iswc:  # It came with a later recording.
        work.iswc = track.iswc
        work.save(update_fields=["iswc"])
    return work


def _search_text(model: type[Artist | Release | Track], text: str) -> str:
    """`text` folded, cut to the column: in Latin letters some scripts take many times the room."""
    return fold(text)[: model._meta.get_field("search_text").max_length]


def _label(name: str) -> Label:
    found = Label.objects.filter(name=name).first()
    return found or Label.objects.create(name=name, slug=_free_slug(Label, name))


def artist_named(name: str) -> Artist:
    found = Artist.objects.filter(name=name).first()
    return found or Artist.objects.create(
        name=name, slug=_free_slug(Artist, name), search_text=_search_text(Artist, name)
    )


def _free_slug(model: type[Label | Artist | Release], text: str) -> str:
    base = slugify(text, allow_unicode=True)[:200] or "untitled"
    for number in range(1, SLUGS_TRIED_MOST):
        slug = base if number == 1 else f"{base}-{number}"
        if not model._default_manager.filter(slug=slug).exists():
            return slug
    raise CatalogueError(f"{SLUGS_TRIED_MOST} entries are called {text!r} already")
