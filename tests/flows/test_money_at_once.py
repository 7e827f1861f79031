"""Many at once, on threads with connections of their own: nothing is lost and nothing counts twice."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.db import connection

from pennywhistle.adapters.gateways.interface import Card
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.rules import Phase
from pennywhistle.shop.library.models import OwnedItem
from pennywhistle.shop.payments.codes.rules import VoucherRefusedError
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import PaymentEvent
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.rules import AlreadyOwnedError, NotEnoughMoneyError
from tests.cast import NOW, PASSWORD, Cast, assemble, euros, fill_wallet, quote

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 16
CROWD = 64
PATIENCE_SECONDS = 60


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


def at_once(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    """Run `calls` on a thread each, released together; how each ended: `done`, or its error's name."""
    ends: Counter[str] = Counter()
    start = threading.Barrier(len(calls))

    def work(call: Callable[[], object]) -> None:
        end = "done"
        try:
            start.wait(PATIENCE_SECONDS)
            call()
        except Exception as error:  # noqa: BLE001 - told to the test by its name
            end = type(error).__name__
        finally:
            connection.close()
        ends[end] += 1

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert sum(ends.values()) == len(calls)
    return ends


def balance(person: Person) -> Money:
    return get_wallet_balance(person_id=person.pk, currency="EUR")


def assert_books_balance() -> None:
    assert verify_books().findings == ()


def test_a_wallet_that_affords_one_song_buys_one(cast: Cast) -> None:
    single = [BasketItem("track", track_id, "mp3-192") for track_id in cast.track_ids]
    offers = [quote(cast, single[number % 3]) for number in range(CROWD)]
    fill_wallet(cast.alice, f"{offers[0].total.decimal:.2f}")
    ends = at_once(
        [
            lambda offer=offer: buy_basket(  # type: ignore[misc]
                quote_id=offer.id, person_id=cast.alice.pk, now=NOW
            )
            for offer in offers
        ]
    )
    assert ends["done"] == 1
    assert set(ends) <= {"done", NotEnoughMoneyError.__name__, AlreadyOwnedError.__name__}
    assert balance(cast.alice) == euros("0")
    assert OwnedItem.objects.count() == Purchase.objects.count() == 1
    assert_books_balance()


def test_one_song_offered_many_times_is_bought_once_by_one_person(cast: Cast) -> None:
    fill_wallet(cast.alice, "50.00")
    offers = [quote(cast) for _ in range(BUYERS)]
    ends = at_once(
        [
            lambda offer=offer: buy_basket(  # type: ignore[misc]
                quote_id=offer.id, person_id=cast.alice.pk, now=NOW
            )
            for offer in offers
        ]
    )
    assert ends == {"done": 1, AlreadyOwnedError.__name__: BUYERS - 1}
    assert balance(cast.alice) == euros("50.00") - offers[0].total
    assert_books_balance()


def test_one_quote_bought_many_times_is_one_purchase(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast)
    ends = at_once(
        [lambda: buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)] * BUYERS
    )
    assert ends == {"done": BUYERS}
    assert Purchase.objects.count() == 1
    assert balance(cast.alice) == euros("5.00") - offer.total
    assert_books_balance()


def test_many_buyers_with_their_own_money_all_buy(cast: Cast) -> None:
    people = [
        create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD)
        for _ in range(CROWD)
    ]
    for person in people:
        fill_wallet(person, "5.00")
    offers = [quote(cast, person=person) for person in people]
    ends = at_once(
        [
            lambda person=person, offer=offer: buy_basket(  # type: ignore[misc]
                quote_id=offer.id, person_id=person.pk, now=NOW
            )
            for person, offer in zip(people, offers, strict=True)
        ]
    )
    assert ends == {"done": CROWD}
    assert OwnedItem.objects.count() == 3 * CROWD
    for person, offer in zip(people, offers, strict=True):
        assert balance(person) == euros("5.00") - offer.total
    assert_books_balance()


def test_a_voucher_redeemed_by_many_is_worth_its_money_once(cast: Cast) -> None:
    issue_vouchers(codes=["ONCE"], batch="once", amount=euros("5.00"), now=NOW)
    ends = at_once(
        [
            lambda person=person: redeem_voucher(  # type: ignore[misc]
                code="ONCE", person_id=person.pk, domain="testserver", now=NOW
            )
            for person in [cast.alice, cast.bob] * 4
        ]
    )
    assert ends == {"done": 4, VoucherRefusedError.__name__: 4}
    assert balance(cast.alice) + balance(cast.bob) == euros("5.00")
    assert_books_balance()


def test_one_top_up_sent_many_times_is_charged_and_credited_once(
    cast: Cast, tmp_path: Path
) -> None:
    gateway, top_up_id = SandboxGateway(tmp_path), new_id(now=NOW)
    ends = at_once(
        [
            lambda: top_up_wallet(
                top_up_id=top_up_id,
                person_id=cast.alice.pk,
                amount=euros("10.00"),
                card=Card("4242424242424242"),
                gateway=gateway,
                now=NOW,
            )
        ]
        * 8
    )
    assert ends == {"done": 8}
    assert balance(cast.alice) == euros("10.00")
    assert {path.stem for path in tmp_path.iterdir()} == {str(top_up_id)}
    assert PaymentEvent.objects.count() == Transfer.objects.filter(phase=Phase.POSTS).count() == 1
    assert_books_balance()


def test_the_books_are_counted_as_of_one_instant_while_the_shop_sells(cast: Cast) -> None:
    people = [
        create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD)
        for _ in range(BUYERS)
    ]
    for person in people:
        fill_wallet(person, "5.00")
    offers = [quote(cast, person=person) for person in people]
    sold = threading.Event()
    findings: list[object] = []

    def sell() -> None:
        try:
            for person, offer in zip(people, offers, strict=True):
                buy_basket(quote_id=offer.id, person_id=person.pk, now=NOW)
        finally:
            sold.set()

    def count() -> None:
        period = month_period("2026-11")
        while not sold.is_set():
            findings.extend(verify_books().findings)
            issue_statement(licensor_name="Meridian Society", period=period, now=NOW)

    assert at_once([sell, count]) == {"done": 2}
    assert findings == []
