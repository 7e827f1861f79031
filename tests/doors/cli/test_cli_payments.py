"""The commands of gateways, as an operator types them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from typer.testing import CliRunner

from pennywhistle.adapters.gateways.interface import Card, GatewayShutError, NoticeKind
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.doors.cli.main import app
from pennywhistle.flows.hear_gateway import receive_message
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from tests.cast import Cast, euros

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(cast: Cast, settings: Settings, tmp_path: Path) -> Iterator[SandboxGateway]:
    """The store's sandbox."""
    settings.SANDBOX_CARDS, settings.SANDBOX_FOLDER = True, tmp_path
    get_outfit.cache_clear()
    gateway = get_outfit().gateways["sandbox"]
    assert isinstance(gateway, SandboxGateway)
    yield gateway
    get_outfit.cache_clear()


def run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["payments", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def pay(cast: Cast, sandbox: SandboxGateway) -> str:
    top_up = top_up_wallet(
        top_up_id=new_id(now=utc_now()),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=Card("4242424242424242"),
        gateway=sandbox,
        now=utc_now(),
    )
    return top_up.handle


def test_each_way_to_pay_says_how_it_is(cast: Cast, sandbox: SandboxGateway) -> None:
    told = run("gateways")
    assert "stripe: not set up; set PENNYWHISTLE_STRIPE_SECRET_KEY" in told
    assert "bank: not set up; set PENNYWHISTLE_BANK_IBAN" in told
    assert told.endswith("sandbox: open for business\n")
    (sandbox.folder / "trouble").write_text("shut")
    with pytest.raises(GatewayShutError), asking(gateway=sandbox, now=utc_now()):
        sandbox.check()
    assert "sandbox: declines to serve this store since" in run("gateways", status=1)


def test_messages_are_listed_and_processed_again(cast: Cast, sandbox: SandboxGateway) -> None:
    headers, body = sandbox.compose_message(
        kind=NoticeKind.CHARGE, handle=pay(cast, sandbox), event_id="evt-1", now=utc_now()
    )
    receive_message(
        gateway_name="sandbox",
        gateways={"sandbox": sandbox},
        headers=headers,
        body=body,
        now=utc_now(),
    )
    assert "evt-1  charge  due" in run("messages")
    assert run("messages", "--failed") == ""
    assert run("replay", "--event", "evt-1") == "1 of 1 messages processed again.\n"
    assert "evt-1  charge  processed, 1 tries" in run("messages")
    assert run("replay", "--gateway", "sandbox") == "1 of 1 messages processed again.\n"
    assert "say which" in run("replay", status=2)


def test_a_gateways_list_is_held_against_the_books(cast: Cast, sandbox: SandboxGateway) -> None:
    handle, today = pay(cast, sandbox), utc_now()
    days = [f"{today + timedelta(days=shift):%Y-%m-%d}" for shift in (-1, 2)]
    compare = ("reconcile", "--gateway", "sandbox", "--from", days[0], "--to", days[1])
    assert "1 charges took 10.00 EUR" in run(*compare)
    sandbox.refund(handle=handle, refund_reference="by-hand", amount=euros("1.00"), now=today)
    said = run(*compare, status=1)
    assert "DIFFERS  refund differs: pay-back/by-hand: it moved -1.00 EUR there" in said
    assert "known here: sandbox" in run(*compare[:2], "paypal", *compare[3:], status=2)
