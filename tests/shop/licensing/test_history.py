"""Was it licensed, as known then and as known now? Against a walk over all that was recorded.

The oracle asks, for each licence, instant and knowledge, what had been recorded by then: the last
record that speaks of the instant says whether it is suspended, and any end before it ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise, product

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.models import Track
from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.compiled import CompiledCoverage
from pennywhistle.shop.licensing.history import Change, ChangeKind, History, suspensions
from pennywhistle.shop.licensing.models import Licence, LicenceChange
from pennywhistle.shop.licensing.queries import get_licence, was_licensed
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceStateError,
    LicenceTerms,
    NotCovered,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    Use,
    Why,
    cover,
)
from tests.cast import LABEL, OPENED, SOCIETY, Cast, assemble

MICROSECOND = timedelta(microseconds=1)
DAYS = tuple(datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 9))
INSTANTS = sorted(day + step for day in DAYS for step in (-MICROSECOND, timedelta(), MICROSECOND))
TRACK = TrackRef(1, 1, 1)

days = st.sampled_from(DAYS)
kinds = st.sampled_from(ChangeKind)


def terms_of(number: int, right: Right, ends_at: datetime | None) -> LicenceTerms:
    return LicenceTerms(
        id=number,
        number=f"L-{number}",
        licensor_id=1,
        licensor="Licensor",
        right=right,
        repertoire=Repertoire("whole"),
        uses=frozenset({Use.DOWNLOAD}),
        territories=TerritorySet.worldwide(),
        starts_at=DAYS[1],
        ends_at=ends_at,
        tariff=TariffTerms("T", 1, Fraction(1, 10), "gross"),
        document_reference="drawn",
    )


@st.composite
def histories(draw: st.DrawFn, right: Right = Right.RECORDING, number: int = 1) -> History:
    changes = draw(st.lists(st.tuples(kinds, days, days), max_size=6))
    ends_at = draw(st.none() | st.sampled_from(DAYS[2:]))
    return History(
        terms_of(number, right, ends_at),
        draw(days),
        tuple(
            Change(kind, effective, recorded)
            for kind, effective, recorded in sorted(changes, key=lambda change: change[2])
        ),
    )


def open_then(history: History, instant: datetime, knowledge: datetime) -> bool:
    """The oracle: is it open at the instant, by what was known?"""
    agreed = history.agreed
    if history.recorded_at > knowledge or instant < agreed.starts_at:
        return False
    if agreed.ends_at is not None and instant >= agreed.ends_at:
        return False
    suspended = False
    for change in history.changes:
        if change.recorded_at > knowledge or change.effective_at > instant:
            continue
        if change.kind is ChangeKind.ENDED:
            return False
        suspended = change.kind is ChangeKind.SUSPENDED
    return not suspended


@settings(max_examples=300)
@given(history=histories())
def test_what_was_known_is_what_had_been_recorded(history: History) -> None:
    for instant, knowledge in product(INSTANTS, INSTANTS):
        known = history.as_known(knowledge)
        is_open = known is not None and known.is_in_force(instant)
        assert is_open == open_then(history, instant, knowledge), (instant, knowledge)
    now = history.as_known()
    assert now is not None
    for instant in INSTANTS:
        assert now.is_in_force(instant) == open_then(history, instant, max(DAYS))


@given(history=histories())
def test_suspensions_are_apart_and_in_order(history: History) -> None:
    spans = suspensions(changes=history.changes)
    for before, after in pairwise(spans):
        assert before.ends_at is not None
        assert before.ends_at < after.starts_at


@settings(max_examples=200)
@given(
    recording=st.lists(histories(Right.RECORDING), min_size=1, max_size=2),
    work=histories(Right.WORK, 9),
)
def test_why_not_tells_when_waiting_helps(recording: list[History], work: History) -> None:
    numbered = [replace(one, agreed=replace(one.agreed, id=n)) for n, one in enumerate(recording)]
    known = [terms for one in (*numbered, work) if (terms := one.as_known()) is not None]
    compiled = CompiledCoverage(known)
    for instant in INSTANTS:
        answer = cover(
            track=TRACK, use=Use.DOWNLOAD, territory="DE", instant=instant, licences=known
        )
        assert answer == compiled.cover(
            track=TRACK, use=Use.DOWNLOAD, territory="DE", instant=instant
        )
        of_right = {Right.RECORDING: numbered, Right.WORK: [work]}
        opened = {
            right: [at for at in INSTANTS if any(open_then(one, at, max(DAYS)) for one in those)]
            for right, those in of_right.items()
        }
        assert isinstance(answer, Covered) == all(instant in each for each in opened.values())
        if isinstance(answer, NotCovered):
            assert answer.right is not None
            later = [at for at in opened[answer.right] if at > instant]
            assert (answer.why is Why.NOT_YET) == bool(later)
            if later:
                assert answer.opens_at == min(later)
            elif answer.why is Why.ENDED:
                assert answer.ended_at is not None
                assert answer.ended_at <= max(instant, DAYS[1])
            else:
                assert answer.why is Why.SUSPENDED


@dataclass(frozen=True)
class Deed:
    """Something that is recorded: a grant, or a change of the licence of that number."""

    day: datetime
    right: Right
    number: int
    kind: ChangeKind | None
    effective: datetime


deeds = st.lists(
    st.builds(
        Deed,
        day=days,
        right=st.sampled_from(Right),
        number=st.integers(0, 1),
        kind=st.none() | kinds,
        effective=days,
    ),
    max_size=10,
).map(lambda drawn: sorted(drawn, key=lambda deed: deed.day))


def record(drawn: list[Deed]) -> Iterator[History]:
    """Record the deeds for real; the histories that they come to, those that were refused left out."""
    found: dict[str, History] = {}
    for deed in drawn:
        number = f"{deed.right}-{deed.number}"
        if deed.kind is None and number not in found:
            base = SOCIETY if deed.right is Right.WORK else LABEL
            request = replace(base, number=number, starts_at=DAYS[1])
            grant_licence(request=request, granted_by=None, now=deed.day)
            found[number] = History(terms_of(len(found), deed.right, None), deed.day)
        elif deed.kind is not None and number in found:
            try:
                operations.change(
                    number=number,
                    kind=deed.kind,
                    reason="drawn",
                    effective_at=deed.effective,
                    recorded_by=None,
                    now=deed.day,
                )
            except LicenceStateError:
                continue
            change = Change(deed.kind, deed.effective, deed.day)
            known = found[number]
            found[number] = replace(known, changes=(*known.changes, change))
    yield from found.values()


@pytest.mark.django_db
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=deeds)
def test_the_database_answers_as_the_oracle_does(drawn: list[Deed], stocked: TrackRef) -> None:
    with transaction.atomic():
        told = list(record(drawn))
        for instant, knowledge in product(INSTANTS[::2], DAYS):
            answer = was_licensed(
                track=stocked,
                use=Use.DOWNLOAD,
                territory="DE",
                instant=instant,
                as_of_knowledge=knowledge,
            )
            rights = {one.agreed.right for one in told if open_then(one, instant, knowledge)}
            assert isinstance(answer, Covered) == (rights == set(Right)), (instant, knowledge)
        transaction.set_rollback(True)


@pytest.fixture
def stocked(db: None) -> TrackRef:
    assemble(licences=())
    track = Track.objects.select_related("release").order_by("pk")[0]
    return TrackRef(track.pk, track.release_id, track.release.label_id)


@pytest.mark.django_db
def test_a_grant_that_is_recorded_late_was_not_known_before(stocked: TrackRef) -> None:
    for request in (LABEL, SOCIETY):
        grant_licence(request=request, granted_by=None, now=DAYS[4])

    def asked(knowledge: datetime) -> bool:
        answer = was_licensed(
            track=stocked,
            use=Use.DOWNLOAD,
            territory="DE",
            instant=DAYS[2],
            as_of_knowledge=knowledge,
        )
        return isinstance(answer, Covered)

    assert not asked(DAYS[4] - MICROSECOND)
    assert asked(DAYS[4])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "said"),
    [(ChangeKind.RESUMED, "is not suspended from then on"), (ChangeKind.SUSPENDED, "has ended")],
)
def test_a_change_that_is_none_is_refused(cast: Cast, kind: ChangeKind, said: str) -> None:
    if kind is ChangeKind.SUSPENDED:
        change("LAN-1", ChangeKind.ENDED, DAYS[1])
    with pytest.raises(LicenceStateError, match=said):
        change("LAN-1", kind, DAYS[2])


@pytest.mark.django_db
def test_what_was_recorded_is_never_changed(cast: Cast) -> None:
    change("LAN-1", ChangeKind.SUSPENDED, DAYS[1])
    for write in (
        lambda: Licence.objects.filter(number="LAN-1").update(starts_at=OPENED + MICROSECOND),
        lambda: Licence.objects.filter(number="MER-1").delete(),
        lambda: LicenceChange.objects.update(reason="other"),
        LicenceChange.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            write()
    assert [one.reason for one in get_licence(number="LAN-1").changes] == ["drawn"]


@pytest.mark.django_db
def test_a_clock_that_was_set_back_does_not_reorder_what_was_recorded(cast: Cast) -> None:
    change("LAN-1", ChangeKind.SUSPENDED, DAYS[5])
    change("LAN-1", ChangeKind.RESUMED, DAYS[3])
    suspended, resumed = get_licence(number="LAN-1").changes
    assert (suspended.kind, resumed.kind) == (ChangeKind.SUSPENDED, ChangeKind.RESUMED)
    assert resumed.recorded_at == suspended.recorded_at == resumed.effective_at


def change(number: str, kind: ChangeKind, now: datetime) -> None:
    with transaction.atomic():
        operations.change(
            number=number,
            kind=kind,
            reason="drawn",
            effective_at=None,
            recorded_by=None,
            now=now,
        )
