"""Reads of the catalogue. Facts leave as frozen values; rows stay here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Count, Q, QuerySet, Sum

from pennywhistle.shop.catalogue.facts import (
    ArtistFacts,
    CorrectionFacts,
    DraftFacts,
    MasterFacts,
    MeasuredSize,
    ReleaseFacts,
    TrackFacts,
    TrackLoudness,
)
from pennywhistle.shop.catalogue.models import Artist, CorrectionMade, Label, Master, Release, Track
from pennywhistle.shop.catalogue.rules import (
    NewRelease,
    UnknownLabelError,
    UnknownReleaseError,
    UnknownTrackError,
    list_lacks,
    search_words,
)

__all__ = [
    "ArtistFacts",
    "CorrectionFacts",
    "DraftFacts",
    "MasterFacts",
    "ReleaseFacts",
    "TrackFacts",
]

RELEASES_ON_A_PAGE = 48
TRACKS_IN_A_SEARCH = 50
ARTISTS_ON_A_PAGE = 60
RELEASES_ON_THE_DESK = 300
CORRECTIONS_ON_A_PAGE = 100

# What the facts of a track are made of besides its own row, and what of that is left where it is.
TRACK_PARTS = ("artist", "work", "master", "release", "release__artist", "release__label")
NOT_OF_TRACKS = "master__loudness_blocks"


def find_release(*, slug: str) -> ReleaseFacts | None:
    """The live release of that slug, or None."""
    row = _live_releases().filter(slug=slug).first()
    return _release(row) if row else None


def find_release_by_upc(*, upc: str) -> ReleaseFacts | None:
    """The release of that UPC in any state, or None."""
    row = _releases().filter(upc=upc).first()
    return _release(row) if row else None


def get_release_in_any_state(*, name: str) -> ReleaseFacts:
    """A release by UPC or slug, drafts too, or `UnknownReleaseError`."""
    row = _releases().filter(Q(upc=name) | Q(slug=name)).first()
    if row is None:
        raise UnknownReleaseError(f"no release has the UPC or the short name {name!r}")
    return _release(row)


def list_new_releases(*, limit: int = RELEASES_ON_A_PAGE) -> list[ReleaseFacts]:
    """Live releases, newest first. One query."""
    return [_release(row) for row in _live_releases().order_by("-released_on", "-id")[:limit]]


def list_releases_of_artist(*, artist_id: int) -> list[ReleaseFacts]:
    """An artist's live releases, and those they appear on, newest first. One query."""
    rows = _live_releases().filter(Q(artist_id=artist_id) | Q(tracks__artist_id=artist_id))
    return [_release(row) for row in rows.distinct().order_by("-released_on", "-id")]


def find_artist(*, slug: str) -> ArtistFacts | None:
    """The artist of that slug, if something of theirs is live."""
    row = _live_artists().filter(slug=slug).first()
    return ArtistFacts(row.pk, row.name, row.slug) if row else None


def list_artists(*, limit: int = ARTISTS_ON_A_PAGE) -> list[ArtistFacts]:
    """Artists with something live, by name. One query."""
    rows = _live_artists().order_by("name")[:limit]
    return [ArtistFacts(row.pk, row.name, row.slug) for row in rows]


def list_tracks_of_release(*, release_id: int) -> list[TrackFacts]:
    """A release's tracks in order, whatever its state. Two queries."""
    return _facts(_tracks().filter(release_id=release_id))


def list_tracks_of_releases(*, release_ids: Iterable[int]) -> list[TrackFacts]:
    """Tracks of several releases, for pages that list releases: without waveforms (`peaks` is
    empty), lyrics and totals. One query."""
    rows = _tracks().filter(release_id__in=list(release_ids)).defer("master__peaks", "lyrics")
    return [_track(row, {}) for row in rows.order_by("release_id", "disc_number", "track_number")]


def list_tracks(*, track_ids: Iterable[int]) -> list[TrackFacts]:
    """Those tracks that exist, with their totals. Two queries."""
    return _facts(_tracks().filter(pk__in=list(track_ids)))


def find_live_track(*, track_id: int) -> TrackFacts | None:
    """The track, if its release is live."""
    rows = _tracks().filter(pk=track_id, release__state=Release.State.LIVE)
    return next(iter(_facts(rows)), None)


def get_track(*, track_id: int) -> TrackFacts:
    """The track in any state, or `UnknownTrackError`."""
    for track in list_tracks(track_ids=[track_id]):
        return track
    raise UnknownTrackError(f"no track has the number {track_id}")


def facts_of_tracks(*, rows: Iterable[Track]) -> list[TrackFacts]:
    """What other rooms joined to their own rows by `TRACK_PARTS`, with totals. One query."""
    return _facts(rows)


def list_tracks_of_isrc(*, isrc: str) -> list[TrackFacts]:
    """The tracks that carry an ISRC, in whatever state. Two queries."""
    return _facts(_tracks().filter(isrc=isrc).order_by("pk"))


def find_track_id_by_isrc(*, isrc: str) -> int:
    """The first track of that ISRC, or `UnknownTrackError`."""
    for track in list_tracks_of_isrc(isrc=isrc.replace("-", "").upper()):
        return track.id
    raise UnknownTrackError(f"no track has the ISRC {isrc!r}")


def get_label_id(*, name: str) -> int:
    """The label of that name, or `UnknownLabelError`."""
    for label_id in Label.objects.filter(name__iexact=name).values_list("pk", flat=True)[:1]:
        return label_id
    raise UnknownLabelError(f"no label is called {name!r}")


def list_label_ids_of_member(*, person_id: int) -> list[int]:
    """The labels that a person belongs to."""
    return list(Label.objects.filter(members=person_id).values_list("pk", flat=True))


def search_releases(*, query: str) -> list[ReleaseFacts]:
    """Live releases in which every word of the query occurs. One query."""
    rows = _matching(_live_releases(), query)
    return [_release(row) for row in rows.order_by("title")[:RELEASES_ON_A_PAGE]]


def search_artists(*, query: str) -> list[ArtistFacts]:
    """Artists with something live whose name holds every word. One query."""
    rows = _matching(_live_artists(), query).order_by("name")[:ARTISTS_ON_A_PAGE]
    return [ArtistFacts(row.pk, row.name, row.slug) for row in rows]


def search_tracks(*, query: str) -> list[TrackFacts]:
    """Tracks of live releases in which every word of the query occurs. Two queries."""
    rows = _matching(_tracks().filter(release__state=Release.State.LIVE), query)
    return _facts(rows.order_by("title")[:TRACKS_IN_A_SEARCH])


def list_releases_for_desk(
    *, label_ids: Sequence[int] | None, state: str | None = None, limit: int = RELEASES_ON_THE_DESK
) -> list[DraftFacts]:
    """Releases, newest first; of these labels, or of all for None; in one state or any. One query."""
    rows = _of_labels(label_ids).annotate(n=Count("tracks"), ms=Sum("tracks__master__duration_ms"))
    if state is not None:
        rows = rows.filter(state=state)
    return [
        DraftFacts(_release(row), row.n, row.ms or 0, row.created_at)
        for row in rows.order_by("-created_at", "-id")[:limit]
    ]


def count_releases_by_state(*, label_ids: Sequence[int] | None) -> dict[str, int]:
    """How many releases of these labels, or of all for None, are in each state. One query."""
    rows = _of_labels(label_ids).order_by().values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(Release.State.values, 0) | dict(rows)


def list_lacks_of_releases(*, releases: Sequence[ReleaseFacts]) -> dict[int, list[str]]:
    """What each release lacks before it can go live, by its id. One query."""
    places: dict[int, list[tuple[int, int]]] = {release.id: [] for release in releases}
    rows = Track.objects.filter(release_id__in=places).order_by()
    for release_id, disc, number in rows.values_list("release_id", "disc_number", "track_number"):
        places[release_id].append((disc, number))
    return {
        release.id: list_lacks(has_cover=bool(release.cover_sha256), tracks=places[release.id])
        for release in releases
    }


def find_master_by_sha256(*, sha256: str) -> MasterFacts | None:
    """The master with exactly these bytes, or None."""
    row = Master.objects.filter(sha256=sha256).first()
    return _master(row) if row else None


def list_masters(*, after_id: int, limit: int) -> list[MasterFacts]:
    """The next masters past an id, in the order of their ids: without waveforms (`peaks` is empty).
    One query."""
    rows = Master.objects.filter(pk__gt=after_id).defer("peaks", "loudness_blocks").order_by("pk")
    return [_master(row) for row in rows[:limit]]


def find_master_by_pcm(*, pcm_sha256: str) -> MasterFacts | None:
    """The master that sounds exactly the same, whatever its container, or None."""
    row = Master.objects.filter(pcm_sha256=pcm_sha256).first()
    return _master(row) if row else None


def find_track_at(*, release: NewRelease, disc_number: int, track_number: int) -> TrackFacts | None:
    """The track at that place of a release, in whatever state it is, or None. Two queries."""
    rows = _tracks().filter(
        release__label__name=release.label,
        release__artist__name=release.artist,
        release__title=release.title,
        disc_number=disc_number,
        track_number=track_number,
    )
    return next(iter(_facts(rows)), None)


def list_tracks_of_master(*, master_id: int) -> list[TrackFacts]:
    """The tracks that stand on a master."""
    return _facts(_tracks().filter(master_id=master_id))


def list_loudness(*, release_id: int) -> list[TrackLoudness]:
    """How loud each track of a release is. One query."""
    rows = Track.objects.filter(release_id=release_id).values_list(
        "master__loudness_blocks", "master__loudness_lufs", "master__true_peak_dbtp"
    )
    return [TrackLoudness(*row) for row in rows]


def list_corrections(
    *, release_id: int, limit: int = CORRECTIONS_ON_A_PAGE
) -> list[CorrectionFacts]:
    """What was corrected of a release since it went on sale, newest first. One query."""
    rows = CorrectionMade.objects.filter(release_id=release_id).select_related("track", "made_by")
    return [
        CorrectionFacts(
            field=row.field,
            track_title=row.track.title if row.track else "",
            before=row.before,
            after=row.after,
            made_by=row.made_by.email if row.made_by else "",
            made_at=row.made_at,
        )
        for row in rows[:limit]
    ]


def _releases() -> QuerySet[Release]:
    return Release.objects.select_related("artist", "label")


def _of_labels(label_ids: Sequence[int] | None) -> QuerySet[Release]:
    rows = _releases()
    return rows if label_ids is None else rows.filter(label_id__in=label_ids)


def _live_releases() -> QuerySet[Release]:
    return _releases().filter(state=Release.State.LIVE)


def _live_artists() -> QuerySet[Artist]:
    live = Release.State.LIVE
    return Artist.objects.filter(
        Q(releases__state=live) | Q(tracks__release__state=live)
    ).distinct()


def _tracks() -> QuerySet[Track]:
    return Track.objects.select_related(*TRACK_PARTS).defer(NOT_OF_TRACKS)


def _matching(rows: QuerySet, query: str) -> QuerySet:  # type: ignore[type-arg]
    words = search_words(query)
    for word in words:
        rows = rows.filter(search_text__contains=word)
    return rows if words else rows.none()


def _facts(rows: Iterable[Track]) -> list[TrackFacts]:
    found = list(rows)
    totals: dict[int, dict[int, int]] = {}
    counted = (
        Track.objects.filter(release_id__in={row.release_id for row in found})
        .values_list("release_id", "disc_number")
        .annotate(n=Count("id"))
        .order_by()
    )
    for release_id, disc, count in counted:
        totals.setdefault(release_id, {})[disc] = count
    return [_track(row, totals.get(row.release_id, {})) for row in found]


def _track(row: Track, discs: dict[int, int]) -> TrackFacts:
    return TrackFacts(
        id=row.pk,
        title=row.title,
        artist=row.artist.name,
        artist_slug=row.artist.slug,
        disc_number=row.disc_number,
        track_number=row.track_number,
        isrc=row.isrc,
        work_title=row.work.title,
        composer=row.work.composer,
        iswc=row.work.iswc,
        release=_release(row.release),
        master=_master(row.master),
        track_total=discs.get(row.disc_number, 0),
        disc_total=len(discs),
        lyrics="" if "lyrics" in row.get_deferred_fields() else row.lyrics,
        musicbrainz_recording_id=row.musicbrainz_recording_id,
    )


def _release(row: Release) -> ReleaseFacts:
    return ReleaseFacts(
        id=row.pk,
        slug=row.slug,
        title=row.title,
        artist=row.artist.name,
        artist_slug=row.artist.slug,
        label=row.label.name,
        label_id=row.label_id,
        upc=row.upc,
        released_on=row.released_on,
        genre=row.genre,
        p_line=row.p_line,
        c_line=row.c_line,
        cover_sha256=row.cover_sha256,
        cover_media_type=row.cover_media_type,
        state=row.state,
        booklet_sha256=row.booklet_sha256,
        musicbrainz_release_id=row.musicbrainz_release_id,
        loudness_lufs=row.loudness_lufs,
        true_peak_dbtp=row.true_peak_dbtp,
    )


def _master(row: Master) -> MasterFacts:
    return MasterFacts(
        id=row.pk,
        sha256=row.sha256,
        pcm_sha256=row.pcm_sha256,
        flac_md5=row.flac_md5,
        container=row.container,
        size_bytes=row.size_bytes,
        frames=row.frames,
        sample_rate_hz=row.sample_rate_hz,
        bits_per_sample=row.bits_per_sample,
        channels=row.channels,
        duration_ms=row.duration_ms,
        loudness_lufs=row.loudness_lufs,
        true_peak_dbtp=row.true_peak_dbtp,
        peaks=b"" if "peaks" in row.get_deferred_fields() else bytes(row.peaks),
        measured={code: MeasuredSize(**size) for code, size in row.measured_sizes.items()},
    )
