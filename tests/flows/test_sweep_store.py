"""What is forgotten, and what is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.sweep_store import QUOTES_KEPT, sweep_store
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


def test_what_was_bought_is_never_forgotten(cast: Cast, outfit: Outfit) -> None:
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    sweep_store(outfit=outfit, now=NOW + timedelta(days=4_000))
    assert Quote.objects.count() == 1
