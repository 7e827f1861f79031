"""A bank takes a top-up back: what is frozen, what is lost, and who may buy."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pennywhistle.adapters.gateways.interface import DisputeState
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.give_gift import give_gift, show_gift_code
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.payments.codes.rules import VoucherRefusedError
from pennywhistle.shop.payments.going_back.models import Dispute
from pennywhistle.shop.payments.going_back.queries import get_dispute, list_disputes
from pennywhistle.shop.payments.going_back.rules import (
    PayBackError,
    PayBackTooLargeError,
    UnknownDisputeError,
    WalletShutError,
)
from pennywhistle.shop.royalties.queries import list_owed
from tests.cast import NOW, PASSWORD, Cast, assemble, euros, fill_wallet, quote
from tests.faults import fail_each_call
from tests.till import DECIDED, Till, stands

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_an_open_dispute_freezes_the_wallet_and_one_that_is_won_frees_it(till: Till) -> None:
    top_up = till.top_up(card="won")
    till.hear(till.dispute(top_up))
    assert till.spendable == euros("0")
    assert stands(f"held/{till.person.pk}/EUR") == euros("10.00")
    assert stands("clearing/sandbox/EUR") == euros("20.40")  # Nothing but what it cost.
    assert verify_books().findings == ()
    with pytest.raises(PayBackTooLargeError):
        till.pay_back(top_up, "1.00")
    till.hear(till.dispute(top_up, at=DECIDED))
    assert till.spendable == euros("10.00")
    assert stands("losses/EUR") == euros("0")
    assert verify_books().findings == ()


def test_a_lost_dispute_costs_the_store_what_was_spent_and_the_licensors_nothing(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up(card="lost")
    spent = buy(cast)
    owed = list_owed()
    till.hear(till.dispute(top_up))
    assert list_disputes()[0].shortage == spent
    till.hear(till.dispute(top_up, at=DECIDED))
    assert stands("losses/EUR") == -spent
    assert stands(f"held/{till.person.pk}/EUR") == euros("0")
    assert list_owed() == owed
    assert verify_books().findings == ()


def test_nobody_pays_back_or_buys_from_a_wallet_that_a_dispute_left_short(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("1.00", card="lost")
    spent = buy(cast)
    till.hear(till.dispute(top_up))
    other = till.top_up("1.00")
    fill_wallet(cast.alice, "9.00")
    with pytest.raises(WalletShutError):
        till.pay_back(other, "0.50")
    offer = quote(cast, BasketItem("release", cast.release_id, "flac"))
    with pytest.raises(WalletShutError):
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    with pytest.raises(PayBackError, match="open still"):
        forgive_shortage(dispute_id=list_disputes()[0].id, forgiven_by=cast.otto.pk, now=NOW)
    till.hear(till.dispute(top_up, at=DECIDED))
    # What came in meanwhile makes good what was short.
    assert list_disputes()[0].shortage == euros("0")
    assert till.spendable == euros("10.00") - spent
    till.pay_back(other, "0.50")
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    assert verify_books().findings == ()


def test_a_gift_bought_from_disputed_money_waits_until_nothing_is_short(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up(card="won")
    gift = give_gift(
        gift_id=new_id(now=NOW),
        buyer_id=till.person.pk,
        amount=euros("10.00"),
        greeting="",
        secret="a secret",
        now=NOW,
    )
    redeem = partial(
        redeem_voucher,
        code=show_gift_code(gift=gift, secret="a secret"),
        person_id=cast.bob.pk,
        domain="testserver",
        now=NOW,
    )
    till.hear(till.dispute(top_up))
    with pytest.raises(VoucherRefusedError, match="waits until"):
        redeem()
    till.hear(till.dispute(top_up, at=DECIDED))
    assert redeem().worth == euros("10.00")
    assert verify_books().findings == ()


def test_the_operator_lets_a_listener_buy_again_once_the_loss_is_sure(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("1.00", card="lost")
    buy(cast)
    till.hear(till.dispute(top_up, at=DECIDED))
    (dispute,) = list_disputes()
    assert dispute.shortage.micros > 0
    for _ in range(2):
        forgive_shortage(dispute_id=dispute.id, forgiven_by=cast.otto.pk, now=NOW)
    assert get_dispute(dispute_id=dispute.id).shortage == euros("0")
    till.pay_back(till.top_up("10.00"), "1.00")
    assert verify_books().findings == ()


@pytest.mark.parametrize("end", ["won", "lost"])
def test_notices_in_any_order_and_twice_come_to_the_same(
    cast: Cast, tmp_path: Path, end: str
) -> None:
    ends = set()
    for turn, order in enumerate(itertools.permutations(("inquiry", "open", end))):
        person = create_person(email=f"{end}{turn}@example.org", password=PASSWORD)
        till = Till(SandboxGateway(tmp_path / str(turn)), person)
        top_up = till.top_up(card=end)
        notice = till.dispute(top_up)
        for state in (*order, *order):
            fee = Money.zero("EUR") if state == "inquiry" else notice.fee
            till.hear(replace(notice, state=state, fee=fee))
        kept = Dispute.objects.get(person=person)
        ends.add((kept.stage, kept.shortage_micros, till.spendable.micros))
    assert ends == {(end, 0, 10_000_000 if end == "won" else 0)}
    assert verify_books().findings == ()


def test_a_lost_dispute_takes_back_what_is_left_of_the_bonus(till: Till) -> None:
    top_up = till.top_up(card="lost", bonus="1.00")
    till.hear(till.dispute(top_up))
    assert till.spendable == euros("1.00")
    till.hear(till.dispute(top_up, at=DECIDED))
    assert till.spendable == euros("0")
    assert stands("promotions/EUR") == euros("0")
    assert stands("losses/EUR") == euros("0")
    assert verify_books().findings == ()


def test_an_inquiry_moves_nothing(till: Till) -> None:
    top_up = till.top_up(card="inquiry")
    till.hear(till.dispute(top_up))
    assert till.spendable == euros("10.00")
    assert list_disputes()[0].shortage == euros("0")
    assert verify_books().findings == ()


def test_a_dispute_of_nothing_of_ours_is_refused_and_moves_nothing(till: Till) -> None:
    top_up = till.top_up(card="lost")
    notice = till.dispute(top_up)
    for wrong in (
        replace(notice, charge_handle="", charge_reference="nonsense"),
        replace(notice, charge_handle="", charge_reference=str(uuid.uuid4())),
        replace(notice, amount=euros("10.01")),
        replace(notice, amount=euros("0")),
    ):
        with pytest.raises(UnknownDisputeError):
            till.hear(wrong)
    till.hear(notice)
    with pytest.raises(UnknownDisputeError, match="before"):
        till.hear(replace(notice, amount=euros("9.00")))
    assert Dispute.objects.count() == 1


def test_a_dispute_whose_recording_fails_anywhere_is_booked_once(
    cast: Cast, till: Till, tmp_path: Path
) -> None:
    def prepare() -> DisputeState:
        return till.dispute(till.top_up("5.00", card="lost"), at=DECIDED)

    def check(notice: DisputeState, _: Exception | None) -> None:
        till.hear(notice)
        lost = Dispute.objects.filter(stage="lost").count()
        assert stands("clearing/sandbox/EUR") == euros(f"{20.33 * lost:.2f}")
        assert till.spendable == euros("0")

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=till.hear, check=check) > 10
    assert verify_books().findings == ()
