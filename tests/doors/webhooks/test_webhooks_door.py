"""`/webhooks/<gateway>/`: kept at once, whoever sends it, and only what is signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.adapters.gateways.interface import NoticeKind
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.payments.gateways.messages import MESSAGE_BYTES_MOST
from pennywhistle.shop.payments.gateways.models import GatewayMessage

pytestmark = pytest.mark.django_db

SECRET = "whsec_of_the_tests"


@pytest.fixture(autouse=True)
def gateways(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Stripe and the sandbox, in a store without a storefront yet."""
    settings.SANDBOX_CARDS, settings.SANDBOX_FOLDER = True, tmp_path
    settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLIC_KEY = "sk_test_1", "pk_test_1"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


@pytest.fixture
def sender() -> Client:
    """A gateway: it knows of no cookie and no form token."""
    return Client(enforce_csrf_checks=True)


def send(sender: Client, gateway: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    answer = sender.post(
        f"/webhooks/{gateway}/", body, content_type="application/json", headers=headers
    )
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.content.decode().strip()


def signed_by_sandbox(event_id: str) -> tuple[bytes, dict[str, str]]:
    sandbox = get_outfit().gateways["sandbox"]
    assert isinstance(sandbox, SandboxGateway)
    headers, body = sandbox.compose_message(
        kind=NoticeKind.CHARGE, handle="h", event_id=event_id, now=utc_now()
    )
    return body, headers


def signed_by_stripe(body: bytes, secret: str = SECRET) -> dict[str, str]:
    sent_at = int(utc_now().timestamp())
    signature = hmac.new(secret.encode(), b"%d." % sent_at + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={sent_at},v1={signature}"}


def test_a_signed_message_is_kept_once_as_it_came(sender: Client) -> None:
    body, headers = signed_by_sandbox("e1")
    assert send(sender, "sandbox", body, headers) == (200, "kept")
    assert send(sender, "sandbox", body, headers) == (200, "known")
    assert GatewayMessage.objects.get().body.encode() == body


def test_stripes_own_signature_is_checked(sender: Client) -> None:
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_764_000_000}
    body = json.dumps(event | {"data": {"object": {"id": "pi_1"}}}).encode()
    assert send(sender, "stripe", body, signed_by_stripe(body)) == (200, "kept")
    assert send(sender, "stripe", body, signed_by_stripe(body, "whsec_another"))[0] == 400
    assert send(sender, "stripe", b"{}", signed_by_stripe(b"{}"))[0] == 400
    assert GatewayMessage.objects.count() == 1


def test_what_is_not_signed_not_ours_or_too_long_is_refused_and_not_kept(sender: Client) -> None:
    body, headers = signed_by_sandbox("e1")
    assert send(sender, "sandbox", body, {})[0] == 400
    assert send(sender, "sandbox", body + b" ", headers)[0] == 400
    assert send(sender, "paypal", body, headers)[0] == 404
    assert send(sender, "sandbox", b" " * (MESSAGE_BYTES_MOST + 1), headers)[0] == 400
    assert sender.get("/webhooks/sandbox/").status_code == 405
    assert GatewayMessage.objects.count() == 0


def test_a_message_in_the_shape_of_a_form_is_read_raw(sender: Client) -> None:
    answer = sender.post("/webhooks/stripe/", {"id": "evt_1"})
    assert answer.status_code == 400
    assert GatewayMessage.objects.count() == 0
