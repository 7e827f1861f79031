"""A form, the worker and the gateway's messages meet over one charge: it counts once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from pennywhistle.adapters.gateways.interface import Card, GatewayUnreachableError, NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.record_payment_event import settle_pending_top_ups
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.flows.watch_gateways import asking, probe_gateways
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.payments.gateways.circuits import PROBE_FIRST
from pennywhistle.shop.payments.gateways.models import GatewayMessage
from pennywhistle.shop.payments.gateways.queries import list_circuits
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from tests.cast import NOW, Cast, assemble, euros
from tests.flows.test_money_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = "4000000000000077"
CROWD = 12


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path)


def test_forms_messages_and_the_worker_at_once_credit_a_charge_once(
    cast: Cast, gateway: SandboxGateway
) -> None:
    top_up_id, later = new_id(now=NOW), NOW + DELAY
    gateways = {gateway.name: gateway}

    def send() -> TopUp:
        return top_up_wallet(
            top_up_id=top_up_id,
            person_id=cast.alice.pk,
            amount=euros("10.00"),
            card=Card(SLOW),
            gateway=gateway,
            now=NOW,
        )

    def hear(event_id: str) -> Callable[[], object]:
        def work() -> None:
            headers, body = gateway.compose_message(
                kind=NoticeKind.CHARGE, handle=str(top_up_id), event_id=event_id, now=later
            )
            receive_message(
                gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=later
            )
            process_messages(gateways=gateways, now=later)

        return work

    def settle() -> object:
        return settle_pending_top_ups(gateways=gateways, created_before=later, now=later)

    send()
    calls = [hear(f"e{number % 4}") for number in range(CROWD)] + [settle, send] * 4
    assert at_once(calls) == {"done": len(calls)}
    assert get_wallet_balance(person_id=cast.alice.pk, currency="EUR") == euros("10.00")
    assert Transfer.objects.filter(key=f"top-up/{top_up_id}/end").count() == 1
    process_messages(gateways=gateways, now=later + timedelta(hours=1))
    assert GatewayMessage.objects.count() == 4
    assert GatewayMessage.objects.filter(processed_at=None).count() == 0
    assert verify_books().findings == ()


@dataclass
class Counting:
    """A gateway that gives no answer, and counts how often it was tried."""

    name: str = "silent"
    tries: int = 0
    lock: Any = field(default_factory=Lock)

    def check(self) -> None:
        with self.lock:
            self.tries += 1
        raise GatewayUnreachableError("silence")


def test_failures_at_once_open_one_circuit_and_one_of_many_tries_it_again(cast: Cast) -> None:
    silent: Any = Counting()

    def ask() -> None:
        with asking(gateway=silent, now=NOW):
            silent.check()

    ends = at_once([ask] * CROWD)
    assert set(ends) <= {"GatewayUnreachableError", "GatewayClosedError"}
    circuit = list_circuits()["silent"]
    assert circuit.opened_at == NOW
    silent.tries = 0
    due = NOW + PROBE_FIRST
    probes = [lambda: probe_gateways(gateways={"silent": silent}, now=due)] * CROWD
    assert at_once(probes) == {"done": CROWD}
    assert silent.tries == 1
