"""Reads of licences, and coverage over many tracks at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.facts import TrackFacts
from pennywhistle.shop.licensing.models import Licence, Licensor, Tariff
from pennywhistle.shop.licensing.rules import (
    Coverage,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    UnknownLicenceError,
    UnknownLicensorError,
    Use,
    cover,
    open_territories,
)

LICENCES_ON_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of the notice: under whose licence the music is sold."""

    licensor: str
    kind: str
    right: str
    number: str
    document_reference: str


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """A licence as the desk lists it: `target` names its label, release or track, or is empty.

    `target_code` is what a grant calls it: the label's name, the UPC or short name, the ISRC.
    `terms.ends_at` is the earlier of what was agreed and of `ended_at`, when it was ended by hand.
    """

    terms: LicenceTerms
    target: str
    target_code: str
    licensor_kind: str
    granted_at: datetime
    ended_at: datetime | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class LicensorFacts:
    """A licensor as pages and commands name it."""

    id: int
    name: str
    kind: str
    label_id: int | None


def track_ref(track: TrackFacts) -> TrackRef:
    """A track as licensing knows it."""
    return TrackRef(track.id, track.release.id, track.release.label_id)


def list_coverage(
    *, tracks: Sequence[TrackRef], use: Use, territory: str | None, instant: datetime
) -> dict[int, Coverage]:
    """Coverage by track id. One query, however many tracks."""
    licences = list_terms(tracks=tracks)
    return {
        track.track_id: cover(
            track=track, use=use, territory=territory, instant=instant, licences=licences
        )
        for track in tracks
    }


def list_open_territories(
    *, tracks: Sequence[TrackRef], use: Use, instant: datetime
) -> dict[int, dict[Right, frozenset[str]]]:
    """Where each right of each track is covered, by track id. One query."""
    licences = list_terms(tracks=tracks)
    return {
        track.track_id: open_territories(track=track, use=use, instant=instant, licences=licences)
        for track in tracks
    }


def list_terms(*, tracks: Sequence[TrackRef]) -> list[LicenceTerms]:
    """Every licence, past and future too, that speaks of one of these tracks. One query."""
    rows = _licences().filter(
        Q(repertoire="whole")
        | Q(label_id__in={track.label_id for track in tracks})
        | Q(release_id__in={track.release_id for track in tracks})
        | Q(track_id__in={track.track_id for track in tracks})
    )
    return [_terms(row) for row in rows]


def list_terms_by_id(*, licence_ids: Iterable[int]) -> dict[int, LicenceTerms]:
    """Licences by id. One query."""
    return {row.pk: _terms(row) for row in _licences().filter(pk__in=list(licence_ids))}


def list_licences() -> list[LicenceTerms]:
    """Every licence, newest first, as the desk lists them. One query."""
    return [_terms(row) for row in _licences().order_by("-id")]


def list_licences_for_desk(
    *, query: str = "", limit: int | None = LICENCES_ON_A_PAGE
) -> list[LicenceFacts]:
    """The newest licences whose number, licensor or document holds the words; None for no limit.

    One query.
    """
    rows = _with_targets()
    if words := query.strip():
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(licensor__name__icontains=words)
            | Q(document_reference__icontains=words)
        )
    return [_licence(row) for row in rows.order_by("-id")[:limit]]


def list_licences_ending(*, within: Period) -> list[LicenceFacts]:
    """Licences whose agreed end lies within a period, soonest first. One query."""
    rows = _with_targets().filter(ended_at=None, ends_at__gte=within.starts_at)
    if within.ends_at is not None:
        rows = rows.filter(ends_at__lt=within.ends_at)
    return [_licence(row) for row in rows.order_by("ends_at", "id")[:LICENCES_ON_A_PAGE]]


def get_licence(*, number: str) -> LicenceFacts:
    """The licence of that number, or `UnknownLicenceError`. One query."""
    row = _with_targets().filter(number=number).first()
    if row is None:
        raise UnknownLicenceError(f"no licence has the number {number!r}")
    return _licence(row)


def list_notice(*, territory: str | None, instant: datetime) -> list[NoticeLine]:
    """The licences in force there, as the notice on each page names them. One query.

    All of them where the territory is not known.
    """
    in_force = (
        _licences()
        .filter(starts_at__lte=instant, uses__contains=Use.DOWNLOAD.value)
        .filter(Q(ends_at=None) | Q(ends_at__gt=instant))
        .filter(Q(ended_at=None) | Q(ended_at__gt=instant))
    )
    return [
        NoticeLine(
            licensor=row.licensor.name,
            kind=row.licensor.kind,
            right=row.right,
            number=row.number,
            document_reference=row.document_reference,
        )
        for row in in_force.order_by("licensor__name", "number")
        if territory is None or territory in TerritorySet.parse(row.territories)
    ]


def get_licensor(*, name: str) -> LicensorFacts:
    """The licensor of that name, or `UnknownLicensorError`."""
    # The exact name first: two licensors may differ in capitals alone.
    row = (
        Licensor.objects.filter(name=name).first()
        or Licensor.objects.filter(name__iexact=name).first()
    )
    if row is None:
        known = ", ".join(Licensor.objects.order_by("name").values_list("name", flat=True)[:20])
        raise UnknownLicensorError(f"no licensor is called {name!r}; there are: {known or 'none'}")
    return LicensorFacts(row.pk, row.name, row.kind, row.label_id)


def find_licensor(*, licensor_id: int) -> LicensorFacts | None:
    """The licensor of that id, or None."""
    row = Licensor.objects.filter(pk=licensor_id).first()
    return LicensorFacts(row.pk, row.name, row.kind, row.label_id) if row else None


def list_licensors_by_id(*, licensor_ids: Collection[int]) -> dict[int, LicensorFacts]:
    """Those licensors, by id. One query."""
    rows = Licensor.objects.filter(pk__in=licensor_ids)
    return {row.pk: LicensorFacts(row.pk, row.name, row.kind, row.label_id) for row in rows}


def list_licensors() -> list[LicensorFacts]:
    """Every licensor by name. One query."""
    rows = Licensor.objects.order_by("name")
    return [LicensorFacts(row.pk, row.name, row.kind, row.label_id) for row in rows]


def list_licensors_of_labels(*, label_ids: Sequence[int]) -> list[LicensorFacts]:
    """Labels as licensors, whose every licence speaks of the music of these labels. One query.

    One that grants for other labels too, as a distributor does, belongs to none of them: what it
    is owed is not for their eyes.
    """
    licences = Licence.objects.filter(licensor=OuterRef("pk")).annotate(
        of_label=Coalesce("label_id", "release__label_id", "track__release__label_id")
    )
    rows = Licensor.objects.filter(
        Exists(licences),
        ~Exists(licences.filter(Q(of_label=None) | ~Q(of_label__in=label_ids))),
        kind=Licensor.Kind.LABEL,
    )
    return [
        LicensorFacts(row.pk, row.name, row.kind, row.label_id) for row in rows.order_by("name")
    ]


def _licences() -> QuerySet[Licence]:
    return Licence.objects.select_related("licensor", "tariff")


def _with_targets() -> QuerySet[Licence]:
    return _licences().select_related("label", "release", "track")


def _licence(row: Licence) -> LicenceFacts:
    target = row.label or row.release or row.track
    return LicenceFacts(
        terms=_terms(row),
        target=str(target) if target else "",
        target_code=_target_code(row),
        licensor_kind=row.licensor.kind,
        granted_at=row.granted_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )


def _target_code(row: Licence) -> str:
    if row.label is not None:
        return row.label.name
    if row.release is not None:
        return row.release.upc or row.release.slug
    return row.track.isrc if row.track is not None else ""


def _terms(row: Licence) -> LicenceTerms:
    ends = [instant for instant in (row.ends_at, row.ended_at) if instant is not None]
    kind = row.repertoire
    target = {"label": row.label_id, "release": row.release_id, "track": row.track_id}.get(kind)
    return LicenceTerms(
        id=row.pk,
        number=row.number,
        licensor_id=row.licensor_id,
        licensor=row.licensor.name,
        right=Right(row.right),
        repertoire=Repertoire(kind, target),
        uses=frozenset(map(Use, row.uses.split(","))),
        territories=TerritorySet.parse(row.territories),
        starts_at=row.starts_at,
        ends_at=min(ends, default=None),
        tariff=_tariff(row.tariff),
        document_reference=row.document_reference,
        preview_seconds=row.preview_seconds,
    )


def _tariff(row: Tariff) -> TariffTerms:
    floor = row.floor_micros_per_track
    return TariffTerms(
        code=row.code,
        version=row.version,
        rate=Fraction(row.rate_numerator, row.rate_denominator),
        base=row.base,
        floor_per_track=Money(floor, row.floor_currency) if floor else None,
    )
