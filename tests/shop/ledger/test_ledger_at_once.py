"""Many post at once, on connections of their own: nobody waits for one who waits for them, nothing
is lost, and what is pending is settled once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.operations import open_accounts, post
from pennywhistle.shop.ledger.queries import get_available, get_balance, sum_movements
from pennywhistle.shop.ledger.rules import (
    NewAccount,
    OverdrawnError,
    Phase,
    SettledError,
    TransferFacts,
)
from tests.cast import NOW, euros

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 12
POSTINGS = 12
PATIENCE_SECONDS = 120
# So long the first leaves the second to come as far as it does.
STEP_SECONDS = 0.5
WALLETS = tuple(f"wallet/{letter}" for letter in "abcd")


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Four wallets of one euro each."""
    guarded = [NewAccount(code, "EUR", "liability", is_guarded=True) for code in WALLETS]
    open_accounts(accounts=[*guarded, NewAccount("bank", "EUR", "asset")])
    with transaction.atomic():
        post(transfers=[facts(f"fill/{code}", "bank", code, euros("1")) for code in WALLETS])


def facts(key: str, debit: str, credit: str, amount: Money) -> TransferFacts:
    return TransferFacts(key, debit, credit, amount, "test", "test", NOW)


def leg(key: str, chance: random.Random, codes: Sequence[str]) -> TransferFacts:
    """Up to 0.40 between two of these accounts."""
    debit, credit = chance.sample(codes, 2)
    return facts(key, debit, credit, Money(chance.randint(1, 400_000), "EUR"))


def at_once(work: Callable[[int], object]) -> Counter[str]:
    """Run it on many threads; how each ended: `done`, or its error's name."""
    ends: Counter[str] = Counter()
    start = threading.Barrier(WRITERS)

    def run(number: int) -> None:
        end = "done"
        try:
            start.wait(PATIENCE_SECONDS)
            work(number)
        except Exception as error:  # noqa: BLE001 - told to the test by its name
            end = type(error).__name__
        finally:
            connection.close()
        ends[end] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return ends


def post_at_random(number: int) -> None:
    """Legs between the wallets in any direction, some pending and settled later."""
    chance = random.Random(number)
    for turn in range(POSTINGS):
        legs = [leg(f"{number}/{turn}/{place}", chance, WALLETS) for place in range(3)]
        legs[0] = replace(legs[0], phase=chance.choice([Phase.POSTED, Phase.PENDING]))
        try:
            with transaction.atomic():
                post(transfers=legs)
        except OverdrawnError:
            continue
        if legs[0].phase is Phase.PENDING:
            end = chance.choice([Phase.POSTS, Phase.VOIDS])
            key = legs[0].key
            with transaction.atomic():
                post(transfers=[replace(legs[0], key=f"{key}/end", phase=end, settles_key=key)])


@pytest.mark.usefixtures("filled")
def test_postings_in_every_direction_at_once_neither_lock_up_nor_lose_anything() -> None:
    assert at_once(post_at_random) == {"done": WRITERS}
    assert Transfer.objects.count() > WRITERS
    balances = [get_balance(code=code, currency="EUR") for code in WALLETS]
    assert Money.total(balances, "EUR") == euros("4")
    for code, balance in zip(WALLETS, balances, strict=True):
        assert balance == sum_movements(code=code, currency="EUR")
        assert balance == get_available(code=code, currency="EUR") >= euros("0")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("credit", ["wallet/a", "bank"])
def test_what_many_settle_at_once_is_settled_by_one(credit: str) -> None:
    debit = "wallet/b" if credit == "bank" else "bank"
    waits = replace(facts("waits", debit, credit, euros("0.50")), phase=Phase.PENDING)
    with transaction.atomic():
        post(transfers=[waits])

    def settle(number: int) -> None:
        phase = Phase.POSTS if number % 2 else Phase.VOIDS
        with transaction.atomic():
            post(transfers=[replace(waits, key=f"{number}", phase=phase, settles_key="waits")])

    assert at_once(settle) == {"done": 1, SettledError.__name__: WRITERS - 1}


def test_accounts_that_many_open_at_once_are_opened_once() -> None:
    new = [NewAccount(f"royalties/{number}/EUR", "EUR", "liability") for number in range(5)]

    def work(number: int) -> None:
        chance = random.Random(number)
        with transaction.atomic():
            open_accounts(accounts=chance.sample(new, 4))
            codes = [account.code for account in new]
            legs = [leg(f"{number}/{place}", chance, codes) for place in range(3)]
            post(transfers=legs, opening=new)

    assert at_once(work) == {"done": WRITERS}
    assert Transfer.objects.count() == 3 * WRITERS


def test_two_who_open_in_steps_and_in_other_orders_do_not_wait_for_each_other(
    transactional_db: None,
) -> None:
    """The first has opened `b` when the second wants both; only then the first wants `a`."""
    a, b = (NewAccount(f"royalties/{letter}/EUR", "EUR", "liability") for letter in "ab")
    opened = threading.Event()
    ends: list[str] = []

    def first() -> None:
        with transaction.atomic():
            open_accounts(accounts=[b])
            opened.set()
            time.sleep(STEP_SECONDS)
            open_accounts(accounts=[a])

    def second() -> None:
        assert opened.wait(PATIENCE_SECONDS)
        with transaction.atomic():
            open_accounts(accounts=[a, b])

    def run(work: Callable[[], None]) -> None:
        try:
            work()
            ends.append("done")
        except DatabaseError as error:
            ends.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert ends == ["done", "done"]
    assert Account.objects.filter(code__in=[a.code, b.code]).count() == 2
