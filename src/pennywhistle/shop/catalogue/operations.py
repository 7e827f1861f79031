"""Writes to the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from pennywhistle.shop.catalogue.models import Artist, Label, Master, Release, Track, Work
from pennywhistle.shop.catalogue.rules import (
    CatalogueError,
    NewMaster,
    NewRelease,
    NewTrack,
    UnknownReleaseError,
    check_publishable,
    fold,
)

# Numbers tried behind a slug that is taken.
SLUGS_TRIED_MOST = 1_000


def add_track(
    *, release: NewRelease, track: NewTrack, master: NewMaster, now: datetime
) -> tuple[int, int]:
    """Add a track to its release, made as a draft where it is new. Transaction: one of its own.

    The same master at the same place again changes nothing. Returns (release id, track id).
    Raises `CatalogueError` where the place is taken by another recording.
    """
    with transaction.atomic():
        release_row = _draft(release, now)
        master_row, _ = Master.objects.get_or_create(
            sha256=master.sha256, defaults={**asdict(master), "ingested_at": now}
        )
        taken = Track.objects.filter(
            release=release_row, disc_number=track.disc_number, track_number=track.track_number
        ).first()
        if taken is not None:
            if taken.master_id == master_row.pk:
                return release_row.pk, taken.pk
            raise CatalogueError(
                f"disc {track.disc_number}, track {track.track_number} of {release.title!r} is "
                f"{taken.title!r} already; correct the track number in one of the two files"
            )
        if release_row.state != Release.State.DRAFT:
            raise CatalogueError(
                f"{release.title!r} is {release_row.state} already and takes no further tracks"
            )
        return release_row.pk, _add_track_row(release_row, track, master_row).pk


def set_cover(*, release_id: int, sha256: str, media_type: str) -> None:
    """Give a release its cover. Transaction: the one update."""
    Release.objects.filter(pk=release_id).update(cover_sha256=sha256, cover_media_type=media_type)


def publish(*, release_id: int, now: datetime) -> None:
    """Put a draft on sale, wherever licences allow. Transaction: one of its own.

    Publishing what is live changes nothing. Raises `NotReadyError`, `UnknownReleaseError`.
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
        row.state = Release.State.LIVE
        row.published_at = now
        row.save(update_fields=["state", "published_at"])


def withdraw(*, release_id: int) -> None:
    """Take a release off the shelves; what was bought stays with its buyers. One update."""
    Release.objects.filter(pk=release_id).update(state=Release.State.WITHDRAWN)


def add_label_member(*, label_name: str, person_id: int) -> None:
    """Let a person see a label's pages. Transaction: one of its own."""
    with transaction.atomic():
        _label(label_name).members.add(person_id)


def _draft(release: NewRelease, now: datetime) -> Release:
    label = _label(release.label)
    artist = _artist(release.artist)
    row = Release.objects.filter(label=label, artist=artist, title=release.title).first()
    if row is not None:
        return row
    if release.upc and Release.objects.filter(upc=release.upc).exists():
        raise CatalogueError(f"the UPC {release.upc} belongs to another release already")
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
        created_at=now,
        search_text=_search_text(
            Release, f"{release.title} {release.artist} {release.label} {release.upc or ''}"
        ),
    )


def _add_track_row(release: Release, track: NewTrack, master: Master) -> Track:
    return Track.objects.create(
        release=release,
        disc_number=track.disc_number,
        track_number=track.track_number,
        title=track.title,
        artist=_artist(track.artist),
        isrc=track.isrc,
        work=_work(track),
        master=master,
        search_text=_search_text(
            Track, f"{track.title} {track.artist} {release.title} {track.isrc}"
        ),
    )


def _work(track: NewTrack) -> Work:
    """The work of that ISWC, or else of that title and composer: recordings may share one."""
    known = Work.objects.filter(iswc=track.iswc).first() if track.iswc else None
    if known is not None:
        return known
    composer = track.composer or "Unknown"
    work, _ = Work.objects.get_or_create(
        title=track.title, composer=composer, defaults={"iswc": track.iswc}
    )
    return work


def _search_text(model: type[Artist | Release | Track], text: str) -> str:
    """`text` folded, cut to the column: in Latin letters some scripts take many times the room."""
    return fold(text)[: model._meta.get_field("search_text").max_length]


def _label(name: str) -> Label:
    found = Label.objects.filter(name=name).first()
    return found or Label.objects.create(name=name, slug=_free_slug(Label, name))


def _artist(name: str) -> Artist:
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
