from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from stdnum import ean, isrc

from pennywhistle.demo.catalogue import (
    LABELS,
    LICENCES,
    LICENSORS,
    RELEASES,
    DemoLicence,
    DemoRelease,
    DemoTrack,
)
from pennywhistle.demo.covers import COVERS
from pennywhistle.demo.tunes import TUNES
from pennywhistle.kit.territory import COUNTRIES, TerritorySet

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TRACKS = [(release, track) for release in RELEASES for track in release.tracks]
SHOWN_BUT_NOT_SOLD = {"Over the Firth", "The King of the Fairies"}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def covers(licence: DemoLicence, release: DemoRelease, track: DemoTrack) -> bool:
    return (licence.repertoire_kind, licence.repertoire) in {
        ("whole", ""),
        ("label", release.label),
        ("release", release.upc),
        ("track", track.isrc),
    }


def rights(
    release: DemoRelease, track: DemoTrack, *, use: str, country: str, at: datetime
) -> set[str]:
    """The rights that are licensed, worked out here the long way round."""
    return {
        licence.right
        for licence in LICENCES
        if covers(licence, release, track)
        and use in licence.uses
        and country in TerritorySet.parse(licence.territories)
        and instant(licence.starts) <= at
        and (licence.ends is None or at < instant(licence.ends))
    }


def test_there_is_enough_to_fill_a_shop() -> None:
    assert len(LABELS) == 2
    assert len(RELEASES) >= 4
    assert len({release.artist for release in RELEASES}) >= 3
    assert len(TRACKS) >= 20
    assert {release.label for release in RELEASES} == {label.name for label in LABELS}


def test_every_number_is_well_formed_and_given_once() -> None:
    upcs = [release.upc for release in RELEASES]
    isrcs = [track.isrc for _, track in TRACKS]
    assert all(len(upc) == 12 and upc[0] == "2" and ean.is_valid(upc) for upc in upcs)
    assert all(isrc.is_valid(number) for number in isrcs)
    assert len(set(upcs)) == len(upcs)
    assert len(set(isrcs)) == len(isrcs)


def test_every_release_names_a_cover_and_every_track_a_tune_of_its_own() -> None:
    assert {release.cover for release in RELEASES} == set(COVERS)
    tunes = [track.tune for _, track in TRACKS]
    assert len(set(tunes)) == len(tunes)
    assert set(tunes) == set(TUNES)
    for _, track in TRACKS:
        assert track.composer == TUNES[track.tune].composer


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.title)
def test_the_lines_of_a_release_carry_its_year(release: DemoRelease) -> None:
    year = str(date.fromisoformat(release.date).year)
    assert release.p_line.startswith(f"℗ {year} ")
    assert release.c_line.startswith(f"© {year} ")


def test_every_licence_is_of_a_known_licensor_and_can_be_read() -> None:
    names = {licensor.name for licensor in LICENSORS}
    references = {""} | {label.name for label in LABELS}
    references |= {release.upc for release in RELEASES} | {track.isrc for _, track in TRACKS}
    for licence in LICENCES:
        assert licence.licensor in names
        assert licence.repertoire in references
        assert 0 < Fraction(licence.rate) < 1
        assert instant(licence.starts).tzinfo is not None
        assert licence.ends is None or instant(licence.ends) > instant(licence.starts)
        assert licence.document_reference


@pytest.mark.parametrize("use", ["DOWNLOAD", "PREVIEW"])
@pytest.mark.parametrize("country", ["DE", "GB", "IE", "US", "AU", "CA", "BR", "ZA"])
def test_all_but_the_two_meant_to_be_unsold_can_be_sold_now(use: str, country: str) -> None:
    for release, track in TRACKS:
        sold = rights(release, track, use=use, country=country, at=NOW) == {"RECORDING", "WORK"}
        assert sold == (release.title not in SHOWN_BUT_NOT_SOLD), track.title


def test_salt_on_the_sill_is_closed_in_two_countries_alone() -> None:
    release = next(release for release in RELEASES if release.title == "Salt on the Sill")
    for track in release.tracks:
        closed = {
            country
            for country in COUNTRIES
            if rights(release, track, use="DOWNLOAD", country=country, at=NOW)
            != {"RECORDING", "WORK"}
        }
        assert closed == {"FR", "JP"}


@pytest.mark.parametrize(
    ("title", "sold_at", "not_sold_at"),
    [
        ("Over the Firth", "2025-12-30T23:59:59Z", "2025-12-31T00:00:00Z"),
        ("The King of the Fairies", "2027-03-01T00:00:00Z", "2027-02-28T23:59:59Z"),
    ],
)
def test_a_licence_ends_and_another_has_yet_to_start(
    title: str, sold_at: str, not_sold_at: str
) -> None:
    release = next(release for release in RELEASES if release.title == title)
    for track in release.tracks:
        for text, wanted in ((sold_at, {"RECORDING", "WORK"}), (not_sold_at, {"WORK"})):
            at = instant(text)
            assert rights(release, track, use="DOWNLOAD", country="IE", at=at) == wanted


def test_no_two_licences_let_the_same_right_be_sold_in_one_place() -> None:
    for release, track in TRACKS:
        for country in COUNTRIES:
            speaking = [
                licence.right
                for licence in LICENCES
                if covers(licence, release, track)
                and "DOWNLOAD" in licence.uses
                and country in TerritorySet.parse(licence.territories)
            ]
            assert len(speaking) == len(set(speaking))
