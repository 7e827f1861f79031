"""Reads of licences, and coverage over many tracks at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Q, QuerySet

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.models import Licence, Licensor, Tariff
from pennywhistle.shop.licensing.rules import (
    Coverage,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    UnknownLicensorError,
    Use,
    cover,
)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of the notice: under whose licence the music is sold."""

    licensor: str
    kind: str
    right: str
    number: str
    document_reference: str


@dataclass(frozen=True, slots=True)
class LicensorFacts:
    """A licensor as pages and commands name it."""

    id: int
    name: str
    kind: str
    label_id: int | None


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


def list_notice(*, instant: datetime) -> list[NoticeLine]:
    """The licences in force, as the notice on each page names them. One query."""
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
    ]


def get_licensor(*, name: str) -> LicensorFacts:
    """The licensor of that name, or `UnknownLicensorError`."""
    row = Licensor.objects.filter(name__iexact=name).first()
    if row is None:
        known = ", ".join(Licensor.objects.order_by("name").values_list("name", flat=True)[:20])
        raise UnknownLicensorError(f"no licensor is called {name!r}; there are: {known or 'none'}")
    return LicensorFacts(row.pk, row.name, row.kind, row.label_id)


def list_licensors() -> list[LicensorFacts]:
    """Every licensor by name. One query."""
    rows = Licensor.objects.order_by("name")
    return [LicensorFacts(row.pk, row.name, row.kind, row.label_id) for row in rows]


def _licences() -> QuerySet[Licence]:
    return Licence.objects.select_related("licensor", "tariff")


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
