"""A sale under way while a licence of it ends, from two connections: none is dated at or after the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.operations import store_purchase
from pennywhistle.shop.sales.rules import NotForSaleError, QuoteExpiredError
from pennywhistle.shop.sales.statements import hold_offer
from tests.cast import NOW, Cast, assemble, fill_wallet, quote

LATER = NOW + timedelta(seconds=1)
PATIENCE_SECONDS = 20
_WAITING = """
    SELECT count(*) FROM pg_stat_clear_snapshot(), pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(transactional_db: None) -> Cast:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    cast = assemble()
    fill_wallet(cast.alice, "5.00")
    return cast


class Beside:
    """Something that is done from a second connection, which has to wait for this one."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call, self._raised = call, list[Exception]()
        self._thread = threading.Thread(target=self._work)

    def start(self) -> None:
        """Begin it, and see it wait."""
        self._thread.start()
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not _somebody_waits():
            assert self._thread.is_alive(), "it did not wait"
            assert time.monotonic() < give_up_at, "nobody waits"
            time.sleep(0.01)

    def end(self) -> list[Exception]:
        """What it raised, once it has ended."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return self._raised

    def _work(self) -> None:
        try:
            self._call()
        except Exception as error:  # noqa: BLE001 - told to the test
            self._raised.append(error)
        finally:
            connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


def test_a_licence_ends_behind_a_sale_that_was_under_way(ready: Cast) -> None:
    offer_id = quote(ready, BasketItem("track", ready.track_ids[0], "mp3-192")).id
    ending = Beside(lambda: end_licence(number="LAN-1", reason="gone", now=NOW))
    with transaction.atomic():
        offer = hold_offer(quote_id=offer_id, now=LATER)
        assert offer is not None
        ending.start()
        store_purchase(offer=offer, now=LATER)
    assert ending.end() == []
    assert Purchase.objects.get().purchased_at == LATER
    other = BasketItem("track", ready.track_ids[1], "mp3-192")
    assert quote(ready, other, now=LATER).lines
    with pytest.raises(NotForSaleError):
        quote(ready, other, now=LATER + timedelta(microseconds=1))


def test_a_sale_waits_for_an_end_that_is_under_way_and_is_refused(ready: Cast) -> None:
    offer_id, alice = quote(ready).id, ready.alice.pk
    buying = Beside(lambda: buy_basket(quote_id=offer_id, person_id=alice, now=LATER))
    with transaction.atomic():
        end_licence(number="LAN-1", reason="gone", now=NOW)
        buying.start()
    (refusal,) = buying.end()
    assert isinstance(refusal, QuoteExpiredError)
    assert not Purchase.objects.exists()
