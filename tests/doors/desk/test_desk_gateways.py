"""The desk's page of ways to pay: how each is, and what could not be heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.adapters.gateways.interface import GatewayShutError, NoticeKind
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.shop.payments.gateways.messages import TRIES_MOST
from pennywhistle.shop.payments.gateways.models import GatewayCircuit, GatewayMessage
from pennywhistle.shop.payments.top_ups.models import TopUp
from tests.cast import NOW, Cast

See = Callable[..., str]

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(cast: Cast, settings: Settings, tmp_path: Path) -> Iterator[SandboxGateway]:
    """The store's sandbox."""
    settings.SANDBOX_CARDS = True
    settings.SANDBOX_FOLDER = tmp_path
    get_outfit.cache_clear()
    gateway = get_outfit().gateways["sandbox"]
    assert isinstance(gateway, SandboxGateway)
    yield gateway
    get_outfit.cache_clear()


def test_a_gateway_out_of_order_is_told_with_what_it_said(
    otto: Client, sandbox: SandboxGateway, see: See
) -> None:
    assert "in order" in see(otto, "/desk/gateways/")
    assert otto.get("/healthz").json() == {"status": "ok"}
    (sandbox.folder / "trouble").write_text("shut")
    with pytest.raises(GatewayShutError), asking(gateway=sandbox, now=NOW):
        sandbox.check()
    page = see(otto, "/desk/gateways/")
    assert "declines to serve this store" in page
    assert "told to serve nobody" in page
    health = otto.get("/healthz")
    assert health.status_code == 200
    assert health.json() == {"status": "degraded"}


def test_messages_that_were_given_up_are_listed_and_processed_again(
    otto: Client, sandbox: SandboxGateway, cast: Cast, see: See
) -> None:
    assert "None: everything that gateways told was heard." in see(otto, "/desk/gateways/")
    TopUp.objects.create(
        id="0190f3c2-7a10-7000-8000-000000000009",
        person=cast.alice,
        amount_micros=5_000_000,
        currency="EUR",
        gateway="sandbox",
        handle="lost",
        created_at=NOW,
    )
    headers, body = sandbox.compose_message(
        kind=NoticeKind.CHARGE, handle="lost", event_id="evt-7", now=NOW
    )
    gateways = {"sandbox": sandbox}
    receive_message(gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=NOW)
    for tries in range(TRIES_MOST):
        process_messages(gateways=gateways, now=NOW + timedelta(hours=3 * tries))
    page = see(otto, "/desk/gateways/")
    assert "evt-7" in page
    assert "a charge that it does not know" in page
    TopUp.objects.update(handle="")
    assert otto.post("/desk/gateways/try/").status_code == 303
    assert GatewayMessage.objects.get().processed_at is not None
    assert "evt-7" not in see(otto, "/desk/gateways/")


def test_the_page_is_the_operators_alone(lena: Client, see: See) -> None:
    see(lena, "/desk/gateways/", status=403)
    assert GatewayCircuit.objects.count() == 0
