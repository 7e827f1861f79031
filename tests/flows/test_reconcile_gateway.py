"""Reconciliation names every difference between a gateway's list and the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pennywhistle.adapters.gateways.interface import Activity, ActivityKind, Card, NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS, SandboxGateway
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.pay_back_top_up import pay_back_top_up
from pennywhistle.flows.reconcile_gateway import Kind, reconcile_gateway
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.kit.clock import Period
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.top_ups.models import TopUp
from tests.cast import NOW, Cast, euros

pytestmark = pytest.mark.django_db

GOOD, DISPUTED, WON = "4242424242424242", "4000000000000259", "4000000000002685"
REFUND_DECLINED = "4000000000005126"
END = NOW + timedelta(days=40)
WITHIN = Period(NOW - timedelta(hours=1), END)


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path)


def pay(cast: Cast, gateway: SandboxGateway, number: str = GOOD) -> TopUp:
    return top_up_wallet(
        top_up_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=Card(number),
        gateway=gateway,
        now=NOW,
    )


@dataclass(frozen=True)
class OtherList:
    """The sandbox, which lists something else than what it did."""

    inner: SandboxGateway
    lines: tuple[Activity, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def list_activity(self, *, within: Period, now: datetime) -> Iterator[Activity]:  # noqa: ARG002  # As the interface has it.
        yield from (line for line in self.lines if line.at in within)


def lines_of(gateway: SandboxGateway) -> tuple[Activity, ...]:
    return tuple(gateway.list_activity(within=WITHIN, now=END))


def kinds(gateway: Any) -> list[Kind]:
    report = reconcile_gateway(gateway=gateway, within=WITHIN, now=END)
    return [difference.kind for difference in report.differences]


def hear_dispute(gateway: SandboxGateway, top_up: TopUp, *, at: datetime) -> None:
    headers, body = gateway.compose_message(
        kind=NoticeKind.DISPUTE,
        handle=f"dispute-{top_up.handle}",
        event_id=uuid4().hex,
        now=at,
    )
    gateways = {"sandbox": gateway}
    receive_message(gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=at)
    assert process_messages(gateways=gateways, now=at).troubles == ()


def test_a_store_that_heard_everything_differs_in_nothing(
    cast: Cast, gateway: SandboxGateway
) -> None:
    kept, lost, won = (pay(cast, gateway, number) for number in (GOOD, DISPUTED, WON))
    pay_back_top_up(
        pay_back_id=uuid4(),
        top_up_id=kept.pk,
        amount=euros("4.00"),
        asked_by=None,
        gateways={"sandbox": gateway},
        now=NOW,
    )
    for top_up in (lost, won):
        hear_dispute(gateway, top_up, at=NOW + DELAY)
        hear_dispute(gateway, top_up, at=NOW + DELAY + DISPUTE_LASTS)
    report = reconcile_gateway(gateway=gateway, within=WITHIN, now=END)
    assert report.differences == ()
    assert (report.charges, report.taken) == (3, (euros("30.00"),))


def test_a_top_up_that_was_paid_back_and_is_disputed_too_is_named_while_both_stand(
    cast: Cast, gateway: SandboxGateway
) -> None:
    top_up = pay(cast, gateway, WON)
    pay_back_top_up(
        pay_back_id=uuid4(),
        top_up_id=top_up.pk,
        amount=euros("4.00"),
        asked_by=None,
        gateways={"sandbox": gateway},
        now=NOW,
    )
    hear_dispute(gateway, top_up, at=NOW + DELAY)
    until = Period(WITHIN.starts_at, NOW + DELAY + timedelta(minutes=1))
    report = reconcile_gateway(gateway=gateway, within=until, now=NOW + DELAY)
    (difference,) = report.differences
    assert difference.kind is Kind.BEYOND
    assert f"{top_up.pk} brought 10.00 EUR, and 14.00 EUR of it went back" in difference.what
    hear_dispute(gateway, top_up, at=NOW + DELAY + DISPUTE_LASTS)
    assert kinds(gateway) == []


def test_a_dispute_that_was_not_heard_is_named(cast: Cast, gateway: SandboxGateway) -> None:
    pay(cast, gateway, DISPUTED)
    assert kinds(gateway) == [Kind.DISPUTE]


def test_a_refund_made_behind_our_back_is_named(cast: Cast, gateway: SandboxGateway) -> None:
    handle = pay(cast, gateway).handle
    gateway.refund(handle=handle, refund_reference="by-hand", amount=euros("1.00"), now=NOW)
    assert kinds(gateway) == [Kind.REFUND]


def test_a_refund_that_came_back_is_named_until_it_is_heard(
    cast: Cast, gateway: SandboxGateway
) -> None:
    top_up, back = pay(cast, gateway, REFUND_DECLINED), uuid4()
    pay_back_top_up(
        pay_back_id=back,
        top_up_id=top_up.pk,
        amount=euros("4.00"),
        asked_by=None,
        gateways={"sandbox": gateway},
        now=NOW,
    )
    assert kinds(gateway) == [Kind.REFUND]
    at, gateways = NOW + DELAY, {"sandbox": gateway}
    headers, body = gateway.compose_message(
        kind=NoticeKind.REFUND, handle=str(back), event_id="e", now=at
    )
    receive_message(gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=at)
    assert process_messages(gateways=gateways, now=at).troubles == ()
    assert kinds(gateway) == []


def test_a_charge_without_a_top_up_and_one_that_was_not_credited_are_named(
    cast: Cast, gateway: SandboxGateway
) -> None:
    handle = gateway.begin(reference="lost", amount=euros("5.00"), means=Card(GOOD), now=NOW)
    gateway.charge(handle=handle, now=NOW)
    top_up = pay(cast, gateway, "4000000000000077")
    assert TopUp.objects.get(pk=top_up.pk).state == "pending"
    assert kinds(gateway) == [Kind.MISSING_HERE, Kind.MISSING_HERE]


def test_a_top_up_that_the_gateway_does_not_list_is_named(
    cast: Cast, gateway: SandboxGateway
) -> None:
    pay(cast, gateway)
    assert kinds(OtherList(gateway, ())) == [Kind.MISSING_THERE]


def test_another_amount_and_another_fee_are_named(cast: Cast, gateway: SandboxGateway) -> None:
    pay(cast, gateway)
    (line,) = lines_of(gateway)
    assert kinds(OtherList(gateway, (replace(line, amount=euros("9.00")),))) == [Kind.AMOUNT]
    assert kinds(OtherList(gateway, (replace(line, fee=Money(1, "EUR")),))) == [Kind.FEE]
    TopUp.objects.update(fee_micros=None)
    assert kinds(gateway) == [Kind.FEE]


def test_what_the_gateway_took_for_itself_is_named_and_so_is_a_payout_on_no_statement(
    cast: Cast, gateway: SandboxGateway
) -> None:
    pay(cast, gateway)
    nothing = Money.zero("EUR")
    more = (
        Activity(ActivityKind.FEE, "f", "", "", euros("-2.00"), nothing, NOW),
        Activity(ActivityKind.PAYOUT, "p", "", "", euros("-9.60"), nothing, NOW),
    )
    listed = OtherList(gateway, (*lines_of(gateway), *more))
    report = reconcile_gateway(gateway=listed, within=WITHIN, now=END)
    named = [difference.kind for difference in report.differences]
    assert named == [Kind.PAYOUT, Kind.UNKNOWN]
    assert report.paid_out == (euros("9.60"),)


def test_what_happened_shortly_outside_the_period_answers_what_is_inside(
    cast: Cast, gateway: SandboxGateway
) -> None:
    pay(cast, gateway)
    (line,) = lines_of(gateway)
    earlier = replace(line, at=WITHIN.starts_at - timedelta(hours=5))
    assert kinds(OtherList(gateway, (earlier,))) == []
