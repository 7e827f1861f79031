"""Cards that Stripe keeps, through localstripe: handed over, charged, settled late, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from pennywhistle.adapters.gateways.interface import ChargeState, GatewayUnreachableError, KeptCard
from pennywhistle.adapters.gateways.stripe_cards import StripeGateway
from pennywhistle.flows.count_cards import TooManyCardsError
from pennywhistle.flows.keep_card import (
    FORGET_AFTER,
    NoSuchCardError,
    begin_card,
    forget_card,
    forget_cards_used_once,
    get_card,
    means_of,
    take_card,
)
from pennywhistle.flows.record_payment_event import (
    ANSWER_WITHIN,
    ask_for_fees,
    settle_pending_top_ups,
)
from pennywhistle.flows.top_up_wallet import ask_about_top_up, top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.codes.tries import CARD_MISSES_FREE, FORGOTTEN_AFTER
from pennywhistle.shop.payments.gateways.models import GatewayCustomer, SavedCard
from pennywhistle.shop.payments.gateways.queries import list_cards
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.models import TopUp
from tests.cast import NOW, Cast, euros
from tests.local_stripe import ASKS, DECLINED_LATER, GOOD, LocalStripe, local_stripe

pytestmark = pytest.mark.django_db

LATER = NOW + ANSWER_WITHIN + timedelta(minutes=1)


@pytest.fixture(scope="module")
def company() -> Iterator[LocalStripe]:
    with local_stripe() as it:
        yield it


@pytest.fixture
def gateway(company: LocalStripe) -> StripeGateway:
    return company.gateway


def hand_over(cast: Cast, company: LocalStripe, number: str, *, is_kept: bool = True) -> KeptCard:
    gateway, person = company.gateway, cast.alice.pk
    secret = begin_card(person_id=person, reference=uuid4(), gateway=gateway, now=NOW)
    handle = company.hand_over(secret, number)
    for _ in range(2):
        card = take_card(
            person_id=person, setup_handle=handle, is_kept=is_kept, gateway=gateway, now=NOW
        )
    return means_of(card=card)


def pay(cast: Cast, gateway: StripeGateway, card: KeptCard) -> TopUp:
    return top_up_wallet(
        top_up_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=card,
        gateway=gateway,
        now=NOW,
    )


def balance(cast: Cast) -> str:
    assert verify_books().findings == ()
    return str(get_wallet_balance(person_id=cast.alice.pk, currency="EUR"))


def settle(gateway: StripeGateway) -> int:
    return settle_pending_top_ups(gateways={"stripe": gateway}, created_before=LATER, now=LATER)


def test_a_kept_card_pays_again_and_again_and_is_known_once(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    card = hand_over(cast, company, GOOD)
    assert [pay(cast, gateway, card).state for _ in range(2)] == ["succeeded"] * 2
    assert balance(cast) == "20.00 EUR"
    assert (SavedCard.objects.count(), GatewayCustomer.objects.count()) == (1, 1)
    hand_over(cast, company, ASKS)
    assert (SavedCard.objects.count(), GatewayCustomer.objects.count()) == (2, 1)


def test_a_card_for_one_top_up_is_forgotten_afterwards_and_pays_no_more(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    card = hand_over(cast, company, GOOD, is_kept=False)
    pay(cast, gateway, card)
    assert list_cards(person_id=cast.alice.pk) == []
    gateways = {"stripe": gateway}
    assert forget_cards_used_once(gateways=gateways, now=NOW + FORGET_AFTER) == 0
    past = NOW + FORGET_AFTER + timedelta(seconds=1)
    assert forget_cards_used_once(gateways=gateways, now=past) == 1
    assert forget_cards_used_once(gateways=gateways, now=past) == 0
    row = SavedCard.objects.get()
    assert (row.last4, row.brand, row.forgotten_at) == ("", "", past)
    with pytest.raises(NoSuchCardError):
        get_card(card_id=row.pk, person_id=cast.alice.pk)


def test_a_card_is_forgotten_on_both_sides_by_its_owner_alone(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    hand_over(cast, company, GOOD)
    (card,) = list_cards(person_id=cast.alice.pk)
    forget_card(card_id=card.id, person_id=cast.bob.pk, gateway=gateway, now=NOW)
    assert len(list_cards(person_id=cast.alice.pk)) == 1
    for _ in range(2):
        forget_card(card_id=card.id, person_id=cast.alice.pk, gateway=gateway, now=NOW)
    assert list_cards(person_id=cast.alice.pk) == []


def test_a_card_handed_over_by_another_is_refused(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    secret = begin_card(person_id=cast.alice.pk, reference=uuid4(), gateway=gateway, now=NOW)
    handle = company.hand_over(secret, GOOD)
    for is_known in (False, True):
        if is_known:
            begin_card(person_id=cast.bob.pk, reference=uuid4(), gateway=gateway, now=NOW)
        with pytest.raises(PaymentError):
            take_card(
                person_id=cast.bob.pk, setup_handle=handle, is_kept=True, gateway=gateway, now=NOW
            )
    assert SavedCard.objects.count() == 0


def test_who_tries_one_card_after_the_other_has_to_wait(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    def begin(at: datetime = NOW) -> str:
        return begin_card(person_id=cast.alice.pk, reference=uuid4(), gateway=gateway, now=at)

    for _ in range(CARD_MISSES_FREE):
        begin()
    with pytest.raises(TooManyCardsError, match="Try again in 1 minutes"):
        begin()
    # Nobody else waits, and after a day it is forgotten.
    begin_card(person_id=cast.bob.pk, reference=uuid4(), gateway=gateway, now=NOW)
    begin(NOW + FORGOTTEN_AFTER)


def test_cards_that_arrive_do_not_count(cast: Cast, company: LocalStripe) -> None:
    for _ in range(CARD_MISSES_FREE + 2):
        hand_over(cast, company, GOOD)


def test_one_good_card_sent_again_and_again_takes_no_other_card_off_the_count(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    person = cast.alice.pk
    secret = begin_card(person_id=person, reference=uuid4(), gateway=gateway, now=NOW)
    handle = company.hand_over(secret, GOOD)
    for _ in range(CARD_MISSES_FREE):
        take_card(person_id=person, setup_handle=handle, is_kept=True, gateway=gateway, now=NOW)
        begin_card(person_id=person, reference=uuid4(), gateway=gateway, now=NOW)
    take_card(person_id=person, setup_handle=handle, is_kept=True, gateway=gateway, now=NOW)
    with pytest.raises(TooManyCardsError):
        begin_card(person_id=person, reference=uuid4(), gateway=gateway, now=NOW)


@pytest.mark.parametrize(
    ("answer", "end", "worth"),
    [
        (True, "succeeded", "10.00 EUR"),
        (False, "declined", "0.00 EUR"),
        (None, "declined", "0.00 EUR"),
    ],
)
def test_the_banks_question_ends_as_it_is_answered_and_by_itself_where_it_is_not(
    cast: Cast,
    company: LocalStripe,
    gateway: StripeGateway,
    answer: bool | None,
    end: str,
    worth: str,
) -> None:
    asked = pay(cast, gateway, hand_over(cast, company, ASKS))
    assert (asked.state, asked.needs_answer) == ("pending", True)
    charge = ask_about_top_up(top_up_id=asked.pk, person_id=cast.alice.pk, gateway=gateway, now=NOW)
    assert charge is not None
    if answer is not None:
        company.answer_bank(asked.handle, charge.client_secret, is_accepted=answer)
    assert settle(gateway) == 1
    asked.refresh_from_db()
    assert (asked.state, asked.needs_answer) == (end, False)
    assert balance(cast) == worth
    assert settle(gateway) == 0


def test_a_charge_whose_answer_was_lost_is_found_by_the_worker(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    card = hand_over(cast, company, GOOD)
    pay(cast, gateway, card)
    lost = pay_and_lose_the_answer(cast, company, card)
    assert balance(cast) == "10.00 EUR"
    assert settle(gateway) == 1
    lost.refresh_from_db()
    assert lost.state == "succeeded"
    assert balance(cast) == "20.00 EUR"


def pay_and_lose_the_answer(cast: Cast, company: LocalStripe, card: KeptCard) -> TopUp:
    """The charge is taken, and the line breaks before that is told."""
    breaking = BreaksAfterTheCharge(**vars(company.gateway))
    with pytest.raises(GatewayUnreachableError):
        pay(cast, breaking, card)
    return TopUp.objects.get(state="pending")


class BreaksAfterTheCharge(StripeGateway):
    """Stripe behind a line that breaks at the worst moment."""

    def charge(self, *, handle: str, now: datetime) -> ChargeState:
        super().charge(handle=handle, now=now)
        raise GatewayUnreachableError("no answer")


class TellsNoFeeAtFirst(StripeGateway):
    """Stripe, which has not booked the charge yet."""

    def charge(self, *, handle: str, now: datetime) -> ChargeState:
        return replace(super().charge(handle=handle, now=now), fee=None)


def test_a_fee_that_is_told_late_is_posted_once(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    card = hand_over(cast, company, GOOD)
    top_up = pay(cast, TellsNoFeeAtFirst(**vars(gateway)), card)
    assert (top_up.state, top_up.fee_micros) == ("succeeded", None)
    assert get_balance(code="fees/stripe/EUR", currency="EUR") == euros("0")
    assert [ask_for_fees(gateways={"stripe": gateway}, now=LATER) for _ in range(2)] == [1, 0]
    assert get_balance(code="fees/stripe/EUR", currency="EUR") == euros("-0.40")
    assert get_balance(code="clearing/stripe/EUR", currency="EUR") == euros("-9.60")
    assert balance(cast) == "10.00 EUR"


def test_a_declined_card_moves_nothing(
    cast: Cast, company: LocalStripe, gateway: StripeGateway
) -> None:
    done = pay(cast, gateway, hand_over(cast, company, DECLINED_LATER))
    assert (done.state, done.decline_reason) == ("declined", "The card was declined.")
    assert balance(cast) == "0.00 EUR"
