"""CISAC's groups: what this house's table says, against the table that is published."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit import tis
from pennywhistle.kit.territory import (
    COUNTRIES,
    TerritorySet,
    UnknownCountryError,
    check_territory,
    countries_in,
)

# The day by which members that have left are left out.
DAY = date(2024, 12, 1)

Members = dict[str, set[str]]


def published() -> Path:
    """Where the published tables lie. They are read as data: their code takes the clock of today."""
    spec = find_spec("music_metadata.territories")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def rows_of(name: str) -> Iterator[list[str]]:
    with (published() / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def holds(since: str, until: str) -> bool:
    def day(text: str) -> date:
        return date(*(int(part) for part in reversed(text.split("."))))

    return (not since or day(since) <= DAY) and (not until or day(until) >= DAY)


def read_groups() -> Members:
    """Every group's countries, by the group's number, read from the published tree."""
    groups: Members = {}
    above: list[tuple[int, str, bool]] = []
    for level, number, exists, gone, kind, letters, _, since, until, _ in rows_of("tree.csv"):
        while above and above[-1][0] >= int(level):
            above.pop()
        lives = holds(exists, gone) and holds(since, until)
        if kind == "COUNTRY":
            if lives and all(each[2] for each in above):
                for _, group, _ in above:
                    groups[group].add(letters)
        else:
            groups.setdefault(number, set())
            above.append((int(level), number, lives))
    return groups


def test_every_group_has_the_countries_that_are_published() -> None:
    groups = read_groups()
    assert len(groups) == len(tis.GROUPS) == 36
    for number, members in groups.items():
        assert tis.GROUPS[tis.NUMBERS[number]] == members, number


def test_every_number_is_the_country_or_the_group_that_is_published() -> None:
    said = {
        row[0].zfill(4): row[5]
        for row in rows_of("list.csv")
        if holds(row[1], row[2]) and holds(row[7], row[8])
    }
    assert said == tis.NUMBERS


def test_the_two_worlds_differ_by_what_iso_lists_beside_countries() -> None:
    iso, cisac = TerritorySet.parse("Worldwide"), TerritorySet.parse("2WL")
    assert len(iso.countries) == 249
    assert len(cisac.countries) == 201
    assert cisac.countries < iso.countries
    assert {"GL", "JE", "AW", "GI"} <= iso.countries - cisac.countries
    assert TerritorySet.parse("2136").countries == cisac.countries


def test_who_left_a_union_is_not_in_it() -> None:
    assert "GB" not in TerritorySet.parse("2EN")
    assert "HR" in TerritorySet.parse("2EN")
    assert "GB" in TerritorySet.parse("2EU")


codes = st.sampled_from(sorted({*COUNTRIES, *tis.GROUPS, *tis.NUMBERS}))
steps = st.lists(st.tuples(st.booleans(), codes), min_size=1, max_size=8)


def brute(written: list[tuple[bool, str]]) -> set[str]:
    """Country by country: the last code that names it decides."""

    def names(code: str, country: str) -> bool:
        meant = tis.NUMBERS.get(code, code)
        return country == meant or country in tis.GROUPS.get(meant, ())

    return {
        country
        for country in COUNTRIES
        if next((adds for adds, code in reversed(written) if names(code, country)), False)
    }


@given(written=steps)
def test_the_last_code_that_names_a_country_decides(written: list[tuple[bool, str]]) -> None:
    text = " ".join(("+" if adds else "-") + code for adds, code in written)
    expected = brute(written)
    if not expected:
        with pytest.raises(ValueError, match="at least one country"):
            TerritorySet.parse(text)
        return
    found = TerritorySet.parse(text)
    assert found.countries == expected
    assert TerritorySet.parse(str(found)) == found, "what is written reads back"


@given(include=st.lists(codes, min_size=1), exclude=st.lists(codes, min_size=1))
def test_in_words_it_is_the_same_as_in_signs(include: list[str], exclude: list[str]) -> None:
    signs = [*((True, code) for code in include), *((False, code) for code in exclude)]
    if expected := brute(signs):
        said = TerritorySet.parse(f"{','.join(include)} but {' '.join(exclude)}".lower())
        assert said.countries == expected


@pytest.mark.parametrize("code", sorted(tis.FORMER))
def test_a_country_that_is_no_more_takes_away_what_is_there_now_and_opens_nothing(
    code: str,
) -> None:
    with pytest.raises(UnknownCountryError, match="is no more; name what you mean of"):
        TerritorySet.parse(code)
    assert TerritorySet.parse(f"all-but {code}").missing == tis.FORMER[code]
    assert countries_in(code) == frozenset()


def test_a_number_may_be_written_with_fewer_digits() -> None:
    assert check_territory("40") == check_territory("0040") == "0040"
    assert countries_in("40") == {"AT"}


@pytest.mark.parametrize(
    "text",
    [
        "2XX",
        "0999",
        "2EU and DE",
        "DE but",
        "but DE",
        "all-but 2EU but DE",
        "DE plus FR",
        "x" * 1501,
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        TerritorySet.parse(text)


def test_what_was_expanded_by_older_tables_stays_as_it_was() -> None:
    older = TerritorySet.kept(written="2EN", countries="DE,GB", tables="TIS of old")
    assert "GB" in older
    assert "FR" not in older
    assert str(older) == "2EN"
    with pytest.raises(UnknownCountryError):
        TerritorySet.kept(written="2EN", countries="nowhere", tables="TIS of old")
