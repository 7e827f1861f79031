"""A work is one row, whatever the recordings of it are called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pennywhistle.shop.catalogue.models import Track, Work
from pennywhistle.shop.catalogue.operations import add_track
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack
from tests.cast import NOW, master

pytestmark = pytest.mark.django_db

RELEASE = NewRelease(title="Airs", artist="Ann Piper", label="Lantern")
TUNE = NewTrack("Si Bheag", "Ann Piper", 1, 1, composer="O'Carolan")


def add(number: int, **changes: str) -> Work:
    track = replace(TUNE, track_number=number, **changes)  # type: ignore[arg-type]
    _, track_id = add_track(release=RELEASE, track=track, master=master(str(number)), now=NOW)
    return Track.objects.get(pk=track_id).work


def test_an_iswc_that_comes_with_a_later_recording_is_kept() -> None:
    first = add(1)
    assert first.iswc is None
    assert add(2, iswc="T0702337161") == first
    assert Work.objects.get().iswc == "T0702337161"


def test_recordings_of_one_iswc_share_its_work_under_any_title() -> None:
    assert add(1, iswc="T0702337161") == add(2, iswc="T0702337161", title="Small Fairy Hill")
