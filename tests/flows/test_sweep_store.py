"""What is forgotten, and what is not."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from pennywhistle.adapters.storage import working
from pennywhistle.adapters.storage.arriving import TEMPORARY_PREFIX
from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.sweep_store import ARRIVALS_LAST, QUOTES_KEPT, sweep_store
from pennywhistle.shop.sales.models import Quote
from pennywhistle.shop.sales.rules import QUOTE_LASTS
from tests.cast import NOW, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def outfit(tmp_path: Path) -> Outfit:
    """Empty stores."""
    return Outfit(
        masters=MasterStore(tmp_path / "masters"),
        covers=CoverStore(tmp_path / "covers"),
        booklets=BookletStore(tmp_path / "booklets"),
        renditions=RenditionCache(tmp_path / "renditions"),
        working_folder=tmp_path / "encoding",
        gateways={},
    )


def test_an_offer_is_kept_while_it_stands_and_a_while_after(cast: Cast, outfit: Outfit) -> None:
    quote(cast)
    last_kept = NOW + QUOTE_LASTS + QUOTES_KEPT
    for instant in (NOW, NOW + QUOTE_LASTS, last_kept):
        sweep_store(outfit=outfit, now=instant)
        assert Quote.objects.count() == 1
    sweep_store(outfit=outfit, now=last_kept + timedelta(microseconds=1))
    assert not Quote.objects.exists()


def test_what_crashes_left_is_removed_wherever_it_lies(
    cast: Cast, outfit: Outfit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "NEW_LASTS_SECONDS_MAX", 0)
    long_ago = (NOW - ARRIVALS_LAST).timestamp() - 1
    left = [
        tmp_path / store / "ab" / "cd" / f"{TEMPORARY_PREFIX}1"
        for store in ("masters", "covers", "booklets")
    ]
    left.append(tmp_path / "encoding" / f"{working.WORKING_PREFIX}1" / "audio")
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half of it")
        os.utime(path, (long_ago, long_ago))
    sweep_store(outfit=outfit, now=NOW)
    assert [path for path in left if path.exists()] == []
    assert list((tmp_path / "encoding").iterdir()) == []


def test_what_was_bought_is_never_forgotten(cast: Cast, outfit: Outfit) -> None:
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    sweep_store(outfit=outfit, now=NOW + timedelta(days=4_000))
    assert Quote.objects.count() == 1
