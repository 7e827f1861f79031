"""Stripe: cards by PaymentIntents with 3-D Secure, kept cards by SetupIntents.

The card's number goes from the browser to Stripe and never to us. Every call has a time limit, a
limit of retries, and, where it writes, an idempotency key, so that asking again does nothing twice.
https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import stripe

from pennywhistle.adapters.gateways import stripe_words as words
from pennywhistle.adapters.gateways.interface import (
    ACTIVITY_MOST,
    Activity,
    BadSignatureError,
    CardRefusedError,
    ChargeState,
    DisputeState,
    GatewayBusyError,
    GatewayNotice,
    GatewayRefusedError,
    GatewayShutError,
    GatewayUnreachableError,
    KeptCard,
    Means,
    RefundState,
    UnreadableMessageError,
)
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money

# The version that these words are written for, whatever the account's own is.
API_VERSION = "2026-10-28.endive"

# Seconds to connect and to answer, and how often one call is tried again.
CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0
RETRIES_MOST = 1

# A message older than this is refused. https://docs.stripe.com/webhooks#replay-attacks
MESSAGE_LASTS = timedelta(minutes=5)

# Refunds of one charge that are looked through for ours.
REFUNDS_MOST = 100
PAGE = 100

API_BASE = "https://api.stripe.com"
SCRIPT = "https://js.stripe.com/v3/"

# https://docs.stripe.com/security/guide#content-security-policy
_HOSTS = {
    "script-src": ("https://*.js.stripe.com", "https://js.stripe.com"),
    "frame-src": ("https://*.js.stripe.com", "https://js.stripe.com", "https://hooks.stripe.com"),
    "connect-src": ("https://api.stripe.com",),
}

# Errors that mean the account and not the call. https://docs.stripe.com/error-codes
_SHUT_CODES = {
    "account_closed",
    "account_invalid",
    "api_key_expired",
    "livemode_mismatch",
    "secret_key_required",
    "testmode_charges_only",
}
_WHOLE_CHARGE = ["latest_charge.balance_transaction", "payment_method"]

# Stripe need not know how long its last answer took us.
stripe.enable_telemetry = False


@dataclass(frozen=True)
class StripeGateway:
    """Cards through Stripe. `webhook_secrets` may hold the old one beside the new."""

    secret_key: str = field(repr=False)
    public_key: str
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = API_BASE
    script_url: str = SCRIPT
    name: str = "stripe"

    @property
    def answers_within(self) -> timedelta:
        """See `Gateway.answers_within`: each try, and what the library waits between two."""
        tries = 1 + RETRIES_MOST
        return timedelta(seconds=tries * (CONNECT_SECONDS + READ_SECONDS) + 5 * RETRIES_MOST)

    @property
    def browser_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """See `CardKeeper.browser_hosts`: Stripe's own, or those of what stands in for it."""
        if self.script_url.startswith(tuple(_HOSTS["script-src"])):
            return _HOSTS
        parts = urlsplit(self.script_url)
        stand_in = f"{parts.scheme}://{parts.netloc}"
        return {"script-src": (stand_in,), "connect-src": (stand_in,)}

    @cached_property
    def _api(self) -> Any:
        client = stripe.StripeClient(
            self.secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": self.api_base},
            max_network_retries=RETRIES_MOST,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        )
        return client.v1

    def check(self) -> None:
        """See `Gateway.check`."""
        with _in_our_words():
            self._api.balance.retrieve()

    def begin(self, *, reference: str, amount: Money, means: Means, now: datetime) -> str:
        """See `Gateway.begin`."""
        if not isinstance(means, KeptCard):
            raise CardRefusedError("Enter the card in the card form.")
        with _in_our_words():
            intent = self._api.payment_intents.create(
                params={
                    "amount": words.to_amount(amount),
                    "currency": amount.currency.lower(),
                    "customer": means.customer_ref,
                    "payment_method": means.card_ref,
                    "payment_method_types": ["card"],
                    "capture_method": "automatic",
                    "metadata": {"reference": reference},
                },
                options={"idempotency_key": f"begin-{reference}"},
            )
            return str(intent["id"])

    def charge(self, *, handle: str, now: datetime) -> ChargeState:
        """See `Gateway.charge`."""
        with _in_our_words():
            try:
                self._api.payment_intents.confirm(
                    handle, options={"idempotency_key": f"charge-{handle}"}
                )
            except stripe.CardError:
                pass  # The intent says why.
            except stripe.InvalidRequestError:
                # Confirmed before, perhaps: the intent says so.
                if self._intent(handle)["status"] == "requires_confirmation":
                    raise
            return self._state(self._intent(handle))

    def find_charge(self, *, handle: str, now: datetime) -> ChargeState | None:
        """See `Gateway.find_charge`."""
        with _in_our_words():
            try:
                return self._state(self._intent(handle))
            except stripe.InvalidRequestError as error:
                if error.http_status == 404:
                    return None
                raise

    def cancel(self, *, handle: str, now: datetime) -> ChargeState | None:
        """See `Gateway.cancel`."""
        found = self.find_charge(handle=handle, now=now)
        if found is None or found.state not in ("begun", "action"):
            return found
        with _in_our_words():
            return words.charge_state(self._cancelled(handle))

    def refund(
        self, *, handle: str, refund_reference: str, amount: Money, now: datetime
    ) -> RefundState:
        """See `Gateway.refund`."""
        with _in_our_words():
            refund = self._api.refunds.create(
                params={
                    "payment_intent": handle,
                    "amount": words.to_amount(amount),
                    "metadata": {"refund_reference": refund_reference},
                },
                options={"idempotency_key": f"refund-{refund_reference}"},
            )
            return words.refund_state(_plain(refund))

    def find_refund(
        self, *, handle: str, refund_reference: str, now: datetime
    ) -> RefundState | None:
        """See `Gateway.find_refund`. Looks through `REFUNDS_MOST` refunds of the charge."""
        with _in_our_words():
            page = self._api.refunds.list(params={"payment_intent": handle, "limit": PAGE})
            for refund in islice(page.auto_paging_iter(), REFUNDS_MOST):
                state = words.refund_state(_plain(refund))
                if state.refund_reference == refund_reference:
                    return state
            return None

    def get_refund(self, *, refund_handle: str, now: datetime) -> RefundState:
        """See `Gateway.get_refund`."""
        with _in_our_words():
            return words.refund_state(_plain(self._api.refunds.retrieve(refund_handle)))

    def get_dispute(self, *, dispute_handle: str, now: datetime) -> DisputeState:
        """See `Gateway.get_dispute`."""
        with _in_our_words():
            dispute = self._api.disputes.retrieve(
                dispute_handle, params={"expand": ["payment_intent"]}
            )
            return words.dispute_state(_plain(dispute))

    def list_activity(self, *, within: Period, now: datetime) -> Iterator[Activity]:
        """See `Gateway.list_activity`: the balance transactions, `PAGE` at a time."""
        created = {"gte": int(within.starts_at.timestamp())}
        if within.ends_at is not None:
            created["lt"] = int(within.ends_at.timestamp())
        params = {"created": created, "limit": PAGE, "expand": ["data.source"]}
        with _in_our_words():
            page = self._api.balance_transactions.list(params=params)
            for line in islice(page.auto_paging_iter(), ACTIVITY_MOST):
                yield words.activity(_plain(line))

    def read_event(
        self, *, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> GatewayNotice:
        """See `Gateway.read_event`."""
        header = headers.get("stripe-signature", "")
        if not any(_is_signed(body, header, secret) for secret in self.webhook_secrets):
            raise BadSignatureError("the message is not signed by Stripe")
        if abs(now - _sent_at(header)) > MESSAGE_LASTS:
            raise BadSignatureError("the message was signed too long ago")
        return self.read_stored(body=body)

    def read_stored(self, *, body: bytes) -> GatewayNotice:
        """See `Gateway.read_stored`."""
        try:
            event = json.loads(body)
            kind = words.notice_kind(event["type"])
            return GatewayNotice(
                gateway=self.name,
                event_id=str(event["id"]),
                event_type=str(event["type"]),
                kind=kind,
                handle=str(event["data"]["object"].get("id") or ""),
                said_at=datetime.fromtimestamp(event["created"], UTC),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableMessageError(f"the message cannot be read: {error!r}") from error

    def open_customer(self, *, person_ref: str) -> str:
        """See `CardKeeper.open_customer`."""
        with _in_our_words():
            customer = self._api.customers.create(
                params={"metadata": {"person": person_ref}},
                options={"idempotency_key": f"customer-{person_ref}"},
            )
            return str(customer["id"])

    def begin_card(self, *, customer_ref: str, reference: str) -> str:
        """See `CardKeeper.begin_card`."""
        with _in_our_words():
            setup = self._api.setup_intents.create(
                params={
                    "customer": customer_ref,
                    "payment_method_types": ["card"],
                    "usage": "on_session",
                },
                options={"idempotency_key": f"card-{reference}"},
            )
            return str(setup["client_secret"])

    def take_card(self, *, setup_handle: str, customer_ref: str) -> KeptCard:
        """See `CardKeeper.take_card`."""
        with _in_our_words():
            setup = _plain(
                self._api.setup_intents.retrieve(
                    setup_handle, params={"expand": ["payment_method"]}
                )
            )
            if setup["customer"] != customer_ref or setup["status"] != "succeeded":
                raise CardRefusedError("The bank has not let this card through. Enter it again.")
            method = setup["payment_method"]
            if method.get("customer") != customer_ref:
                self._api.payment_methods.attach(method["id"], params={"customer": customer_ref})
            return words.kept_card(method, customer_ref)

    def forget_card(self, *, card_ref: str) -> None:
        """See `CardKeeper.forget_card`."""
        with _in_our_words():
            try:
                self._api.payment_methods.detach(card_ref)
            except stripe.InvalidRequestError as error:
                if error.http_status not in (400, 404):  # It is no customer's any more.
                    raise

    def _intent(self, handle: str) -> dict[str, Any]:
        return _plain(self._api.payment_intents.retrieve(handle, params={"expand": _WHOLE_CHARGE}))

    def _state(self, intent: dict[str, Any]) -> ChargeState:
        """An intent's state. One that failed could be tried again: it is ended first, so that
        `declined` is for ever."""
        if intent["status"] == "requires_payment_method":
            intent = self._cancelled(intent["id"])
        return words.charge_state(intent)

    def _cancelled(self, handle: str) -> dict[str, Any]:
        try:
            self._api.payment_intents.cancel(
                handle, options={"idempotency_key": f"cancel-{handle}"}
            )
        except stripe.InvalidRequestError as error:
            if error.http_status != 400:  # It has come to another end meanwhile.
                raise
        return self._intent(handle)


def _plain(thing: Any) -> dict[str, Any]:
    """Stripe's object as plain mappings."""
    plain: dict[str, Any] = thing.to_dict()
    return plain


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body.decode(), header, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _sent_at(header: str) -> datetime:
    """When a signed header says that it was made: its `t=`."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    return datetime.fromtimestamp(int(parts["t"]), UTC)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Stripe's errors as ours. https://docs.stripe.com/error-handling"""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise GatewayShutError(f"Stripe does not serve this store: {error}") from error
    except stripe.RateLimitError as error:
        raise GatewayBusyError(f"Stripe is asked too often: {error}") from error
    except stripe.CardError as error:
        raise CardRefusedError("The card was declined.") from error
    except stripe.InvalidRequestError as error:
        if error.code in _SHUT_CODES:
            raise GatewayShutError(f"Stripe does not serve this store: {error}") from error
        raise GatewayRefusedError(f"Stripe does not take this: {error}") from error
    except stripe.StripeError as error:
        raise GatewayUnreachableError(f"Stripe gave no answer: {error}") from error
