"""Top-ups: what a card may be asked for, and what a gateway may say, in any order and any number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pennywhistle.adapters.gateways.interface import Card, ChargeState, GatewayUnreachableError
from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.record_payment_event import (
    SettlementError,
    record_charge,
    settle_pending_top_ups,
)
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.queries import find_wallet_currency, get_wallet_balance
from pennywhistle.shop.payments.rules import OtherWalletError, PaymentError
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import ASKED_AGAIN_AFTER
from pennywhistle.shop.payments.top_ups.rules import PENDING_TOP_UPS_MOST
from tests.cast import NOW, Cast, euros

pytestmark = pytest.mark.django_db

GOOD, DECLINED = "4242424242424242", "4000000000000002"
SLOW, SLOWLY_DECLINED = "4000000000000077", "4000000000000341"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path)


def top_up(
    cast: Cast, gateway: SandboxGateway, number: str, *, amount: str = "10.00", at: datetime = NOW
) -> TopUp:
    return top_up_wallet(
        top_up_id=new_id(now=at),
        person_id=cast.alice.pk,
        amount=euros(amount),
        card=Card(number),
        gateway=gateway,
        now=at,
    )


def settle(gateway: SandboxGateway, *, now: datetime = LATER) -> int:
    return settle_pending_top_ups(gateways={"sandbox": gateway}, created_before=now, now=now)


def balance(cast: Cast) -> Money:
    assert verify_books().findings == ()
    return get_wallet_balance(person_id=cast.alice.pk, currency="EUR")


@pytest.mark.parametrize(
    ("number", "at_once", "later", "worth"),
    [
        (GOOD, "succeeded", "succeeded", "10.00"),
        (DECLINED, "declined", "declined", "0"),
        (SLOW, "pending", "succeeded", "10.00"),
        (SLOWLY_DECLINED, "pending", "declined", "0"),
    ],
)
def test_each_test_card_does_what_it_is_documented_to(
    cast: Cast, gateway: SandboxGateway, number: str, at_once: str, later: str, worth: str
) -> None:
    started = top_up(cast, gateway, number)
    assert started.state == at_once
    assert settle(gateway, now=NOW + DELAY - timedelta(microseconds=1)) == 0
    settle(gateway, now=NOW + DELAY)
    started.refresh_from_db()
    assert started.state == later
    assert bool(started.decline_reason) == (later == "declined")
    assert balance(cast) == euros(worth)


def test_a_first_top_up_that_comes_to_nothing_fixes_no_currency(
    cast: Cast, gateway: SandboxGateway
) -> None:
    ten_dollars = Money.parse("10.00", "USD")

    def ask(card: str, amount: Money, now: datetime) -> TopUp:
        return top_up_wallet(
            top_up_id=new_id(now=now),
            person_id=cast.alice.pk,
            amount=amount,
            card=Card(card),
            gateway=gateway,
            now=now,
        )

    def currency() -> str | None:
        assert verify_books().findings == ()
        return find_wallet_currency(person_id=cast.alice.pk)

    assert ask(DECLINED, ten_dollars, NOW).state == "declined"
    assert currency() is None
    assert ask(SLOWLY_DECLINED, ten_dollars, NOW).state == "pending"
    assert currency() == "USD"  # It may arrive yet.
    settle(gateway)
    assert currency() is None
    assert ask(GOOD, euros("10.00"), LATER).state == "succeeded"
    assert currency() == "EUR"
    with pytest.raises(OtherWalletError):
        ask(SLOW, ten_dollars, LATER)
    assert currency() == "EUR"


@pytest.mark.parametrize("amount", ["0.99", "0", "-5", "200.01", "10.001"])
def test_an_amount_that_no_card_is_asked_for_is_refused(
    cast: Cast, gateway: SandboxGateway, amount: str
) -> None:
    with pytest.raises(PaymentError):
        top_up(cast, gateway, GOOD, amount=amount)
    assert TopUp.objects.count() == 0


@pytest.mark.parametrize("number", ["4242424242424241", "4111111111111111", "", "penny"])
def test_a_card_that_is_none_is_refused_and_its_top_up_closed(
    cast: Cast, gateway: SandboxGateway, number: str
) -> None:
    with pytest.raises(PaymentError):
        top_up(cast, gateway, number)
    assert TopUp.objects.get().state == "declined"
    assert balance(cast) == euros("0")


def test_a_form_sent_again_with_another_amount_or_by_another_is_refused(
    cast: Cast, gateway: SandboxGateway
) -> None:
    first = top_up(cast, gateway, GOOD)
    for person, amount in (
        (cast.alice, euros("20.00")),
        (cast.alice, Money.parse("10.00", "USD")),
        (cast.bob, euros("10.00")),
    ):
        with pytest.raises(PaymentError, match="sent before"):
            top_up_wallet(
                top_up_id=first.pk,
                person_id=person.pk,
                amount=amount,
                card=Card(GOOD),
                gateway=gateway,
                now=NOW,
            )
    assert balance(cast) == euros("10.00")


def test_too_many_pending_top_ups_are_refused(cast: Cast, gateway: SandboxGateway) -> None:
    for _ in range(PENDING_TOP_UPS_MOST):
        top_up(cast, gateway, SLOW)
    with pytest.raises(PaymentError, match="still on their way"):
        top_up(cast, gateway, SLOW)


def charge_of(top_up: TopUp, state: str) -> ChargeState:
    reason = "The bank said no." if state == "declined" else ""
    return ChargeState(str(top_up.pk), state, euros("10.00"), reason, {"state": state})


@pytest.mark.parametrize(
    ("told", "end", "worth"),
    [
        (["succeeded", "succeeded", "succeeded"], "succeeded", "10.00"),
        (["succeeded", "declined", "pending"], "succeeded", "10.00"),
        (["declined", "succeeded"], "succeeded", "10.00"),
        (["declined", "declined", "pending"], "declined", "0"),
        (["pending", "pending"], "pending", "0"),
    ],
)
def test_what_a_gateway_says_counts_once_in_any_order(
    cast: Cast, gateway: SandboxGateway, told: list[str], end: str, worth: str
) -> None:
    started = top_up(cast, gateway, SLOW)
    for hours, state in enumerate(told):
        at = LATER + timedelta(hours=hours)
        record_charge(charge=charge_of(started, state), gateway_name="sandbox", now=at)
    started.refresh_from_db()
    assert started.state == end
    assert balance(cast) == euros(worth)


@dataclass(frozen=True)
class OneInTrouble:
    """The sandbox gateway, which does not answer, or answers wrongly, for one reference."""

    inner: SandboxGateway
    trouble: UUID
    is_silent: bool
    name: str = "sandbox"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def find_charge(self, *, handle: str, now: datetime) -> ChargeState | None:
        found = self.inner.find_charge(handle=handle, now=now)
        if found is None or handle != str(self.trouble):
            return found
        if self.is_silent:
            raise GatewayUnreachableError("no answer")
        return replace(found, amount=euros("99.00"))


@pytest.mark.parametrize("is_silent", [True, False])
def test_one_top_up_in_trouble_holds_up_no_other_and_is_credited_nothing(
    cast: Cast, gateway: SandboxGateway, is_silent: bool
) -> None:
    first, second = top_up(cast, gateway, SLOW), top_up(cast, gateway, SLOW, amount="5.00")
    troubled = OneInTrouble(gateway, first.pk, is_silent)
    with pytest.raises(SettlementError, match=str(first.pk)) as trouble:
        settle_pending_top_ups(gateways={"sandbox": troubled}, created_before=LATER, now=LATER)
    assert trouble.value.settled == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("pending", "succeeded")
    assert balance(cast) == euros("5.00")
    assert settle(gateway) == 0  # It was asked just now, and is none of the youngest.
    assert settle(gateway, now=LATER + ASKED_AGAIN_AFTER) == 1
    assert balance(cast) == euros("15.00")


def test_a_top_up_that_its_gateway_never_heard_of_is_closed(
    cast: Cast, gateway: SandboxGateway
) -> None:
    started = top_up(cast, gateway, SLOW)
    (gateway.folder / f"{started.pk}.json").unlink()
    assert settle(gateway) == 1
    started.refresh_from_db()
    assert (started.state, started.decline_reason) == ("declined", "The card was not charged.")
