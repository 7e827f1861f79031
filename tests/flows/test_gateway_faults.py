"""Fail the N-th call of what hears, probes and cancels: the books balance, and a rerun completes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pennywhistle.adapters.gateways.interface import Card, NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY, SandboxGateway
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.record_payment_event import ANSWER_WITHIN, settle_pending_top_ups
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.payments.gateways.messages import next_try
from pennywhistle.shop.payments.gateways.models import GatewayCircuit, GatewayMessage
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import ASKED_AGAIN_AFTER
from tests.cast import NOW, PASSWORD, assemble, euros
from tests.faults import fail_each_call

pytestmark = pytest.mark.django_db(transaction=True)

SLOW, ASKS_FIRST = "4000000000000077", "4000000000003220"


@pytest.fixture(autouse=True)
def shop(transactional_db: None) -> None:
    assemble()


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path / "gateway")


@dataclass(frozen=True)
class Paying:
    person: Person
    top_up: TopUp


def pay(gateway: SandboxGateway, number: str) -> Paying:
    GatewayCircuit.objects.all().delete()  # So many failures in a row would open it.
    email = f"{uuid.uuid4().hex}@example.org"
    person = create_person(email=email, password=PASSWORD, country="DE")
    top_up = top_up_wallet(
        top_up_id=new_id(now=NOW),
        person_id=person.pk,
        amount=euros("10.00"),
        card=Card(number),
        gateway=gateway,
        now=NOW,
    )
    return Paying(person, top_up)


def balance(paying: Paying) -> str:
    assert verify_books().findings == ()
    return str(get_wallet_balance(person_id=paying.person.pk, currency="EUR"))


def test_a_message_that_fails_anywhere_is_heard_once(
    gateway: SandboxGateway, tmp_path: Path
) -> None:
    at, gateways = NOW + DELAY, {gateway.name: gateway}

    def run(paying: Paying) -> object:
        headers, body = gateway.compose_message(
            kind=NoticeKind.CHARGE,
            handle=paying.top_up.handle,
            event_id=f"e-{paying.top_up.pk}",
            now=at,
        )
        receive_message(
            gateway_name=gateway.name, gateways=gateways, headers=headers, body=body, now=at
        )
        return process_messages(gateways=gateways, now=at)

    def check(paying: Paying, _: Exception | None) -> None:
        assert balance(paying) in {"0.00 EUR", "10.00 EUR"}
        run(paying)
        # One that was begun and not heard of any more is tried again after a while.
        later = next_try(tries=1, now=at)
        assert later is not None
        process_messages(gateways=gateways, now=later)
        assert balance(paying) == "10.00 EUR"
        assert GatewayMessage.objects.exclude(processed_at=None).count() > 0
        assert GatewayMessage.objects.filter(processed_at=None).count() == 0

    calls = fail_each_call(
        folder=tmp_path, prepare=lambda: pay(gateway, SLOW), run=run, check=check
    )
    assert calls > 10


def test_a_listener_who_never_answers_is_not_charged_wherever_the_end_of_it_fails(
    gateway: SandboxGateway, tmp_path: Path
) -> None:
    later = NOW + ANSWER_WITHIN + timedelta(minutes=1)

    def settle(at: datetime) -> object:
        return settle_pending_top_ups(gateways={gateway.name: gateway}, created_before=at, now=at)

    def run(_: Paying) -> object:
        return settle(later)

    def check(paying: Paying, _: Exception | None) -> None:
        settle(later + ASKED_AGAIN_AFTER)
        paying.top_up.refresh_from_db()
        assert paying.top_up.state == "declined"
        gateway.answer(handle=paying.top_up.handle, is_accepted=True, now=later)
        charge = gateway.charge(handle=paying.top_up.handle, now=later)
        assert charge.state == "declined"
        assert balance(paying) == "0.00 EUR"

    calls = fail_each_call(
        folder=tmp_path, prepare=lambda: pay(gateway, ASKS_FIRST), run=run, check=check
    )
    assert calls > 10
