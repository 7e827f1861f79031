"""The sandbox: each test number does what its table says, and its list is what it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.gateways.interface import (
    ActivityKind,
    AsksHere,
    Card,
    CardKeeper,
    CardRefusedError,
    GatewayRefusedError,
    GatewayUnreachableError,
    KeptCard,
)
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS, SandboxGateway
from pennywhistle.adapters.gateways.sandbox_cards import ChargeRecord, fee_of
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEN = Money.parse("10.00", "EUR")
GOOD, ASKS_FIRST = "4242424242424242", "4000000000003220"
EVER = Period(NOW - timedelta(days=1), NOW + timedelta(days=90))
LATE = NOW + timedelta(days=60)


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path)


def charge(gateway: SandboxGateway, number: str, reference: str = "r") -> str:
    handle = gateway.begin(reference=reference, amount=TEN, means=Card(number), now=NOW)
    gateway.charge(handle=handle, now=NOW)
    return handle


def test_it_asks_on_the_shops_own_page_and_keeps_no_cards(gateway: SandboxGateway) -> None:
    assert isinstance(gateway, AsksHere)
    assert not isinstance(gateway, CardKeeper)
    with pytest.raises(CardRefusedError):
        gateway.begin(reference="r", amount=TEN, means=KeptCard("pm", "cus"), now=NOW)


def test_what_was_begun_alone_takes_nothing_and_can_be_ended_for_ever(
    gateway: SandboxGateway,
) -> None:
    handle = gateway.begin(reference="r", amount=TEN, means=Card(GOOD), now=NOW)
    begun = gateway.find_charge(handle=handle, now=LATE)
    assert begun is not None
    assert (begun.state, list(gateway.list_activity(within=EVER, now=LATE))) == ("begun", [])
    ended = gateway.cancel(handle=handle, now=NOW)
    assert ended is not None
    assert ended.state == gateway.charge(handle=handle, now=NOW).state == "declined"


@pytest.mark.parametrize(("is_accepted", "end"), [(True, "succeeded"), (False, "declined")])
def test_the_first_answer_to_the_bank_stays(
    gateway: SandboxGateway, is_accepted: bool, end: str
) -> None:
    handle = charge(gateway, ASKS_FIRST)
    asked = gateway.find_charge(handle=handle, now=LATE)
    assert asked is not None
    assert asked.state == "action"
    for answer in (is_accepted, not is_accepted):
        assert gateway.answer(handle=handle, is_accepted=answer, now=NOW).state == end
    assert gateway.cancel(handle=handle, now=NOW) == gateway.find_charge(handle=handle, now=NOW)


def test_refunds_never_exceed_the_charge_and_happen_once(gateway: SandboxGateway) -> None:
    handle, part = charge(gateway, GOOD), Money.parse("6.00", "EUR")
    for _ in range(2):
        done = gateway.refund(handle=handle, refund_reference="a", amount=part, now=NOW)
        assert done.state == "succeeded"
    with pytest.raises(GatewayRefusedError, match="more would go back"):
        gateway.refund(handle=handle, refund_reference="b", amount=part, now=NOW)
    with pytest.raises(GatewayRefusedError, match="another refund"):
        gateway.refund(handle=handle, refund_reference="a", amount=TEN, now=NOW)
    assert gateway.find_refund(handle=handle, refund_reference="b", now=NOW) is None
    assert gateway.find_refund(handle="other", refund_reference="a", now=NOW) is None


@pytest.mark.parametrize(
    ("number", "at_once", "later", "net"),
    [
        ("4000000000005126", "succeeded", "declined", "10.00"),
        ("4000000000007726", "pending", "succeeded", "6.00"),
    ],
)
def test_refunds_that_are_slow_or_come_back_do_so(
    gateway: SandboxGateway, number: str, at_once: str, later: str, net: str
) -> None:
    handle, part = charge(gateway, number), Money.parse("4.00", "EUR")
    done = gateway.refund(handle=handle, refund_reference="a", amount=part, now=NOW)
    assert done.state == at_once
    assert gateway.get_refund(refund_handle="a", now=NOW + DELAY).state == later
    lines = list(gateway.list_activity(within=EVER, now=LATE))
    assert Money.total((line.amount for line in lines), "EUR") == Money.parse(net, "EUR")


@pytest.mark.parametrize(
    ("number", "open_as", "end", "kinds"),
    [
        ("4000000000001976", "inquiry", "inquiry", ["charge"]),
        ("4000000000002685", "open", "won", ["dispute-won", "dispute", "charge"]),
        ("4000000000000259", "open", "lost", ["dispute", "charge"]),
    ],
)
def test_disputes_open_and_end_as_their_numbers_say(
    gateway: SandboxGateway, number: str, open_as: str, end: str, kinds: list[str]
) -> None:
    dispute = f"dispute-{charge(gateway, number)}"
    with pytest.raises(GatewayRefusedError):
        gateway.get_dispute(dispute_handle=dispute, now=NOW)
    assert gateway.get_dispute(dispute_handle=dispute, now=NOW + DELAY).state == open_as
    over = NOW + DELAY + DISPUTE_LASTS
    assert gateway.get_dispute(dispute_handle=dispute, now=over).state == end
    lines = list(gateway.list_activity(within=EVER, now=LATE))
    assert [line.kind for line in lines] == [ActivityKind(kind) for kind in kinds]


def test_a_list_of_a_period_holds_that_period(gateway: SandboxGateway) -> None:
    charge(gateway, GOOD)
    assert len(list(gateway.list_activity(within=EVER, now=LATE))) == 1
    past = Period(NOW - timedelta(days=1), NOW)
    assert list(gateway.list_activity(within=past, now=LATE)) == []


@pytest.mark.parametrize("reference", ["../secret", "a/b", "", ".", "a b"])
def test_a_reference_is_no_path(gateway: SandboxGateway, reference: str) -> None:
    with pytest.raises(GatewayRefusedError):
        gateway.find_charge(handle=reference, now=NOW)
    with pytest.raises(GatewayRefusedError):
        gateway.find_refund(handle="r", refund_reference=reference, now=NOW)


def test_trouble_on_purpose_is_trouble(gateway: SandboxGateway) -> None:
    gateway.check()
    (gateway.folder / "trouble").write_text("unreachable")
    with pytest.raises(GatewayUnreachableError):
        gateway.check()


@given(st.integers(100, 20_000))
def test_a_fee_is_whole_cents_and_less_than_what_it_is_of(cents: int) -> None:
    record = ChargeRecord("r", GOOD, Money.of_minor(cents, "EUR"), NOW)
    assert fee_of(record).is_whole_minor
    assert Money.of_minor(25, "EUR") <= fee_of(record) < record.amount
