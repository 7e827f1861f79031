"""What limits a top-up: its currency, cards that are declined, a wallet that is shut; and how long what
gateways wrote is kept."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.count_cards import TooManyCardsError
from pennywhistle.flows.hear_gateway import (
    deliver_pretended,
    forget_bodies,
    process_messages,
    replay,
)
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.record_payment_event import record_charge
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.settle_shortage import settle_shortage
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.payments.codes.tries import (
    CARD_ADDRESS_MISSES_FREE,
    CARD_MISSES_FREE,
    address_subject,
)
from pennywhistle.shop.payments.gateways.models import GatewayMessage
from pennywhistle.shop.payments.gateways.queries import list_messages
from pennywhistle.shop.payments.going_back.queries import list_disputes
from pennywhistle.shop.payments.going_back.rules import TopUpBeyondShortageError
from pennywhistle.shop.payments.queries import (
    find_wallet_currency,
    get_wallet_balance,
    list_other_wallets,
)
from pennywhistle.shop.payments.rules import OtherWalletError, PaymentError
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import TOP_UPS_A_DAY_MOST, TopUpOutOfRangeError
from tests.cast import NOW, PASSWORD, Cast, assemble, euros, quote
from tests.flows.test_money_at_once import at_once
from tests.till import DECIDED, Till

pytestmark = pytest.mark.django_db(transaction=True)

GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
DOLLARS = Money.parse("10.00", "USD")
HERE = address_subject(digest="one house")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def till(cast: Cast, tmp_path: Path) -> Till:
    return Till(SandboxGateway(tmp_path / "gateway"), cast.alice)


def pay(
    till: Till,
    card: str = GOOD,
    *,
    amount: Money | None = None,
    person: Person | None = None,
    at: datetime = NOW,
) -> TopUp:
    return top_up_wallet(
        top_up_id=new_id(now=at),
        person_id=(person or till.person).pk,
        amount=amount or euros("10.00"),
        card=Card(card),
        gateway=till.gateway,
        now=at,
        tried_from=[HERE],
    )


def test_yen_are_topped_up_by_the_hundred(till: Till) -> None:
    with pytest.raises(TopUpOutOfRangeError):
        pay(till, amount=Money.parse("99", "JPY"))
    assert pay(till, amount=Money.parse("500", "JPY")).state == "succeeded"


def test_who_tries_one_declined_card_after_the_other_has_to_wait(till: Till) -> None:
    for _ in range(CARD_MISSES_FREE):
        pay(till, DECLINED)
    with pytest.raises(TooManyCardsError):
        pay(till)
    assert pay(till, at=NOW + timedelta(minutes=2)).state == "succeeded"


def test_a_good_card_starts_no_wait_for_the_others_at_its_address(till: Till) -> None:
    crowd = [
        create_person(email=f"{number}@example.org", password=PASSWORD)
        for number in range(CARD_ADDRESS_MISSES_FREE)
    ]
    for person in crowd:
        pay(till, DECLINED, person=person)
    later = NOW + timedelta(minutes=2)
    for person in crowd:
        assert pay(till, person=person, at=later).state == "succeeded"
    pay(till, DECLINED, at=later)
    with pytest.raises(TooManyCardsError):
        pay(till, at=later)


def test_new_accounts_do_not_help_who_tries_cards_from_one_address(till: Till) -> None:
    for number in range(CARD_ADDRESS_MISSES_FREE):
        pay(till, DECLINED, person=create_person(email=f"{number}@example.org", password=PASSWORD))
    with pytest.raises(TooManyCardsError):
        pay(till)


def test_good_cards_count_as_no_tries_but_there_is_a_last_one_for_the_day(till: Till) -> None:
    for _ in range(TOP_UPS_A_DAY_MOST):
        pay(till, amount=euros("1.00"))
    with pytest.raises(PaymentError, match="tomorrow"):
        pay(till)
    pay(till, at=NOW + timedelta(days=2))


def test_a_shut_wallet_takes_no_more_than_it_lacks_and_opens_once_that_is_settled(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("2.00", card="lost")
    offer = quote(cast)
    spent = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW).total
    till.hear(till.dispute(top_up))
    till.hear(till.dispute(top_up, at=DECIDED))
    assert list_disputes()[0].shortage == spent
    with pytest.raises(TopUpBeyondShortageError) as refused:
        pay(till)
    # Less than the least top-up is missing, so that much is taken.
    assert refused.value.most == euros("1.00")
    pay(till, amount=euros("1.00"))
    with pytest.raises(TopUpBeyondShortageError) as refused:
        pay(till, amount=euros("1.00"))
    assert refused.value.most == euros("0")
    settle_shortage(person_id=cast.alice.pk, currency="EUR", now=NOW)
    pay(till)
    assert verify_books().findings == ()


def test_what_is_on_its_way_into_a_shut_wallet_counts_against_what_it_takes(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("2.00", card="lost")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    till.hear(till.dispute(top_up))
    till.hear(till.dispute(top_up, at=DECIDED))
    assert pay(till, "4000 0000 0000 3220", amount=euros("1.00")).state == "pending"
    with pytest.raises(TopUpBeyondShortageError) as refused:
        pay(till, amount=euros("1.00"))
    assert refused.value.most == euros("0")


def test_a_late_charge_in_another_currency_is_kept_apart_and_told(till: Till) -> None:
    late = pay(till, DECLINED, amount=DOLLARS)
    pay(till)
    charge = till.gateway.find_charge(handle=late.handle, now=NOW)
    assert charge is not None
    object.__setattr__(charge, "state", "succeeded")
    record_charge(charge=charge, gateway_name="sandbox", now=NOW)
    person_id = till.person.pk
    assert find_wallet_currency(person_id=person_id) == "EUR"
    assert get_wallet_balance(person_id=person_id, currency="EUR") == euros("10.00")
    assert list_other_wallets(person_id=person_id, currency="EUR") == [DOLLARS]
    assert verify_books().findings == ()


def test_of_two_first_credits_in_two_currencies_at_once_one_opens_the_wallet(
    cast: Cast, till: Till
) -> None:
    issue_vouchers(codes=["one"], batch="fair", amount=euros("5.00"), now=NOW)
    ends = at_once(
        [
            partial(pay, till, amount=DOLLARS),
            partial(
                redeem_voucher, code="one", person_id=cast.alice.pk, domain="testserver", now=NOW
            ),
            partial(pay, till),
        ]
    )
    wallet = find_wallet_currency(person_id=cast.alice.pk)
    assert wallet is not None
    assert ends["done"] == (1 if wallet == "USD" else 2)
    assert list_other_wallets(person_id=cast.alice.pk, currency=wallet) == []
    assert verify_books().findings == ()


def test_who_has_a_wallet_tops_up_no_other_currency(till: Till) -> None:
    pay(till)
    with pytest.raises(OtherWalletError):
        pay(till, amount=DOLLARS)


def test_the_sandbox_writes_of_its_disputes_once_each(till: Till) -> None:
    till.top_up("2.00", card="lost")
    gateways = {"sandbox": till.gateway}
    assert deliver_pretended(gateways=gateways, now=NOW) == 0
    at = NOW + DELAY
    assert deliver_pretended(gateways=gateways, now=at) == 1
    assert deliver_pretended(gateways=gateways, now=at) == 0
    assert process_messages(gateways=gateways, now=at).done == 1
    assert deliver_pretended(gateways=gateways, now=DECIDED) == 1
    process_messages(gateways=gateways, now=DECIDED)
    assert list_disputes()[0].facts.stage == "lost"


def test_what_a_message_said_that_was_given_up_is_emptied_in_time_too(till: Till) -> None:
    till.top_up("2.00", card="lost")
    at, kept_for = NOW + DELAY, timedelta(days=90)
    deliver_pretended(gateways={"sandbox": till.gateway}, now=at)
    GatewayMessage.objects.update(due_at=None)
    assert forget_bodies(kept_for=kept_for, now=at + kept_for) == 0
    assert forget_bodies(kept_for=kept_for, now=at + kept_for * 2) == 1
    assert verify_books().findings == ()


def test_what_a_message_said_is_emptied_in_time_and_its_fingerprint_stays(till: Till) -> None:
    till.top_up("2.00", card="lost")
    gateways, at, kept_for = {"sandbox": till.gateway}, NOW + DELAY, timedelta(days=90)
    deliver_pretended(gateways=gateways, now=at)
    assert forget_bodies(kept_for=kept_for, now=at + kept_for * 2) == 0  # Nobody has heard it yet.
    process_messages(gateways=gateways, now=at)
    body = GatewayMessage.objects.get().body
    assert forget_bodies(kept_for=kept_for, now=at + kept_for) == 0
    assert forget_bodies(kept_for=kept_for, now=at + kept_for * 2) == 1
    row = GatewayMessage.objects.get()
    assert (row.body, row.body_sha256) == ("", hashlib.sha256(body.encode()).hexdigest())
    whole = list_messages(only_whole=True)
    assert replay(messages=whole, gateways=gateways, now=at).troubles == ()
    assert GatewayMessage.objects.get().processed_at == at
    assert verify_books().findings == ()
