"""Sets of countries, as contracts write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.territory import (
    COUNTRIES,
    TerritorySet,
    UnknownCountryError,
    check_country,
)

countries = st.sampled_from(sorted(COUNTRIES))
lists = st.sets(countries, min_size=1)
territory_sets = st.one_of(
    st.just(TerritorySet.worldwide()),
    lists.map(TerritorySet.only),
    lists.map(TerritorySet.all_but),
)


@given(territories=territory_sets)
def test_what_is_written_reads_back(territories: TerritorySet) -> None:
    assert TerritorySet.parse(str(territories)) == territories


@given(territories=territory_sets, country=countries)
def test_reading_is_not_fussy_about_case_and_commas(
    territories: TerritorySet, country: str
) -> None:
    sloppy = TerritorySet.parse(f"  {str(territories).lower().replace(',', ' ,  ')} ")
    assert (country in sloppy) == (country in territories)


@given(listed=lists)
def test_only_and_all_but_divide_the_world(listed: set[str]) -> None:
    only, rest = TerritorySet.only(listed), TerritorySet.all_but(listed)
    assert {country for country in COUNTRIES if country in only} == listed
    assert {country for country in COUNTRIES if country in rest} == COUNTRIES - listed


@pytest.mark.parametrize("code", ["XX", "UK", "EU", "", "DEU", "World"])
def test_what_iso_does_not_assign_is_in_no_set(code: str) -> None:
    assert code not in TerritorySet.worldwide()
    assert code not in TerritorySet.all_but(["DE"])
    with pytest.raises(UnknownCountryError):
        check_country(code)


@pytest.mark.parametrize("text", ["", "all-but", "worldwide DE", "DE,XX", "all-but all-but"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        TerritorySet.parse(text)
