"""Reads of licences, and coverage over many tracks at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from pennywhistle.kit.clock import Period
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.facts import TrackFacts
from pennywhistle.shop.licensing.block_queries import get_blocks
from pennywhistle.shop.licensing.compiled import CompiledCoverage
from pennywhistle.shop.licensing.history import Change, ChangeKind, History
from pennywhistle.shop.licensing.models import BlockOrder, Licence, LicenceChange, Licensor, Tariff
from pennywhistle.shop.licensing.rules import (
    Basis,
    Coverage,
    Footing,
    LicenceTerms,
    Payer,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    UnknownLicenceError,
    UnknownLicensorError,
    Use,
    open_territories,
)

LICENCES_ON_A_PAGE = 200
# Sets of countries that one process keeps: many licences are of one.
TERRITORIES_REMEMBERED = 4_096
FOOTINGS_REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """A licence as the desk lists it: `target` names its label, release or track, or is empty.

    `target_code` is what a grant calls it: the label's name, the UPC or short name, the ISRC.
    `terms.ends_at` is the earlier of what was agreed and of `ended_at`, when it was ended by hand;
    `starts` and `ends` are as they were written.
    """

    terms: LicenceTerms
    target: str
    target_code: str
    licensor_kind: str
    starts: LocalTime
    ends: LocalTime | None
    granted_at: datetime
    changes: tuple[Change, ...]

    @property
    def end(self) -> Change | None:
        """The earliest end by hand, if there is any."""
        ends = [change for change in self.changes if change.kind is ChangeKind.ENDED]
        return min(ends, key=lambda change: change.effective_at, default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended by hand."""
        return self.end.effective_at if self.end else None

    @property
    def end_reason(self) -> str:
        """Why it was ended."""
        return self.end.reason if self.end else ""


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
    *,
    tracks: Sequence[TrackRef],
    use: Use,
    territory: str | None,
    instant: datetime,
    known_at: datetime | None = None,
) -> dict[int, Coverage]:
    """Coverage by track id, as known at `known_at`, or now for None.

    One query, however many tracks, and one more where a licence was ended or suspended.
    """
    compiled = compile_coverage(tracks=tracks, known_at=known_at)
    return {
        track.track_id: compiled.cover(track=track, use=use, territory=territory, instant=instant)
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


def was_licensed(
    *, track: TrackRef, use: Use, territory: str, instant: datetime, as_of_knowledge: datetime
) -> Coverage:
    """Was this licensed there, then, by all that the store knew at `as_of_knowledge`?

    What was recorded later, of whatever instant, says nothing here. Queries as `list_coverage`.
    """
    return list_coverage(
        tracks=[track],
        use=use,
        territory=territory,
        instant=instant,
        known_at=as_of_knowledge,
    )[track.track_id]


def compile_coverage(
    *, tracks: Sequence[TrackRef], known_at: datetime | None = None
) -> CompiledCoverage:
    """Coverage of these tracks for many questions, as it was known then; orders as they are now.

    One query, one more where a licence was ended or suspended, and one where anything is blocked.
    """
    rows = _licences_of(tracks)
    is_blocked = any(row.has_blocks for row in rows) or not rows  # type: ignore[attr-defined]
    known = (history.as_known(known_at) for history in _histories(rows))
    return CompiledCoverage(
        (terms for terms in known if terms is not None), get_blocks() if is_blocked else None
    )


def list_terms(
    *, tracks: Sequence[TrackRef], known_at: datetime | None = None
) -> list[LicenceTerms]:
    """Every licence, past and future too, that speaks of one of these tracks, as it was known then.

    One query, and one more where a licence was ended or suspended.
    """
    known = (history.as_known(known_at) for history in _histories(_licences_of(tracks)))
    return [terms for terms in known if terms is not None]


def _licences_of(tracks: Sequence[TrackRef]) -> QuerySet[Licence]:
    return _licences().filter(
        Q(repertoire="whole")
        | Q(label_id__in={track.label_id for track in tracks})
        | Q(release_id__in={track.release_id for track in tracks})
        | Q(track_id__in={track.track_id for track in tracks})
    )


def list_histories_by_id(*, licence_ids: Iterable[int]) -> dict[int, History]:
    """Licences by id, with what happened to them. One query, and one more where anything did."""
    rows = _licences().filter(pk__in=list(licence_ids))
    return {history.agreed.id: history for history in _histories(rows)}


def list_terms_by_id(*, licence_ids: Iterable[int]) -> dict[int, LicenceTerms]:
    """Licences by id, as they are known now. Queries as `list_histories_by_id`."""
    histories = list_histories_by_id(licence_ids=licence_ids)
    return {licence_id: _known_now(history) for licence_id, history in histories.items()}


def list_begun(*, use: Use, instant: datetime) -> dict[int, tuple[LicenceTerms, str]]:
    """Licences of a use that have begun and not run out, by licensor and number, each with the kind
    of its licensor, by id. One query, and one more where one of them was ended or suspended."""
    begun = _licences().filter(starts_at__lte=instant, uses__contains=use.value)
    rows = begun.filter(Q(ends_at=None) | Q(ends_at__gt=instant)).order_by(
        "licensor__name", "number"
    )
    kinds = {row.pk: row.licensor.kind for row in rows}
    return {terms.id: (terms, kinds[terms.id]) for terms in map(_known_now, _histories(rows))}


def list_licences_for_desk(
    *, query: str = "", limit: int | None = LICENCES_ON_A_PAGE
) -> list[LicenceFacts]:
    """The newest licences whose number, licensor or document holds the words; None for no limit.

    One query, and one more where a licence was ended or suspended.
    """
    rows = _with_targets()
    if words := query.strip():
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(licensor__name__icontains=words)
            | Q(document_reference__icontains=words)
        )
    return _facts(rows.order_by("-id")[:limit])


def list_licences_ending(*, within: Period) -> list[LicenceFacts]:
    """Licences whose agreed end lies within a period, soonest first. One query, or two."""
    rows = _with_targets().exclude(changes__kind=ChangeKind.ENDED.value)
    rows = rows.filter(ends_at__gte=within.starts_at)
    if within.ends_at is not None:
        rows = rows.filter(ends_at__lt=within.ends_at)
    return _facts(rows.order_by("ends_at", "id")[:LICENCES_ON_A_PAGE])


def get_licence(*, number: str) -> LicenceFacts:
    """The licence of that number, or `UnknownLicenceError`. One query, or two."""
    for licence in _facts(_with_targets().filter(number=number)):
        return licence
    raise UnknownLicenceError(f"no licence has the number {number!r}")


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
    changed = Exists(LicenceChange.objects.filter(licence=OuterRef("pk")))
    return Licence.objects.select_related("licensor", "tariff").annotate(
        is_changed=changed, has_blocks=Exists(BlockOrder.objects.all())
    )


def _with_targets() -> QuerySet[Licence]:
    return _licences().select_related("label", "release", "track")


def _histories(rows: QuerySet[Licence]) -> list[History]:
    """Licences with what happened to them. One query, and one more where anything did."""
    changes: dict[int, list[Change]] = defaultdict(list)
    if changed := [row.pk for row in rows if row.is_changed]:  # type: ignore[attr-defined]
        for row in LicenceChange.objects.filter(licence_id__in=changed).order_by(
            "recorded_at", "id"
        ):
            changes[row.licence_id].append(
                Change(ChangeKind(row.kind), row.effective_at, row.recorded_at, row.reason)
            )
    return [History(_terms(row), row.granted_at, tuple(changes[row.pk])) for row in rows]


def _known_now(history: History) -> LicenceTerms:
    terms = history.as_known()
    assert terms is not None, "all that is recorded is known now"
    return terms


def _facts(rows: QuerySet[Licence]) -> list[LicenceFacts]:
    return [_licence(row, history) for row, history in zip(rows, _histories(rows), strict=True)]


def _licence(row: Licence, history: History) -> LicenceFacts:
    target = row.label or row.release or row.track
    return LicenceFacts(
        terms=_known_now(history),
        target=str(target) if target else "",
        target_code=_target_code(row),
        licensor_kind=row.licensor.kind,
        starts=LocalTime.parse(row.starts_written),
        ends=LocalTime.parse(row.ends_written) if row.ends_written else None,
        granted_at=row.granted_at,
        changes=history.changes,
    )


def _target_code(row: Licence) -> str:
    if row.label is not None:
        return row.label.name
    if row.release is not None:
        return row.release.upc or row.release.slug
    return row.track.isrc if row.track is not None else ""


@lru_cache(maxsize=TERRITORIES_REMEMBERED)
def _territories(written: str, countries: str, tables: str) -> TerritorySet:
    """What a licence's own row says, and not what today's tables would."""
    return TerritorySet.kept(written=written, countries=countries, tables=tables)


def _terms(row: Licence) -> LicenceTerms:
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
        territories=_territories(row.territories_written, row.territories, row.territory_tables),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        tariff=_tariff(row.tariff),
        document_reference=row.document_reference,
        preview_seconds=row.preview_seconds,
        footing=_footing(row.basis, row.deed, row.evidence, row.mechanical_by),
    )


@lru_cache(maxsize=FOOTINGS_REMEMBERED)
def _footing(basis: str, deed: str, evidence: str, mechanical_by: str) -> Footing:
    return Footing(Basis(basis), deed, evidence, Payer(mechanical_by))


def _tariff(row: Tariff) -> TariffTerms:
    floor = row.floor_micros_per_track
    return TariffTerms(
        code=row.code,
        version=row.version,
        rate=Fraction(row.rate_numerator, row.rate_denominator),
        base=row.base,
        floor_per_track=Money(floor, row.floor_currency) if floor else None,
    )
