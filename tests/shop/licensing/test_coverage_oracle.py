"""Coverage against brute force: every use, country and instant that random licences open, listed.

The oracle asks nothing of the code under test. It writes down, licence by licence, every single
(track, right, use, country, instant) that is opened, and a sale is allowed where both rights are on
the list. Instants are those at which something begins or ends, and a microsecond either side.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.territory import COUNTRIES, TerritorySet
from pennywhistle.shop.catalogue.models import Track
from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.compiled import CompiledCoverage
from pennywhistle.shop.licensing.history import ChangeKind
from pennywhistle.shop.licensing.queries import list_coverage
from pennywhistle.shop.licensing.rules import (
    Coverage,
    Covered,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    Use,
    Why,
    cover,
)
from tests.cast import OPENED, assemble, stock_release

# Two labels, three releases, five tracks.
SHELVES = (
    TrackRef(101, 11, 1),
    TrackRef(102, 11, 1),
    TrackRef(121, 12, 1),
    TrackRef(211, 21, 2),
    TrackRef(212, 21, 2),
)
NAMED = ("DE", "AT", "FR", "JP")
ASKED = (*NAMED, "BR")  # BR is in no list: only "worldwide" and "all but" reach it.
DAYS = tuple(datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 7))
MICROSECOND = timedelta(microseconds=1)
TARIFF = TariffTerms("T", 1, Fraction(1, 10), "gross")

Opened = set[tuple[int, Right, Use, str, datetime]]


@dataclass(frozen=True)
class Drawn:
    """A licence as drawn: `target` counts within its kind, from 0 on; `ended` is its early end."""

    right: Right
    kind: str
    target: int
    uses: frozenset[Use]
    territories: str
    starts: datetime
    ends: datetime | None
    ended: datetime | None

    def aim(self, shelves: tuple[TrackRef, ...]) -> int | None:
        """The id that it speaks of."""
        ids = {
            "label": sorted({track.label_id for track in shelves}),
            "release": sorted({track.release_id for track in shelves}),
            "track": sorted({track.track_id for track in shelves}),
        }.get(self.kind)
        return ids[self.target % len(ids)] if ids else None

    def terms(self, number: int, shelves: tuple[TrackRef, ...]) -> LicenceTerms:
        """As coverage reads it."""
        return LicenceTerms(
            id=number,
            number=f"L-{number}",
            licensor_id=1,
            licensor="Licensor",
            right=self.right,
            repertoire=Repertoire(self.kind, self.aim(shelves)),
            uses=self.uses,
            territories=TerritorySet.parse(self.territories),
            starts_at=self.starts,
            ends_at=min([end for end in (self.ends, self.ended) if end], default=None),
            tariff=TARIFF,
            document_reference="drawn",
        )


@st.composite
def drawn_licences(draw: st.DrawFn) -> list[Drawn]:
    listed = st.lists(st.sampled_from(NAMED), min_size=1, max_size=3, unique=True).map(",".join)
    territories = st.one_of(st.just("worldwide"), listed, listed.map("all-but {}".format))
    licence = st.builds(
        Drawn,
        right=st.sampled_from(Right),
        kind=st.sampled_from(["whole", "label", "release", "track"]),
        target=st.integers(0, 4),
        uses=st.sets(st.sampled_from(Use), min_size=1).map(frozenset),
        territories=territories,
        starts=st.sampled_from(DAYS[:-1]),
        ends=st.none() | st.sampled_from(DAYS),
        ended=st.none() | st.none() | st.sampled_from(DAYS),
    ).filter(lambda one: one.ends is None or one.ends > one.starts)
    return draw(st.lists(licence, max_size=7))


def speaks_of(licence: Drawn, shelves: tuple[TrackRef, ...]) -> Iterator[TrackRef]:
    aim = licence.aim(shelves)
    for track in shelves:
        places = {
            "whole": None,
            "label": track.label_id,
            "release": track.release_id,
            "track": track.track_id,
        }
        if places[licence.kind] == aim:
            yield track


def countries_of(text: str) -> set[str]:
    if text == "worldwide":
        return set(ASKED)
    if text.startswith("all-but "):
        return set(ASKED).difference(text.removeprefix("all-but ").split(","))
    return set(ASKED).intersection(text.split(","))


def instants_of(licences: list[Drawn]) -> list[datetime]:
    borders = {DAYS[2]}
    for licence in licences:
        borders |= {each for each in (licence.starts, licence.ends, licence.ended) if each}
    return sorted({b + step for b in borders for step in (-MICROSECOND, timedelta(), MICROSECOND)})


def open_everything(
    licences: list[Drawn], shelves: tuple[TrackRef, ...], instants: list[datetime]
) -> Opened:
    opened: Opened = set()
    for licence in licences:
        open_at = [
            instant
            for instant in instants
            if not instant < licence.starts
            and not (licence.ends and instant >= licence.ends)
            and not (licence.ended and instant >= licence.ended)
        ]
        opened.update(
            (track.track_id, licence.right, use, country, instant)
            for track, use, country, instant in product(
                speaks_of(licence, shelves),
                licence.uses,
                countries_of(licence.territories),
                open_at,
            )
        )
    return opened


def assert_answer_is_true(
    answer: Coverage,
    asked: tuple[TrackRef, Use, str, datetime],
    opened: Opened,
    terms: list[LicenceTerms],
) -> None:
    track, use, country, instant = asked
    allowed = {right: (track.track_id, right, use, country, instant) in opened for right in Right}
    assert isinstance(answer, Covered) == all(allowed.values()), (answer, asked)
    if isinstance(answer, Covered):
        for right, licence in ((Right.RECORDING, answer.recording), (Right.WORK, answer.work)):
            assert licence.right is right
            alone = cover_alone(licence, track, use, country, instant)
            assert alone, "a licence was named that does not open this"
        return
    assert answer.right is not None
    assert not allowed[answer.right]
    assert_reason_is_true(answer.why, answer.opens_at, answer.right, asked, opened, terms)


def cover_alone(
    licence: LicenceTerms, track: TrackRef, use: Use, country: str, instant: datetime
) -> bool:
    """Does this one licence, standing for both rights, open it?"""
    both = [replace(licence, right=right) for right in Right]
    found = cover(track=track, use=use, territory=country, instant=instant, licences=both)
    return isinstance(found, Covered)


def assert_reason_is_true(
    why: Why,
    opens_at: datetime | None,
    right: Right,
    asked: tuple[TrackRef, Use, str, datetime],
    opened: Opened,
    terms: list[LicenceTerms],
) -> None:
    track, use, country, instant = asked
    about = [one for one in terms if one.right is right and track.belongs_to(one.repertoire)]
    with_use = [one for one in about if use in one.uses]
    there = [one for one in with_use if country in one.territories]
    later = sorted(
        at
        for (track_id, of, opened_use, where, at) in opened
        if (track_id, of, opened_use, where) == (track.track_id, right, use, country)
        and at > instant
    )
    if why is Why.NO_LICENCE:
        assert not about
    elif why is Why.USE:
        assert about
        assert not with_use
    elif why is Why.TERRITORY:
        assert with_use
        assert not there
    elif why is Why.NOT_YET:
        assert opens_at == later[0]
    else:
        assert why is Why.ENDED
        assert there
        assert not later


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(licences=drawn_licences(), seed=st.integers(0, 9))
def test_coverage_says_yes_exactly_where_the_oracle_does(licences: list[Drawn], seed: int) -> None:
    instants = instants_of(licences)
    opened = open_everything(licences, SHELVES, instants)
    terms = [licence.terms(number, SHELVES) for number, licence in enumerate(licences)]
    shuffled = random.Random(seed).sample(terms, len(terms))
    compiled = CompiledCoverage(terms)
    for asked in product(SHELVES, Use, ASKED, instants):
        track, use, country, instant = asked
        answer, other = (
            cover(track=track, use=use, territory=country, instant=instant, licences=rows)
            for rows in (terms, shuffled)
        )
        assert answer == other, "the answer depends on the order of rows"
        assert answer == compiled.cover(track=track, use=use, territory=country, instant=instant), (
            "compiled, it is another answer"
        )
        assert_answer_is_true(answer, asked, opened, terms)


@given(licences=drawn_licences(), country=st.sampled_from([None, "", "XX", "de", "EU", "World"]))
def test_a_country_that_cannot_be_told_is_never_covered(
    licences: list[Drawn], country: str | None
) -> None:
    terms = [licence.terms(number, SHELVES) for number, licence in enumerate(licences)]
    for track, use in product(SHELVES, Use):
        answer = cover(track=track, use=use, territory=country, instant=DAYS[2], licences=terms)
        assert not isinstance(answer, Covered)
        assert answer.why is Why.TERRITORY_UNKNOWN


@settings(max_examples=300)
@given(licences=drawn_licences())
def test_the_narrowest_licence_speaks(licences: list[Drawn]) -> None:
    terms = [licence.terms(number, SHELVES) for number, licence in enumerate(licences)]
    breadth = ["track", "release", "label", "whole"]
    for track, country in product(SHELVES, ASKED):
        answer = cover(
            track=track, use=Use.DOWNLOAD, territory=country, instant=DAYS[2], licences=terms
        )
        if not isinstance(answer, Covered):
            continue
        for chosen in (answer.recording, answer.work):
            rivals = [
                one
                for one in terms
                if one.right is chosen.right
                and track.belongs_to(one.repertoire)
                and cover_alone(one, track, Use.DOWNLOAD, country, DAYS[2])
            ]
            narrowest = min(breadth.index(one.repertoire.kind) for one in rivals)
            assert breadth.index(chosen.repertoire.kind) == narrowest


def test_worldwide_is_every_country_and_all_but_is_the_rest() -> None:
    assert len(COUNTRIES) == 249
    named = ",".join(NAMED)
    only, rest = TerritorySet.parse(named), TerritorySet.parse(f"all-but {named}")
    for country in COUNTRIES:
        assert country in TerritorySet.worldwide()
        assert (country in only) != (country in rest)


@pytest.mark.django_db
@settings(
    max_examples=24,
    # Shrinking here would take minutes; the rule's own test above shrinks the same sets.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(licences=drawn_licences())
def test_what_the_database_lists_is_what_the_oracle_opens(
    licences: list[Drawn], stocked: tuple[TrackRef, ...]
) -> None:
    instants = instants_of(licences)
    opened = open_everything(licences, stocked, instants)
    with transaction.atomic():
        terms = [record(licence, number, stocked) for number, licence in enumerate(licences)]
        for use, country, instant in product([Use.DOWNLOAD, Use.PREVIEW], ASKED, instants):
            answers = list_coverage(tracks=stocked, use=use, territory=country, instant=instant)
            assert answers.keys() == {track.track_id for track in stocked}
            for track in stocked:
                asked = (track, use, country, instant)
                assert_answer_is_true(answers[track.track_id], asked, opened, terms)
        transaction.set_rollback(True)


@pytest.fixture
def stocked(db: None) -> tuple[TrackRef, ...]:
    """The shelves of `SHELVES`, in the database."""
    assemble(licences=())
    stock_release("Jigs", ("A", "B"), label="Harbour")
    stock_release("Airs", ("C",), label="Harbour")
    return tuple(
        TrackRef(track.pk, track.release_id, track.release.label_id)
        for track in Track.objects.select_related("release").order_by("pk")
    )


def record(licence: Drawn, number: int, shelves: tuple[TrackRef, ...]) -> LicenceTerms:
    """Grant a drawn licence for real, end it where it was drawn so; its terms."""
    terms = licence.terms(number, shelves)
    row = operations.grant(
        terms=operations.Grant(
            number=terms.number,
            licensor=terms.licensor,
            licensor_kind="society",
            right=terms.right,
            repertoire=terms.repertoire,
            uses=terms.uses,
            territories=terms.territories,
            starts=LocalTime.of(licence.starts),
            ends=LocalTime.of(licence.ends) if licence.ends else None,
            tariff=terms.tariff,
            document_reference=terms.document_reference,
        ),
        granted_by=None,
        now=OPENED,
    ).licence
    if licence.ended is not None:
        operations.change(
            number=terms.number,
            kind=ChangeKind.ENDED,
            reason="drawn",
            effective_at=licence.ended,
            recorded_by=None,
            now=licence.ended,
        )
    return replace(terms, id=row.pk)
