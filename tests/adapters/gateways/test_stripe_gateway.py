"""The Stripe gateway against localstripe over real HTTP: each word of the interface, kept."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import stripe

from pennywhistle.adapters.gateways import stripe_words
from pennywhistle.adapters.gateways.interface import (
    ActivityKind,
    BadSignatureError,
    Card,
    CardRefusedError,
    ChargeState,
    GatewayBusyError,
    GatewayRefusedError,
    GatewayShutError,
    GatewayUnreachableError,
    KeptCard,
    NoticeKind,
    UnreadableMessageError,
)
from pennywhistle.adapters.gateways.stripe_cards import API_VERSION, StripeGateway
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from tests.local_stripe import (
    ASKS,
    DECLINED_LATER,
    GOOD,
    PUBLIC_KEY,
    REFUSED_AT_ONCE,
    WEBHOOK_SECRET,
    LocalStripe,
    local_stripe,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEN = Money.parse("10.00", "EUR")


@pytest.fixture(scope="module")
def running() -> Iterator[LocalStripe]:
    with local_stripe() as it:
        yield it


@pytest.fixture
def gateway(running: LocalStripe) -> StripeGateway:
    return running.gateway


def card_of(running: LocalStripe, number: str) -> KeptCard:
    gateway = running.gateway
    customer = gateway.open_customer(person_ref=str(uuid4()))
    secret = gateway.begin_card(customer_ref=customer, reference=str(uuid4()))
    return gateway.take_card(setup_handle=running.hand_over(secret, number), customer_ref=customer)


def charge(running: LocalStripe, number: str, *, reference: str = "") -> ChargeState:
    gateway = running.gateway
    handle = gateway.begin(
        reference=reference or str(uuid4()), amount=TEN, means=card_of(running, number), now=NOW
    )
    return gateway.charge(handle=handle, now=NOW)


def test_the_pinned_version_is_the_one_that_the_library_was_written_for() -> None:
    assert stripe.api_version == API_VERSION


def test_a_charge_that_was_only_begun_has_taken_nothing_and_can_be_ended(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    card, reference = card_of(running, GOOD), str(uuid4())
    handle = gateway.begin(reference=reference, amount=TEN, means=card, now=NOW)
    assert gateway.begin(reference=reference, amount=TEN, means=card, now=NOW) == handle
    found = gateway.find_charge(handle=handle, now=NOW)
    assert found is not None
    assert (found.state, found.reference, found.amount) == ("begun", reference, TEN)
    ended = gateway.cancel(handle=handle, now=NOW)
    assert ended is not None
    assert (ended.state, ended.decline_reason) == ("declined", "The card was not charged.")
    assert gateway.charge(handle=handle, now=NOW).state == "declined"


def test_a_charge_that_succeeded_tells_its_fee_and_the_cards_country_and_stays_so(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    done = charge(running, GOOD)
    assert (done.state, done.fee, done.card_country) == ("succeeded", Money(400_000, "EUR"), "FR")
    assert gateway.charge(handle=done.handle, now=NOW) == done
    assert gateway.cancel(handle=done.handle, now=NOW) == done


def test_a_declined_charge_is_declined_for_ever(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    done = charge(running, DECLINED_LATER)
    assert (done.state, done.decline_reason) == ("declined", "The card was declined.")
    assert done.raw["status"] == "canceled"
    assert gateway.charge(handle=done.handle, now=NOW).state == "declined"


@pytest.mark.parametrize(("is_accepted", "end"), [(True, "succeeded"), (False, "declined")])
def test_a_bank_that_asks_is_answered_in_the_browser(
    running: LocalStripe, gateway: StripeGateway, is_accepted: bool, end: str
) -> None:
    asked = charge(running, ASKS)
    assert (asked.state, bool(asked.client_secret)) == ("action", True)
    assert asked.client_secret not in repr(asked)
    running.answer_bank(asked.handle, asked.client_secret, is_accepted=is_accepted)
    found = gateway.find_charge(handle=asked.handle, now=NOW)
    assert found is not None
    assert found.state == end
    if not is_accepted:
        assert found.decline_reason == "The bank could not make sure that it was you."


def test_a_card_is_taken_for_the_customer_who_handed_it_over_alone(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    mine, other = (gateway.open_customer(person_ref=str(uuid4())) for _ in range(2))
    secret = gateway.begin_card(customer_ref=mine, reference=str(uuid4()))
    handle = running.hand_over(secret, GOOD)
    with pytest.raises(CardRefusedError):
        gateway.take_card(setup_handle=handle, customer_ref=other)
    card = gateway.take_card(setup_handle=handle, customer_ref=mine)
    assert (card.brand, card.last4, card.expires_year) == ("visa", "4242", 2034)
    gateway.forget_card(card_ref=card.card_ref)
    gateway.forget_card(card_ref=card.card_ref)


def test_a_card_that_the_bank_refused_is_not_taken(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    customer = gateway.open_customer(person_ref=str(uuid4()))
    secret = gateway.begin_card(customer_ref=customer, reference=str(uuid4()))
    handle = running.hand_over(secret, REFUSED_AT_ONCE)
    with pytest.raises(CardRefusedError):
        gateway.take_card(setup_handle=handle, customer_ref=customer)
    with pytest.raises(CardRefusedError):
        gateway.begin(reference="r", amount=TEN, means=Card("4242"), now=NOW)


def test_a_refund_happens_once_under_its_reference(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    done, reference, part = charge(running, GOOD), str(uuid4()), Money.parse("4.00", "EUR")
    assert gateway.find_refund(handle=done.handle, refund_reference=reference, now=NOW) is None
    asked = [
        gateway.refund(handle=done.handle, refund_reference=reference, amount=part, now=NOW)
        for _ in range(2)
    ]
    assert asked[0] == asked[1]
    assert (asked[0].state, asked[0].amount, asked[0].charge_handle) == (
        "succeeded",
        part,
        done.handle,
    )
    found = gateway.find_refund(handle=done.handle, refund_reference=reference, now=NOW)
    assert found == asked[0] == gateway.get_refund(refund_handle=asked[0].handle, now=NOW)


def test_the_list_of_what_moved_names_charges_and_refunds(
    running: LocalStripe, gateway: StripeGateway
) -> None:
    done, reference = charge(running, GOOD), str(uuid4())
    gateway.refund(handle=done.handle, refund_reference=reference, amount=TEN, now=NOW)
    today = datetime.now(UTC)
    within = Period(today - timedelta(hours=1), today + timedelta(hours=1))
    lines = list(gateway.list_activity(within=within, now=today))
    charges = [line for line in lines if line.handle == done.handle]
    assert [(line.kind, line.amount, line.fee) for line in charges] == [
        (ActivityKind.CHARGE, TEN, Money(400_000, "EUR"))
    ]
    refunds = [line for line in lines if line.reference == reference]
    assert [(line.kind, line.amount, line.charge_handle) for line in refunds] == [
        (ActivityKind.REFUND, -TEN, done.handle)
    ]
    past = Period(today - timedelta(hours=2), today - timedelta(hours=1))
    assert list(gateway.list_activity(within=past, now=today)) == []


def test_every_write_carries_an_idempotency_key(running: LocalStripe) -> None:
    done = charge(running, GOOD)
    running.gateway.refund(handle=done.handle, refund_reference="once", amount=TEN, now=NOW)
    ours = ("/v1/customers", "/v1/setup_intents", "/v1/payment_intents", "/v1/refunds")
    writes = [
        write
        for write in running.writes()
        if write["path"] in ours or write["path"].startswith("/v1/payment_intents/pi_")
    ]
    assert len(writes) > 4
    assert [
        write for write in writes if not write["key"] and "_authenticate" not in write["path"]
    ] == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, GatewayShutError),
        (403, GatewayShutError),
        (500, GatewayUnreachableError),
        (503, GatewayUnreachableError),
        (429, GatewayBusyError),
    ],
)
def test_what_it_answers_in_trouble_is_told_apart(
    running: LocalStripe, gateway: StripeGateway, status: int, error: type[Exception]
) -> None:
    gateway.check()
    running.be_in_trouble(status)
    try:
        with pytest.raises(error):
            gateway.check()
        with pytest.raises(error):
            gateway.find_charge(handle="pi_any", now=NOW)
    finally:
        running.be_in_trouble(None)


def test_a_line_that_is_dead_is_unreachable() -> None:
    dead = StripeGateway(
        secret_key="sk_test_1234", public_key=PUBLIC_KEY, api_base="http://127.0.0.1:9"
    )
    with pytest.raises(GatewayUnreachableError):
        dead.check()
    assert dead.answers_within < timedelta(minutes=1)


def test_a_charge_that_it_never_heard_of_is_none(gateway: StripeGateway) -> None:
    assert gateway.find_charge(handle="pi_never", now=NOW) is None
    assert gateway.cancel(handle="pi_never", now=NOW) is None
    with pytest.raises(GatewayRefusedError):
        gateway.charge(handle="pi_never", now=NOW)


def signed(body: bytes, *, secret: str, at: datetime) -> dict[str, str]:
    sent_at = int(at.timestamp())
    signature = hmac.new(secret.encode(), b"%d." % sent_at + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={sent_at},v1={signature}"}


def event(kind: str, handle: str) -> bytes:
    said = {"id": "evt_1", "type": kind, "created": 1_764_000_000}
    return json.dumps(said | {"data": {"object": {"id": handle}}}).encode()


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("payment_intent.succeeded", NoticeKind.CHARGE),
        ("charge.dispute.created", NoticeKind.DISPUTE),
        ("charge.dispute.funds_withdrawn", NoticeKind.DISPUTE),
        ("refund.failed", NoticeKind.REFUND),
        ("charge.refund.updated", NoticeKind.REFUND),
        ("customer.created", NoticeKind.OTHER),
    ],
)
def test_a_signed_message_says_what_it_is_about(
    gateway: StripeGateway, event_type: str, kind: NoticeKind
) -> None:
    body = event(event_type, "obj_1")
    for secret in (WEBHOOK_SECRET, "whsec_an_older_one"):
        notice = gateway.read_event(headers=signed(body, secret=secret, at=NOW), body=body, now=NOW)
        assert (notice.kind, notice.handle, notice.event_id) == (kind, "obj_1", "evt_1")
    assert gateway.read_stored(body=body) == notice


def test_a_message_with_a_wrong_old_or_missing_signature_is_refused(gateway: StripeGateway) -> None:
    body = event("payment_intent.succeeded", "pi_1")
    good = signed(body, secret=WEBHOOK_SECRET, at=NOW)
    for headers, sent in (
        ({}, body),
        ({"stripe-signature": "nonsense"}, body),
        ({"stripe-signature": "t=x,v1=y"}, body),
        (signed(body, secret="whsec_another", at=NOW), body),
        (good, body + b" "),
        (good, b"\xff\xfe"),
        (signed(body, secret=WEBHOOK_SECRET, at=NOW - timedelta(minutes=6)), body),
        (signed(body, secret=WEBHOOK_SECRET, at=NOW + timedelta(minutes=6)), body),
    ):
        with pytest.raises(BadSignatureError):
            gateway.read_event(headers=headers, body=sent, now=NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1, "type": "x"}', b'"text"', b"null"])
def test_a_message_that_says_nothing_is_unreadable(gateway: StripeGateway, body: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        gateway.read_stored(body=body)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("10.00", "EUR", 1000), ("500", "JPY", 500), ("5", "ISK", 500), ("1.250", "KWD", 1250)],
)
def test_amounts_are_counted_as_stripe_counts_them(text: str, currency: str, amount: int) -> None:
    money = Money.parse(text, currency)
    assert stripe_words.to_amount(money) == amount
    assert stripe_words.to_money(amount, currency.lower()) == money


def test_a_fraction_of_a_cent_is_never_rounded() -> None:
    with pytest.raises(GatewayRefusedError):
        stripe_words.to_amount(Money(1, "EUR"))


def dispute(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "du_1",
        "status": status,
        "amount": 1000,
        "currency": "eur",
        "payment_intent": {"id": "pi_1", "metadata": {"reference": "ours"}},
        "balance_transactions": [{"fee": 2000, "currency": "eur"}],
        **more,
    }


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("warning_needs_response", "inquiry"),
        ("needs_response", "open"),
        ("under_review", "open"),
        ("won", "won"),
        ("lost", "lost"),
    ],
)
def test_a_dispute_is_told_with_its_charge_and_its_fee(status: str, state: str) -> None:
    told = stripe_words.dispute_state(dispute(status, reason="fraudulent"))
    assert (told.state, told.charge_reference, told.charge_handle) == (state, "ours", "pi_1")
    assert (told.amount, told.fee) == (TEN, Money.parse("20.00", "EUR"))
    assert told.reason == "fraudulent"
    bare = stripe_words.dispute_state(dispute(status, payment_intent="pi_1"))
    assert (bare.charge_reference, bare.charge_handle) == ("", "pi_1")


def test_a_fee_in_another_currency_is_not_taken_for_one_in_this() -> None:
    intent = {
        "id": "pi_1",
        "status": "succeeded",
        "amount": 1000,
        "currency": "usd",
        "latest_charge": {"balance_transaction": {"fee": 40, "currency": "eur"}},
    }
    assert stripe_words.charge_state(intent).fee is None


def test_the_browser_is_let_to_stripes_own_hosts_alone() -> None:
    real = StripeGateway(secret_key="sk", public_key="pk")
    assert real.browser_hosts == {
        "script-src": ("https://*.js.stripe.com", "https://js.stripe.com"),
        "frame-src": (
            "https://*.js.stripe.com",
            "https://js.stripe.com",
            "https://hooks.stripe.com",
        ),
        "connect-src": ("https://api.stripe.com",),
    }
    assert "sk" not in repr(real).replace("whsec", "")
