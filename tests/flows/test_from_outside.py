"""Money that moves without the store's order: refunds made at a gateway, disputes won after they were
lost, payouts to the bank; and vouchers that some till sells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pennywhistle.adapters.gateways.interface import (
    Activity,
    ActivityKind,
    DisputeState,
    NoticeKind,
)
from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.decide_entry import take_payout
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.import_statement import import_statement
from pennywhistle.flows.issue_vouchers import BY_HAND, issue_vouchers
from pennywhistle.flows.reconcile_gateway import PAYOUT_LASTS, Kind, reconcile_gateway
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.sell_vouchers import sell_vouchers
from pennywhistle.flows.settle_shortage import settle_shortage
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.banking.queries import list_entries
from pennywhistle.shop.payments.banking.rules import BankError, DecidedError
from pennywhistle.shop.payments.codes.models import Voucher
from pennywhistle.shop.payments.going_back.queries import get_shortage, list_disputes
from pennywhistle.shop.payments.going_back.rules import (
    PayBackError,
    PayBackTooLargeError,
    WalletShutError,
)
from pennywhistle.shop.payments.rules import PaymentError
from tests.bank_statements import IBAN, Line, camt
from tests.cast import NOW, Cast, assemble, euros, quote
from tests.faults import fail_each_call
from tests.till import DECIDED, Till, stands

pytestmark = pytest.mark.django_db(transaction=True)

WITHIN = Period(NOW - timedelta(hours=1), NOW + timedelta(days=60))
END = NOW + timedelta(days=90)
NOTHING = euros("0")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def till(cast: Cast, tmp_path: Path) -> Till:
    return Till(SandboxGateway(tmp_path / "gateway"), cast.alice)


def buy(cast: Cast) -> Money:
    return buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW).total


def refund_by_hand(till: Till, handle: str, amount: str, *, name: str = "by-hand-1") -> None:
    till.gateway.refund(handle=handle, refund_reference=name, amount=euros(amount), now=NOW + DELAY)


def hear(till: Till, *, at: datetime = NOW + DELAY, name: str = "by-hand-1") -> tuple[str, ...]:
    """The gateway writes about a refund, and the worker hears it."""
    headers, body = till.gateway.compose_message(
        kind=NoticeKind.REFUND, handle=name, event_id=f"{name}-{at.isoformat()}", now=at
    )
    gateways = {"sandbox": till.gateway}
    receive_message(gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=at)
    return process_messages(gateways=gateways, now=at).troubles


def differences(till: Till, gateway: Any = None) -> list[Kind]:
    report = reconcile_gateway(gateway=gateway or till.gateway, within=WITHIN, now=END)
    return [each.kind for each in report.differences]


def is_sound() -> bool:
    return verify_books().findings == ()


def settle(till: Till) -> Money:
    return settle_shortage(person_id=till.person.pk, currency="EUR", now=NOW)


def test_a_refund_made_at_the_gateway_is_taken_out_of_the_wallet(till: Till) -> None:
    top_up = till.top_up("10.00", bonus="1.00")
    refund_by_hand(till, top_up.handle, "4.00")
    assert differences(till) == [Kind.REFUND]
    assert hear(till) == ()
    # With it goes the same share of the bonus.
    assert till.spendable == euros("6.60")
    assert stands("losses/EUR") == NOTHING
    assert differences(till) == []
    with pytest.raises(PayBackTooLargeError):
        till.pay_back(top_up, "6.01")
    hear(till, at=NOW + DELAY + timedelta(seconds=9))
    assert till.spendable == euros("6.60")
    row = list_disputes()[0]
    assert (row.facts.is_refund, row.shortage) == (True, NOTHING)
    assert is_sound()


def test_what_was_spent_of_a_refund_made_at_the_gateway_is_missing_until_it_is_settled(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("1.00")
    spent = buy(cast)
    refund_by_hand(till, top_up.handle, "1.00")
    hear(till)
    assert till.spendable == NOTHING
    assert stands("losses/EUR") == -spent
    assert list_disputes()[0].shortage == spent
    with pytest.raises(WalletShutError):
        till.pay_back(till.top_up("1.00"), "0.01")
    assert differences(till) == []
    assert settle(till) == spent
    assert stands("losses/EUR") == NOTHING
    assert get_shortage(person_id=cast.alice.pk, currency="EUR") == NOTHING
    assert settle(till) == NOTHING
    assert is_sound()


def test_a_refund_that_the_card_did_not_take_comes_back_into_the_wallet(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("1.00", card="refund comes back")
    spent = buy(cast)
    refund_by_hand(till, top_up.handle, "1.00")
    hear(till)
    till.top_up("1.00")
    settle(till)
    assert hear(till, at=NOW + 3 * DELAY) == ()
    assert till.spendable == euros("2.00") - spent
    assert stands("losses/EUR") == NOTHING
    assert differences(till) == []
    assert is_sound()


def test_a_refund_that_failed_before_anybody_told_of_it_moves_nothing(till: Till) -> None:
    top_up = till.top_up("1.00", card="refund comes back")
    refund_by_hand(till, top_up.handle, "1.00")
    assert hear(till, at=NOW + 3 * DELAY) == ()
    assert till.spendable == euros("1.00")
    assert differences(till) == []
    assert is_sound()


def test_a_refund_under_a_reference_that_was_never_given_is_named_and_moves_nothing(
    till: Till,
) -> None:
    top_up = till.top_up("1.00")
    refund_by_hand(till, top_up.handle, "1.00", name="somebody-elses")
    (trouble,) = hear(till, name="somebody-elses")
    assert "never gave" in trouble
    assert till.spendable == euros("1.00")


def test_nothing_is_settled_while_the_bank_has_not_decided_or_the_wallet_holds_too_little(
    cast: Cast, till: Till
) -> None:
    top_up = till.top_up("1.00", card="lost")
    spent = buy(cast)
    till.hear(till.dispute(top_up))
    with pytest.raises(PayBackError, match="not decided"):
        settle(till)
    till.hear(till.dispute(top_up, at=DECIDED))
    with pytest.raises(PayBackError, match="not hold that much"):
        settle(till)
    assert list_disputes()[0].shortage == spent
    assert is_sound()


@pytest.mark.parametrize("then", ["", "repaid", "forgiven"])
def test_a_dispute_won_after_it_was_lost_brings_everything_back(
    cast: Cast, till: Till, then: str
) -> None:
    top_up = till.top_up("2.00", card="won", bonus="0.50")
    spent = buy(cast)
    till.hear(till.dispute(top_up))
    lost = replace(till.dispute(top_up), state="lost")
    till.hear(lost)
    other = till.top_up("5.00")
    if then == "repaid":
        assert settle(till) == list_disputes()[0].facts.uncovered
    if then == "forgiven":
        forgive_shortage(dispute_id=list_disputes()[0].id, forgiven_by=cast.otto.pk, now=NOW)
    won: DisputeState = till.dispute(top_up, at=DECIDED)
    assert won.state == "won"
    till.hear(won)
    till.hear(lost)  # Late, and no news.
    assert till.spendable == euros("7.50") - spent
    assert stands(f"held/{till.person.pk}/EUR") == NOTHING
    assert stands("losses/EUR") == NOTHING
    assert differences(till) == []
    till.pay_back(other, "1.00")
    assert is_sound()


def test_what_a_gateway_gives_back_of_its_fee_with_a_late_win_is_booked(till: Till) -> None:
    top_up = till.top_up("2.00", card="won")
    till.hear(till.dispute(top_up))
    till.hear(replace(till.dispute(top_up), state="lost"))
    fees = stands("fees/sandbox/EUR")
    till.hear(replace(till.dispute(top_up, at=DECIDED), fee=euros("5.00")))
    assert stands("fees/sandbox/EUR") - fees == euros("15.00")
    assert is_sound()


def test_a_late_win_killed_at_any_call_leaves_books_that_a_rerun_completes(
    till: Till, tmp_path: Path
) -> None:
    won = 0

    def prepare() -> DisputeState:
        top_up = till.top_up("2.00", card="won")
        till.hear(replace(till.dispute(top_up), state="lost"))
        assert till.spendable == euros(f"{2 * won}.00")
        return till.dispute(top_up, at=DECIDED)

    def check(dispute: DisputeState, _: Exception | None) -> None:
        nonlocal won
        till.hear(dispute)
        won += 1
        assert till.spendable == euros(f"{2 * won}.00")

    assert fail_each_call(folder=tmp_path, prepare=prepare, run=till.hear, check=check) > 10
    assert stands("losses/EUR") == NOTHING
    assert is_sound()


@dataclass(frozen=True)
class PayingOut:
    """The sandbox, which pays out too."""

    inner: SandboxGateway
    payouts: tuple[Activity, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def list_activity(self, *, within: Period, now: datetime) -> Iterator[Activity]:
        yield from self.inner.list_activity(within=within, now=now)
        yield from (line for line in self.payouts if line.at in within)


def payout(amount: str, *, handle: str = "po_1") -> Activity:
    return Activity(ActivityKind.PAYOUT, handle, "", "", -euros(amount), NOTHING, NOW)


def come_to_the_bank(amount: str) -> int:
    import_statement(
        data=camt([Line(amount, "CARDS", on="2026-11-26")]), iban=IBAN, now=NOW + timedelta(days=3)
    )
    return list_entries()[0].id


def decide(entry_id: int, gateway: str = "sandbox") -> None:
    take_payout(
        entry_id=entry_id,
        gateway=gateway,
        gateways=["sandbox"],
        note="",
        decided_by=None,
        now=NOW + timedelta(days=3),
    )


def test_a_payout_on_the_bank_statement_takes_the_gateways_account_to_zero(till: Till) -> None:
    till.top_up("10.00")
    owed = -stands("clearing/sandbox/EUR")
    paying = PayingOut(till.gateway, (payout(str(owed.decimal)),))
    assert differences(till, paying) == [Kind.PAYOUT]
    entry_id = come_to_the_bank(str(owed.decimal))
    decide(entry_id)
    decide(entry_id)
    assert stands("clearing/sandbox/EUR") == NOTHING
    assert stands("clearing/bank/EUR") == -owed
    assert stands("unclaimed/EUR") == NOTHING
    assert differences(till, paying) == []
    assert is_sound()


def test_a_payout_of_another_amount_is_named_on_both_sides(till: Till) -> None:
    till.top_up("10.00")
    decide(come_to_the_bank("9.00"))
    paying = PayingOut(till.gateway, (payout("9.60"),))
    assert differences(till, paying) == [Kind.PAYOUT, Kind.PAYOUT]


def test_a_payout_is_missed_only_once_it_had_time_to_arrive(till: Till) -> None:
    till.top_up("10.00")
    paying = PayingOut(till.gateway, (payout("9.60"),))
    report = reconcile_gateway(
        gateway=paying, within=Period(WITHIN.starts_at, NOW + PAYOUT_LASTS), now=NOW + PAYOUT_LASTS
    )
    assert report.differences == ()


def test_a_payout_that_the_bank_did_not_take_is_no_difference(till: Till) -> None:
    till.top_up("10.00")
    sent = payout("9.60")
    paying = PayingOut(till.gateway, (sent, replace(sent, amount=euros("9.60"))))
    assert differences(till, paying) == []


def test_a_payout_of_a_gateway_that_the_store_has_not_is_refused(till: Till) -> None:
    entry_id = come_to_the_bank("9.60")
    with pytest.raises(BankError, match="sandbox"):
        decide(entry_id, "paypal")
    decide(entry_id)
    with pytest.raises(DecidedError):
        take_payout(
            entry_id=entry_id,
            gateway="stripe",
            gateways=["stripe", "sandbox"],
            note="",
            decided_by=None,
            now=NOW,
        )
    assert is_sound()


def redeem(cast: Cast, code: str) -> None:
    redeem_voucher(code=code, person_id=cast.alice.pk, domain="testserver", now=NOW)


def test_vouchers_that_a_till_has_sold_stand_in_the_books_until_they_are_redeemed(
    cast: Cast,
) -> None:
    issue_vouchers(codes=["one", "two"], batch="fair", amount=euros("5.00"), now=NOW)
    issue_vouchers(codes=["gratis"], batch="fair", amount=euros("5.00"), now=NOW, is_free=True)
    assert stands("vouchers/EUR") == NOTHING
    assert sell_vouchers(batch="fair", now=NOW) == [euros("10.00")]
    assert stands("vouchers/EUR") == euros("10.00")
    assert stands("clearing/voucher/EUR") == euros("-10.00")
    redeem(cast, "one")
    redeem(cast, "gratis")
    assert stands("vouchers/EUR") == euros("5.00")
    assert stands("clearing/voucher/EUR") == euros("-10.00")
    assert stands("promotions/EUR") == euros("-5.00")
    with pytest.raises(PaymentError, match="waits"):
        sell_vouchers(batch="fair", now=NOW)
    assert is_sound()


def test_a_till_is_booked_no_voucher_that_has_ended_and_none_made_by_hand_but_by_its_code(
    cast: Cast,
) -> None:
    end = NOW + timedelta(days=1)
    issue_vouchers(codes=["old"], batch="fair", amount=euros("5.00"), now=NOW, expires_at=end)
    with pytest.raises(PaymentError, match="waits"):
        sell_vouchers(batch="fair", now=end)
    issue_vouchers(codes=["a", "b", "c"], batch=BY_HAND, amount=euros("5.00"), now=NOW)
    with pytest.raises(PaymentError, match="codes"):
        sell_vouchers(batch=BY_HAND, now=NOW)
    assert sell_vouchers(batch=BY_HAND, codes=["a", "old"], now=NOW) == [euros("5.00")]
    assert stands("vouchers/EUR") == euros("5.00")
    assert is_sound()


def test_a_voucher_redeemed_before_its_till_told_of_it_is_owed_by_that_till(cast: Cast) -> None:
    issue_vouchers(codes=["one", "two"], batch="fair", amount=euros("5.00"), now=NOW)
    redeem(cast, "one")
    assert sell_vouchers(batch="fair", now=NOW) == [euros("5.00")]
    assert stands("clearing/voucher/EUR") == euros("-10.00")
    assert stands("vouchers/EUR") == euros("5.00")
    assert is_sound()


def test_a_sale_of_vouchers_that_the_books_do_not_know_is_found(cast: Cast) -> None:
    issue_vouchers(codes=["one"], batch="fair", amount=euros("5.00"), now=NOW)
    Voucher.objects.update(sold_at=NOW)
    assert "voucher/" in str(verify_books().findings)
    redeem(cast, "one")
