"""How much of a track may be heard: what the stricter of the two licences grants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.flows.grant_licence import grant_licence, parse_preview
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.queries import get_licence
from pennywhistle.shop.licensing.rules import (
    PREVIEW_SECONDS_LEAST,
    PREVIEW_SECONDS_MOST,
    Covered,
    LicenceTerms,
    LicensingError,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    Use,
    cover,
)
from tests.cast import NOW, OPENED, SOCIETY

TRACK = TrackRef(track_id=1, release_id=2, label_id=3)
# Two weeks into a period that every drawn licence runs in.
INSTANT = datetime(2026, 6, 15, tzinfo=UTC)

lengths = st.none() | st.integers(PREVIEW_SECONDS_LEAST, PREVIEW_SECONDS_MOST)


def licence(number: int, right: Right, kind: str, seconds: int | None) -> LicenceTerms:
    """One that opens previews everywhere, for ever."""
    aim = {"whole": None, "label": 3, "release": 2, "track": 1}[kind]
    return LicenceTerms(
        id=number,
        number=f"L-{number}",
        licensor_id=1,
        licensor="Licensor",
        right=right,
        repertoire=Repertoire(kind, aim),
        uses=frozenset({Use.PREVIEW}),
        territories=TerritorySet.worldwide(),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=None,
        tariff=TariffTerms("T", 1, Fraction(1, 10), "gross"),
        document_reference="drawn",
        preview_seconds=seconds,
    )


@st.composite
def licences(draw: st.DrawFn) -> list[LicenceTerms]:
    """Some for each right, at least one of each."""
    kinds = st.sampled_from(["whole", "label", "release", "track"])
    drawn = [
        (right, draw(kinds), draw(lengths))
        for right in Right
        for _ in range(draw(st.integers(1, 4)))
    ]
    return [licence(number, *each) for number, each in enumerate(drawn, start=1)]


def heard(of: list[LicenceTerms]) -> int | None:
    """What coverage says of the preview."""
    answer = cover(track=TRACK, use=Use.PREVIEW, territory="DE", instant=INSTANT, licences=of)
    assert isinstance(answer, Covered)
    return answer.preview_seconds


@given(licences())
def test_a_preview_is_never_longer_than_either_licence_that_speaks_allows(
    drawn: list[LicenceTerms],
) -> None:
    answer = cover(track=TRACK, use=Use.PREVIEW, territory="DE", instant=INSTANT, licences=drawn)
    assert isinstance(answer, Covered)
    granted = {answer.recording.preview_seconds, answer.work.preview_seconds}
    if answer.preview_seconds is None:
        assert granted == {None}
    else:
        assert answer.preview_seconds in granted
        assert all(each is None or answer.preview_seconds <= each for each in granted)


@given(licences())
def test_the_order_of_licences_does_not_change_the_length(drawn: list[LicenceTerms]) -> None:
    assert heard(drawn) == heard(drawn[::-1])


@given(lengths, lengths)
def test_the_shorter_of_the_two_rights_counts(recording: int | None, work: int | None) -> None:
    both = [
        licence(1, Right.RECORDING, "track", recording),
        licence(2, Right.WORK, "whole", work),
    ]
    whole = PREVIEW_SECONDS_MOST + 1
    shorter = min(recording or whole, work or whole)
    assert heard(both) == (None if shorter == whole else shorter)


@given(st.integers(PREVIEW_SECONDS_LEAST, PREVIEW_SECONDS_MOST))
def test_a_length_is_read_as_it_is_written(seconds: int) -> None:
    assert parse_preview(f" {seconds} ") == seconds


@pytest.mark.parametrize("text", ["whole", " Whole ", "WHOLE"])
def test_whole_is_no_limit(text: str) -> None:
    assert parse_preview(text) is None


@pytest.mark.parametrize("text", ["", "0", "4", "3601", "-30", "30s", "half", "٣٠", "9" * 30])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(LicensingError, match="preview"):
        parse_preview(text)


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "seconds"), [("30", 30), ("90", 90), ("whole", None)])
def test_a_licence_keeps_its_preview(text: str, seconds: int | None) -> None:
    request = replace(SOCIETY, preview_seconds=text)
    grant_licence(request=request, granted_by=None, now=OPENED)
    assert get_licence(number=SOCIETY.number).terms.preview_seconds == seconds
    # The same again changes nothing; another length is another contract.
    grant_licence(request=request, granted_by=None, now=NOW)
    with pytest.raises(LicensingError, match="other terms"):
        grant_licence(request=replace(SOCIETY, preview_seconds="45"), granted_by=None, now=NOW)
