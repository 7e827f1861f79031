"""What is left of a top-up goes back to its card, once."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from pennywhistle.adapters.gateways.interface import GatewayUnreachableError
from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.give_gift import give_gift, show_gift_code, take_back_gift
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.pay_back_top_up import (
    pay_back_top_up,
    record_refund,
    settle_pending_pay_backs,
)
from pennywhistle.flows.record_payment_event import SettlementError
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.payments.codes.rules import GiftFacts
from pennywhistle.shop.payments.going_back.models import PayBack
from pennywhistle.shop.payments.going_back.queries import list_pay_backs, list_returnable_top_ups
from pennywhistle.shop.payments.going_back.rules import (
    PayBackError,
    PayBackState,
    PayBackTooLargeError,
)
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.refunds import RefundReason
from tests.cast import NOW, PASSWORD, Cast, assemble, euros, quote
from tests.faults import fail_each_call
from tests.till import Till, stands

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a secret of the store"


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def till(cast: Cast, tmp_path: Path) -> Till:
    return Till(SandboxGateway(tmp_path / "gateway"), cast.alice)


def buy(cast: Cast) -> Money:
    """Alice buys the release; what it cost."""
    offer = quote(cast)
    return buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW).total


def test_what_is_left_of_a_top_up_goes_back_to_its_card(cast: Cast, till: Till) -> None:
    top_up = till.top_up()
    spent = buy(cast)
    left = euros("10.00") - spent
    assert [row.most for row in list_returnable_top_ups(person_id=cast.alice.pk)] == [left]
    done = till.pay_back(top_up, f"{left.decimal:.2f}")
    assert done.state is PayBackState.SUCCEEDED
    assert till.spendable == euros("0")
    assert list_pay_backs(person_id=cast.alice.pk) == [done]
    with pytest.raises(PayBackTooLargeError, match=r"At most 0\.00 EUR"):
        till.pay_back(top_up, "0.01")
    assert verify_books().findings == ()


def test_a_bonus_goes_back_to_the_store_with_its_top_up(till: Till) -> None:
    top_up = till.top_up(card="refund comes back", bonus="1.00")
    assert till.spendable == euros("11.00")
    half = till.pay_back(top_up, "5.00")
    assert till.spendable == euros("5.50")
    assert stands("promotions/EUR") == euros("-0.50")
    till.pay_back(top_up, "5.00")
    assert till.spendable == euros("0")
    assert stands("promotions/EUR") == euros("0")
    assert verify_books().findings == ()
    later = NOW + DELAY
    refund = till.gateway.get_refund(refund_handle=half.id, now=later)
    record_refund(refund=refund, gateway_name="sandbox", now=later)
    assert till.spendable == euros("5.50")
    assert verify_books().findings == ()


def give(till: Till, amount: str) -> GiftFacts:
    return give_gift(
        gift_id=new_id(now=NOW),
        buyer_id=till.person.pk,
        amount=euros(amount),
        greeting="",
        secret=SECRET,
        now=NOW,
    )


def redeem(gift: GiftFacts, person: Person) -> None:
    code = show_gift_code(gift=gift, secret=SECRET)
    redeem_voucher(code=code, person_id=person.pk, domain="testserver", now=NOW)


def free_voucher(person: Person, amount: str) -> None:
    code = uuid.uuid4().hex
    issue_vouchers(codes=[code], batch="free", amount=euros(amount), now=NOW, is_free=True)
    redeem_voucher(code=code, person_id=person.pk, domain="testserver", now=NOW)


@pytest.mark.parametrize("way", ["taken back", "redeemed by its buyer"])
def test_a_gift_that_comes_back_makes_no_money_of_a_bonus(till: Till, way: str) -> None:
    top_up = till.top_up("100.00", bonus="10.00")
    gift = give(till, "110.00")
    if way == "taken back":
        take_back_gift(gift_id=UUID(gift.id), buyer_id=till.person.pk, now=NOW)
    else:
        redeem(gift, till.person)
        redeem(gift, till.person)
    till.pay_back(top_up, "100.00")
    assert till.spendable == euros("0")
    assert stands("promotions/EUR") == euros("0")
    assert verify_books().findings == ()


def test_a_refund_makes_no_money_of_a_free_voucher(cast: Cast, till: Till) -> None:
    top_up = till.top_up("10.00")
    offer = quote(cast)
    free_voucher(cast.alice, "10.00")
    give(till, f"{(euros('20.00') - offer.total).decimal:.2f}")
    bought = buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert till.spendable == euros("0")
    refund_purchase(purchase_id=bought.id, reason=RefundReason.GOODWILL, refunded_by=None, now=NOW)
    assert till.spendable == offer.total
    with pytest.raises(PayBackTooLargeError, match=r"At most 0\.00 EUR"):
        till.pay_back(top_up, "0.01")


def test_money_of_the_store_is_not_paid_out_to_whom_it_is_given(cast: Cast, till: Till) -> None:
    top_up = till.top_up("10.00")
    give(till, "10.00")
    free_voucher(cast.bob, "10.00")
    redeem(give(Till(till.gateway, cast.bob), "10.00"), cast.alice)
    assert till.spendable == euros("10.00")
    with pytest.raises(PayBackTooLargeError, match=r"At most 0\.00 EUR"):
        till.pay_back(top_up, "0.01")


def test_no_more_goes_back_than_the_top_up_brought(till: Till) -> None:
    first = till.top_up("3.00")
    till.top_up("10.00")
    with pytest.raises(PayBackTooLargeError):
        till.pay_back(first, "3.01")
    till.pay_back(first, "2.00")
    with pytest.raises(PayBackTooLargeError):
        till.pay_back(first, "1.01")
    till.pay_back(first, "1.00")
    assert till.spendable == euros("10.00")


def test_the_same_form_pays_back_once(till: Till) -> None:
    top_up, form = till.top_up(), new_id(now=NOW)
    assert till.pay_back(top_up, "4.00", form=form) == till.pay_back(top_up, "4.00", form=form)
    assert till.spendable == euros("6.00")
    with pytest.raises(PayBackError, match="another amount"):
        till.pay_back(top_up, "5.00", form=form)


def test_pay_backs_at_once_never_pay_back_more_than_there_is(till: Till) -> None:
    top_up, start, ends = till.top_up(), threading.Barrier(6), Counter[str]()

    def work() -> None:
        end = "paid back"
        try:
            start.wait(30)
            till.pay_back(top_up, "4.00")
        except PayBackError as error:
            end = type(error).__name__
        finally:
            connection.close()
        ends[end] += 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ends == {"paid back": 2, "PayBackTooLargeError": 4}
    assert till.spendable == euros("2.00")
    assert verify_books().findings == ()


def test_a_top_up_that_never_arrived_cannot_go_back(till: Till) -> None:
    declined = top_up_wallet(
        top_up_id=new_id(now=NOW),
        person_id=till.person.pk,
        amount=euros("5.00"),
        card=Card("4000 0000 0000 0002"),
        gateway=till.gateway,
        now=NOW,
    )
    with pytest.raises(PayBackError, match="never arrived"):
        till.pay_back(declined, "1.00")
    with pytest.raises(PayBackError, match="not open here"):
        pay_back_top_up(
            pay_back_id=new_id(now=NOW),
            top_up_id=declined.pk,
            amount=euros("1.00"),
            asked_by=None,
            gateways={},
            now=NOW,
        )


def settle(till: Till, *, after: timedelta = timedelta(0)) -> int:
    later = NOW + timedelta(minutes=1) + after
    return settle_pending_pay_backs(
        gateways={till.gateway.name: till.gateway}, created_before=later, now=later
    )


def test_what_is_pending_at_the_gateway_is_reserved_until_it_answers(till: Till) -> None:
    top_up = till.top_up(card="refund pending")
    assert till.pay_back(top_up, "4.00").state is PayBackState.PENDING
    assert till.spendable == euros("6.00")
    assert stands(f"wallet/{till.person.pk}/EUR") == euros("10.00")
    assert verify_books().findings == ()
    assert settle(till) == 1
    assert stands(f"wallet/{till.person.pk}/EUR") == euros("6.00")
    assert settle(till) == 0
    assert verify_books().findings == ()


def test_a_gateway_that_gives_no_answer_is_asked_again_and_pays_back_once(till: Till) -> None:
    top_up = till.top_up()
    trouble = till.gateway.folder / "trouble"
    trouble.write_text("unreachable")
    with pytest.raises(GatewayUnreachableError):
        till.pay_back(top_up, "4.00")
    assert till.spendable == euros("6.00")
    with pytest.raises(SettlementError):
        settle(till)
    trouble.unlink()
    assert settle(till) == 1
    assert stands("clearing/sandbox/EUR") == euros("-5.60")  # And 0.40 that the charge cost.


def test_what_the_card_sends_back_is_in_the_wallet_again(till: Till) -> None:
    top_up = till.top_up(card="refund comes back")
    paid = till.pay_back(top_up, "4.00")
    assert till.spendable == euros("6.00")
    later = NOW + DELAY
    refund = till.gateway.get_refund(refund_handle=paid.id, now=later)
    for _ in range(2):
        record_refund(refund=refund, gateway_name="sandbox", now=later)
    assert list_pay_backs(person_id=till.person.pk)[0].state is PayBackState.RETURNED
    assert till.spendable == euros("10.00")
    assert verify_books().findings == ()
    stale = replace(refund, state="succeeded")
    record_refund(refund=stale, gateway_name="sandbox", now=later)
    assert till.spendable == euros("10.00")


def test_a_refund_that_was_not_asked_for_is_named(till: Till) -> None:
    top_up = till.top_up()
    paid = till.pay_back(top_up, "4.00")
    refund = till.gateway.get_refund(refund_handle=paid.id, now=NOW)
    for wrong, name in (
        (replace(refund, refund_reference="", charge_handle="another's"), "sandbox"),
        (replace(refund, refund_reference=str(uuid.uuid4())), "sandbox"),
        (replace(refund, amount=euros("3.00")), "sandbox"),
        (refund, "stripe"),
    ):
        with pytest.raises(PayBackError):
            record_refund(refund=wrong, gateway_name=name, now=NOW)


@dataclass(frozen=True)
class PayingBack:
    """A listener of a gateway of their own, so that no refund is looked through for another."""

    till: Till
    top_up: TopUp
    form: UUID

    def run(self) -> object:
        return self.till.pay_back(self.top_up, "4.00", form=self.form)


def test_a_pay_back_that_fails_anywhere_goes_back_once_and_completes(
    cast: Cast, tmp_path: Path
) -> None:
    turns = itertools.count()

    def prepare() -> PayingBack:
        turn = next(turns)
        person = create_person(email=f"turn{turn}@example.org", password=PASSWORD)
        till = Till(SandboxGateway(tmp_path / str(turn)), person)
        return PayingBack(till, till.top_up(), new_id(now=NOW))

    def check(paying: PayingBack, _: Exception | None) -> None:
        settle(paying.till)
        kept = PayBack.objects.filter(pk=paying.form).first()
        refund = paying.till.gateway.find_refund(
            handle=paying.top_up.handle, refund_reference=str(paying.form), now=NOW
        )
        assert (refund is None) is (kept is None)
        assert kept is None or kept.state == PayBackState.SUCCEEDED
        paying.run()
        assert paying.till.spendable == euros("6.00")

    calls = fail_each_call(
        folder=tmp_path, prepare=prepare, run=lambda paying: paying.run(), check=check
    )
    assert calls > 15
    assert verify_books().findings == ()
