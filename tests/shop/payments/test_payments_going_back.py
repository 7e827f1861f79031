"""Pay-backs and disputes by their rules alone: what moves, and what may go back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import Phase, TransferFacts
from pennywhistle.shop.payments.going_back.rules import (
    DisputeFacts,
    DisputeStage,
    PayBackError,
    PayBackFacts,
    PayBackState,
    PayBackTooLargeError,
    WalletShutError,
    bonus_back,
    bonus_left,
    check_pay_back,
    dispute_transfers,
    pay_back_transfers,
    payable_back,
)
from tests.cast import NOW, euros

LATER = NOW + timedelta(days=3)
ZERO = euros("0")
PAY_BACK = PayBackFacts(
    id="R",
    top_up_id="T",
    person_id=7,
    gateway="sandbox",
    charge_handle="H",
    amount=euros("3.00"),
    bonus=ZERO,
    state=PayBackState.PENDING,
    decline_reason="",
    created_at=NOW,
    settled_at=None,
    returned_at=None,
)
OPEN = DisputeFacts(
    gateway="sandbox",
    reference="D",
    person_id=7,
    top_up_id="T",
    amount=euros("5.00"),
    fee=euros("20.00"),
    later_fee=ZERO,
    frozen=euros("3.00"),
    made_good=ZERO,
    bonus=ZERO,
    stage=DisputeStage.OPEN,
    reason="fraudulent",
    opened_at=NOW,
    closed_at=None,
)
WON = replace(OPEN, stage=DisputeStage.WON, closed_at=LATER)
LOST = replace(OPEN, stage=DisputeStage.LOST, closed_at=LATER, made_good=euros("0.50"))


def sums(transfers: list[TransferFacts]) -> dict[str, Money]:
    """What each account has gained by them; accounts that end as they began are left out."""
    micros: Counter[str] = Counter()
    for transfer in transfers:
        transfer.check()
        if transfer.phase.moves:
            micros[transfer.debit] -= transfer.amount.micros
            micros[transfer.credit] += transfer.amount.micros
    return {code: Money(each, "EUR") for code, each in micros.items() if each}


def test_a_pay_back_reserves_before_the_gateway_is_asked_and_moves_when_it_answers() -> None:
    assert [one.phase for one in pay_back_transfers(facts=PAY_BACK)] == [Phase.PENDING]
    assert sums(pay_back_transfers(facts=PAY_BACK)) == {}
    done = replace(PAY_BACK, state=PayBackState.SUCCEEDED, settled_at=LATER)
    assert sums(pay_back_transfers(facts=done)) == {
        "wallet/7/EUR": euros("-3.00"),
        "clearing/sandbox/EUR": euros("3.00"),
    }


def test_a_pay_back_that_is_declined_frees_what_it_reserved() -> None:
    declined = replace(PAY_BACK, state=PayBackState.DECLINED, settled_at=LATER)
    assert [one.phase for one in pay_back_transfers(facts=declined)] == [
        Phase.PENDING,
        Phase.VOIDS,
    ]
    assert sums(pay_back_transfers(facts=declined)) == {}


def test_a_pay_back_that_the_card_sends_back_is_in_the_wallet_again() -> None:
    returned = replace(PAY_BACK, state=PayBackState.RETURNED, settled_at=NOW, returned_at=LATER)
    transfers = pay_back_transfers(facts=returned)
    assert transfers[-1].reverses_key == transfers[-2].key
    assert sums(transfers) == {}


def test_an_open_dispute_freezes_the_wallet_and_clearing_says_what_the_gateway_says() -> None:
    assert sums(dispute_transfers(facts=OPEN)) == {
        "wallet/7/EUR": euros("-3.00"),
        "held/7/EUR": euros("3.00"),
        "losses/EUR": euros("-5.00"),
        "clearing/sandbox/EUR": euros("25.00"),
        "fees/sandbox/EUR": euros("-20.00"),
    }
    assert OPEN.shortage == euros("2.00")


def test_a_dispute_that_is_won_leaves_its_fee_alone() -> None:
    assert sums(dispute_transfers(facts=WON)) == {
        "clearing/sandbox/EUR": euros("20.00"),
        "fees/sandbox/EUR": euros("-20.00"),
    }
    assert WON.shortage == ZERO
    given_back = replace(WON, later_fee=euros("-20.00"))
    assert sums(dispute_transfers(facts=given_back)) == {}


def test_a_dispute_that_is_lost_costs_the_store_what_no_wallet_covers() -> None:
    assert sums(dispute_transfers(facts=LOST)) == {
        "wallet/7/EUR": euros("-3.50"),
        "losses/EUR": euros("-1.50"),
        "clearing/sandbox/EUR": euros("25.00"),
        "fees/sandbox/EUR": euros("-20.00"),
    }
    assert LOST.shortage == euros("1.50")


def test_an_inquiry_moves_nothing() -> None:
    inquiry = replace(OPEN, stage=DisputeStage.INQUIRY, opened_at=None, frozen=ZERO, fee=ZERO)
    assert dispute_transfers(facts=inquiry) == []
    assert inquiry.shortage == ZERO


money = st.integers(0, 500).map(lambda cents: Money.of_minor(cents, "EUR"))


@given(
    amount=st.integers(1, 500),
    frozen=st.integers(0, 500),
    made_good=st.integers(0, 500),
    fee=money,
    stage=st.sampled_from([DisputeStage.OPEN, DisputeStage.WON, DisputeStage.LOST]),
)
def test_a_dispute_takes_from_clearing_what_was_taken_and_from_losses_what_is_short(
    amount: int, frozen: int, made_good: int, fee: Money, stage: DisputeStage
) -> None:
    frozen = min(amount, frozen)
    facts = replace(
        OPEN,
        amount=Money.of_minor(amount, "EUR"),
        frozen=Money.of_minor(frozen, "EUR"),
        fee=fee,
        stage=stage,
        closed_at=None if stage is DisputeStage.OPEN else LATER,
        made_good=Money.of_minor(min(made_good, amount - frozen), "EUR")
        if stage is DisputeStage.LOST
        else ZERO,
    )
    gained = sums(dispute_transfers(facts=facts))
    assert sum(each.micros for each in gained.values()) == 0
    taken = ZERO if stage is DisputeStage.WON else facts.amount
    assert gained.get("clearing/sandbox/EUR", ZERO) == taken + fee
    if stage is DisputeStage.LOST:
        assert gained.get("losses/EUR", ZERO) == -facts.shortage
        assert gained.get("held/7/EUR", ZERO) == ZERO


def moved(*amounts: str) -> list[tuple[str, Money]]:
    """Movements of a wallet; what begins with a star is given by the store."""
    return [
        (
            "promotions/EUR" if text.startswith("*") else "clearing/sandbox/EUR",
            euros(text.lstrip("*")),
        )
        for text in amounts
    ]


@pytest.mark.parametrize(
    ("movements", "left"),
    [
        ((), "0"),
        (("10.00",), "0"),
        (("10.00", "*1.00"), "1.00"),
        (("10.00", "*1.00", "-9.00"), "1.00"),
        (("10.00", "*1.00", "-10.50"), "0.50"),
        (("10.00", "*1.00", "-11.00", "5.00"), "0"),
        (("*1.00", "-0.40", "10.00", "-3.00"), "0.60"),
    ],
)
def test_what_the_store_gave_is_spent_last(movements: tuple[str, ...], left: str) -> None:
    assert bonus_left(movements=moved(*movements), currency="EUR") == euros(left)


@pytest.mark.parametrize(
    ("gone_back", "taken_back", "left", "more"),
    [
        ("0", "0", "1.00", "0"),
        ("5.00", "0", "1.00", "0.50"),
        ("5.00", "0.50", "0.50", "0"),
        ("10.00", "0.50", "0.50", "0.50"),
        ("10.00", "0", "0.20", "0.20"),
        ("10.00", "0", "0", "0"),
        ("3.33", "0", "1.00", "0.333"),
    ],
)
def test_of_a_bonus_the_share_that_went_back_is_taken_back_as_far_as_it_is_left(
    gone_back: str, taken_back: str, left: str, more: str
) -> None:
    taken = bonus_back(
        given=euros("1.00"),
        brought=euros("10.00"),
        gone_back=euros(gone_back),
        taken_back=euros(taken_back),
        left=euros(left),
    )
    assert taken == euros(more)


def test_a_bonus_goes_back_with_its_top_up_and_comes_back_with_it() -> None:
    done = replace(PAY_BACK, bonus=euros("0.30"), state=PayBackState.SUCCEEDED, settled_at=LATER)
    assert sums(pay_back_transfers(facts=done)) == {
        "wallet/7/EUR": euros("-3.30"),
        "clearing/sandbox/EUR": euros("3.00"),
        "promotions/EUR": euros("0.30"),
    }
    for state, returned_at in ((PayBackState.DECLINED, None), (PayBackState.RETURNED, LATER)):
        undone = replace(done, state=state, returned_at=returned_at)
        assert sums(pay_back_transfers(facts=undone)) == {}
    lost = replace(LOST, bonus=euros("0.40"))
    assert sums(dispute_transfers(facts=lost))["promotions/EUR"] == euros("0.40")


def test_what_goes_back_is_what_the_card_brought_and_is_left() -> None:
    def most(**change: Money) -> Money:
        asked = {
            "brought": euros("10.00"),
            "gone_back": ZERO,
            "available": euros("50.00"),
            "bonus": ZERO,
        }
        return payable_back(**(asked | change))

    assert most() == euros("10.00")
    assert most(gone_back=euros("4.00")) == euros("6.00")
    assert most(gone_back=euros("10.00")) == ZERO
    assert most(available=euros("3.00"), bonus=euros("1.00")) == euros("2.00")
    assert most(available=euros("1.00"), bonus=euros("1.00"), gone_back=euros("1.00")) == ZERO


def test_a_pay_back_is_refused_in_words_that_say_how_much_can_go() -> None:
    for amount in ("0", "-1.00", "0.001"):
        with pytest.raises(PayBackError, match="whole cents"):
            check_pay_back(amount=euros(amount), most=euros("5.00"), shortage=ZERO)
    with pytest.raises(PayBackTooLargeError, match=r"At most 5\.00 EUR"):
        check_pay_back(amount=euros("5.01"), most=euros("5.00"), shortage=ZERO)
    with pytest.raises(WalletShutError, match=r"2\.00 EUR"):
        check_pay_back(amount=euros("1.00"), most=euros("5.00"), shortage=euros("2.00"))
    check_pay_back(amount=euros("5.00"), most=euros("5.00"), shortage=ZERO)
