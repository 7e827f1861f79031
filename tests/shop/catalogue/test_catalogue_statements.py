"""The statement that is written out gives what the composed queries give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries

from pennywhistle.shop.catalogue.models import Release, Track
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.library.queries import get_owned_file
from pennywhistle.shop.library.rules import NotInLibraryError
from tests.stocked_shop import StockedShop, stock_shop


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


@pytest.mark.parametrize("released_on", [date(2026, 11, 20), None])
def test_a_file_of_the_library_is_made_of_the_track_as_the_catalogue_tells_it(
    shop: StockedShop,
    django_assert_num_queries: DjangoAssertNumQueries,
    released_on: date | None,
) -> None:
    (item_id,) = shop.sell("flac")
    Track.objects.filter(pk=shop.track_id).update(lyrics="One\nTwo", musicbrainz_recording_id="a-b")
    loud = {"loudness_lufs": -14.5, "true_peak_dbtp": -1.0}
    Release.objects.update(released_on=released_on, **loud)
    with django_assert_num_queries(1):
        owned = get_owned_file(item_id=item_id)
    track = get_track(track_id=shop.track_id)
    assert (owned.person_id, owned.recipe) == (shop.cast.alice.pk, "flac")
    assert owned.track == replace(track, master=replace(track.master, peaks=b""))
    assert owned.track.master.measured


@pytest.mark.django_db
def test_what_no_library_holds_is_told_so() -> None:
    with pytest.raises(NotInLibraryError, match="no library holds an item 17"):
        get_owned_file(item_id=17)
