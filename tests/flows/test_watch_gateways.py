"""A gateway out of order is left alone, the next way is offered, and nothing is lost or paid twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.gateways.interface import (
    Card,
    GatewayBusyError,
    GatewayUnreachableError,
    RefundState,
)
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.pay_back_top_up import settle_pending_pay_backs
from pennywhistle.flows.record_payment_event import SettlementError, settle_pending_top_ups
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.flows.watch_gateways import list_ways_to_pay, probe_gateways
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.payments.gateways.circuits import (
    FAILURES_MOST,
    PROBE_FIRST,
    PROBE_FIRST_SHUT,
    PROBE_LAST,
    Circuit,
    GatewayClosedError,
    after_failure,
    after_success,
    claim_probe,
)
from pennywhistle.shop.payments.gateways.operations import change_circuit
from pennywhistle.shop.payments.gateways.queries import list_circuits
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import ASKED_OFTEN_WITHIN
from tests.cast import NOW, Cast, euros
from tests.till import Till

GOOD, SLOW = "4242424242424242", "4000000000000077"


@pytest.fixture
def first(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path / "first", name="first")


@pytest.fixture
def second(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path / "second", name="second")


def be_in_trouble(gateway: SandboxGateway, trouble: str) -> None:
    gateway.folder.mkdir(parents=True, exist_ok=True)
    (gateway.folder / "trouble").write_text(trouble)


def pay(
    cast: Cast, gateway: SandboxGateway, *, number: str = GOOD, as_id: UUID | None = None
) -> TopUp:
    return top_up_wallet(
        top_up_id=as_id or new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=Card(number),
        gateway=gateway,
        now=NOW,
    )


def balance(cast: Cast) -> str:
    assert verify_books().findings == ()
    return str(get_wallet_balance(person_id=cast.alice.pk, currency="EUR"))


@pytest.mark.django_db
def test_after_three_silences_the_next_way_is_offered_and_no_money_is_lost(
    cast: Cast, first: SandboxGateway, second: SandboxGateway
) -> None:
    gateways = {"first": first, "second": second}
    waiting = pay(cast, first, number=SLOW)
    be_in_trouble(first, "unreachable")
    for _ in range(FAILURES_MOST):
        assert list_ways_to_pay(gateways=gateways) == ["first", "second"]
        with pytest.raises(GatewayUnreachableError):
            pay(cast, first)
    assert list_ways_to_pay(gateways=gateways) == ["second"]
    with pytest.raises(GatewayClosedError):
        pay(cast, first)
    pay(cast, second)
    assert balance(cast) == "10.00 EUR"

    later = NOW + timedelta(hours=1)
    # What was never begun is ended without asking; what was waits until it can be asked.
    ended = settle_pending_top_ups(gateways=gateways, created_before=later, now=later)
    assert ended == FAILURES_MOST
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    (first.folder / "trouble").unlink()
    assert probe_gateways(gateways=gateways, now=later) == ["first"]
    settle_pending_top_ups(gateways=gateways, created_before=later, now=later)
    waiting.refresh_from_db()
    assert waiting.state == "succeeded"
    assert TopUp.objects.filter(state="pending").count() == 0
    assert balance(cast) == "20.00 EUR"


@pytest.mark.django_db
def test_a_gateway_that_declines_to_serve_the_store_is_left_at_once(
    cast: Cast, first: SandboxGateway
) -> None:
    be_in_trouble(first, "shut")
    with pytest.raises(GatewayClosedError):
        pay(cast, first)
    circuit = list_circuits()["first"]
    assert circuit.is_open
    assert circuit.is_shut
    assert TopUp.objects.get().state == "declined"
    assert probe_gateways(gateways={"first": first}, now=NOW + PROBE_FIRST_SHUT) == []
    assert list_circuits()["first"].is_open


@pytest.mark.django_db
def test_an_answer_in_between_ends_the_count(cast: Cast, first: SandboxGateway) -> None:
    for _ in range(FAILURES_MOST):
        be_in_trouble(first, "unreachable")
        with pytest.raises(GatewayUnreachableError):
            pay(cast, first)
        (first.folder / "trouble").unlink()
        pay(cast, first)
    assert not list_circuits()["first"].is_open


@pytest.mark.django_db
def test_a_form_sent_again_after_the_silence_is_charged_once(
    cast: Cast, first: SandboxGateway
) -> None:
    top_up_id = new_id(now=NOW)
    be_in_trouble(first, "unreachable")
    with pytest.raises(GatewayUnreachableError):
        pay(cast, first, as_id=top_up_id)
    (first.folder / "trouble").unlink()
    assert pay(cast, first, as_id=top_up_id).state == "succeeded"
    assert balance(cast) == "10.00 EUR"


@pytest.mark.django_db
def test_settling_stops_asking_a_gateway_that_has_fallen_silent(
    cast: Cast, first: SandboxGateway
) -> None:
    for _ in range(FAILURES_MOST + 3):
        pay(cast, first, number=SLOW)
    be_in_trouble(first, "unreachable")
    later = NOW + timedelta(hours=1)
    with pytest.raises(SettlementError) as trouble:
        settle_pending_top_ups(gateways={"first": first}, created_before=later, now=later)
    assert len(trouble.value.troubles) == FAILURES_MOST
    assert settle_pending_top_ups(gateways={"first": first}, created_before=later, now=later) == 0


def test_one_process_alone_makes_each_probe_and_the_waits_grow() -> None:
    circuit = replace(Circuit("g"), failures=FAILURES_MOST - 1)
    circuit = after_failure(circuit=circuit, is_shut=False, reason="silence", now=NOW)
    assert circuit.probe_at == NOW + PROBE_FIRST
    assert claim_probe(circuit=circuit, now=NOW) is None
    now, waits = NOW, []
    for _ in range(12):
        assert circuit.probe_at is not None
        waits.append(circuit.probe_at - now)
        now = circuit.probe_at
        claimed = claim_probe(circuit=circuit, now=now)
        assert claimed is not None
        assert claim_probe(circuit=claimed, now=now) is None
        circuit = claimed
    assert waits == sorted(waits)
    assert waits[-1] == PROBE_LAST
    assert after_success(circuit=circuit) == Circuit("g")


@given(st.lists(st.sampled_from(["answer", "silence", "shut"]), max_size=30))
def test_a_circuit_is_open_exactly_after_a_refusal_or_three_silences(told: list[str]) -> None:
    circuit, silences, is_open = Circuit("g"), 0, False
    for one in told:
        if one == "answer":
            circuit, silences, is_open = after_success(circuit=circuit), 0, False
            continue
        is_shut = one == "shut"
        circuit = after_failure(circuit=circuit, is_shut=is_shut, reason=one, now=NOW)
        silences += 1
        is_open = is_open or is_shut or silences >= FAILURES_MOST
        assert circuit.is_open == is_open
        assert (circuit.probe_at is not None) == is_open


class Counting:
    """A gateway that keeps every refund pending, and counts how often it is asked about one."""

    def __init__(self, gateway: SandboxGateway) -> None:
        self._gateway, self.asked = gateway, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def find_refund(self, **asked: Any) -> RefundState | None:
        self.asked += 1
        known = self._gateway.find_refund(**asked)
        return None if known is None else replace(known, state="pending")


class Busy:
    """A gateway that asks us, whatever it is asked, to ask less often."""

    def __init__(self, gateway: SandboxGateway) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        if name == "find_charge":
            raise GatewayBusyError("ask less often")
        return getattr(self._gateway, name)


@pytest.mark.django_db
def test_a_gateway_that_asks_us_to_ask_less_often_stays_offered(
    cast: Cast, first: SandboxGateway
) -> None:
    gateways = {"first": Busy(first)}
    for _ in range(FAILURES_MOST + 1):
        pay(cast, first, number=SLOW)
    later = NOW + timedelta(hours=1)
    with pytest.raises(SettlementError, match="less often"):
        settle_pending_top_ups(gateways=gateways, created_before=later, now=later)
    assert list_ways_to_pay(gateways=gateways) == ["first"]


@pytest.mark.django_db(transaction=True)
def test_a_pay_back_is_asked_about_less_often_as_it_grows_old_and_never_through_an_open_circuit(
    cast: Cast, first: SandboxGateway
) -> None:
    till = Till(first, cast.alice)
    till.pay_back(till.top_up(card="refund pending"), "4.00")
    gateways = {"first": Counting(first)}

    def settle(at: datetime) -> int:
        before = gateways["first"].asked
        settle_pending_pay_backs(gateways=gateways, created_before=at, now=at)
        return gateways["first"].asked - before

    # What never comes to an end is asked about in every round while it is young, then by the minute.
    seconds = [NOW + timedelta(seconds=2 * each) for each in range(1, 150)]
    asked = [settle(at) for at in seconds]
    young = ASKED_OFTEN_WITHIN // timedelta(seconds=2)
    assert sum(asked[: young - 1]) == young - 1
    assert sum(asked) <= young + 4
    change_circuit(
        gateway="first",
        change=lambda known: after_failure(circuit=known, is_shut=True, reason="shut", now=NOW),
    )
    # Nothing is asked, and nothing raised.
    day_later = NOW + timedelta(days=1)
    before = gateways["first"].asked
    settle_pending_pay_backs(gateways=gateways, created_before=day_later, now=day_later)
    assert gateways["first"].asked == before
