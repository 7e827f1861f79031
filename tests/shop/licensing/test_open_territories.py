"""Where a track is open says the same as asking for coverage country by country."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.territory import COUNTRIES, TerritorySet
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    Use,
    cover,
    open_territories,
)

TRACK = TrackRef(track_id=1, release_id=2, label_id=3)
DAYS = [datetime(2026, 6, day, tzinfo=UTC) for day in (1, 2, 3)]

repertoires = st.sampled_from(
    [
        Repertoire("whole"),
        Repertoire("label", 3),
        Repertoire("release", 2),
        Repertoire("track", 1),
        Repertoire("label", 1),
    ]
)
lists = st.sets(st.sampled_from(["DE", "FR", "JP"]), min_size=1)
territory_sets = st.one_of(
    st.just(TerritorySet.worldwide()),
    lists.map(TerritorySet.only),
    lists.map(TerritorySet.all_but),
)
licences = st.builds(
    LicenceTerms,
    id=st.integers(1, 9),
    number=st.just("L"),
    licensor_id=st.just(1),
    licensor=st.just("Who"),
    right=st.sampled_from(Right),
    repertoire=repertoires,
    uses=st.sets(st.sampled_from(Use), min_size=1).map(frozenset),
    territories=territory_sets,
    starts_at=st.sampled_from(DAYS),
    ends_at=st.none() | st.sampled_from(DAYS),
    tariff=st.just(TariffTerms("T", 1, Fraction(1, 10), "gross")),
    document_reference=st.just("paper"),
)


@given(st.lists(licences, max_size=6), st.sampled_from(DAYS))
def test_a_track_is_open_in_exactly_the_countries_where_it_is_covered(
    known: list[LicenceTerms], instant: datetime
) -> None:
    found = open_territories(track=TRACK, use=Use.DOWNLOAD, instant=instant, licences=known)
    assert set(found) == set(Right)
    both = found[Right.RECORDING] & found[Right.WORK]
    for country in COUNTRIES:
        answer = cover(
            track=TRACK, use=Use.DOWNLOAD, territory=country, instant=instant, licences=known
        )
        assert (country in both) == isinstance(answer, Covered)
