"""Stripe's words in ours: amounts, states, errors. Pure.

Objects are read as plain mappings, so that a field which an older or newer API leaves out is empty
and never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pennywhistle.adapters.gateways.interface import (
    Activity,
    ActivityKind,
    ChargeState,
    DisputeState,
    GatewayRefusedError,
    KeptCard,
    NoticeKind,
    RefundState,
)
from pennywhistle.kit.money import Money

# Decimal places of an amount where they are not 2. https://docs.stripe.com/currencies
# ISK and UGX have none, and are written with two all the same.
_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])

# https://docs.stripe.com/payments/paymentintents/lifecycle
_CHARGE_STATES = {
    "requires_confirmation": "begun",
    "requires_payment_method": "declined",
    "requires_action": "action",
    "processing": "pending",
    "requires_capture": "pending",
    "succeeded": "succeeded",
    "canceled": "declined",
}

# https://docs.stripe.com/api/refunds/object#refund_object-status
_REFUND_STATES = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "declined",
    "canceled": "declined",
}

# https://docs.stripe.com/api/disputes/object#dispute_object-status
_DISPUTE_STATES = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "inquiry",
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "prevented": "won",
    "lost": "lost",
}

# https://docs.stripe.com/reports/reporting-categories
_ACTIVITY_KINDS = {
    "charge": ActivityKind.CHARGE,
    "refund": ActivityKind.REFUND,
    "refund_failure": ActivityKind.REFUND_FAILED,
    "dispute": ActivityKind.DISPUTE,
    "dispute_reversal": ActivityKind.DISPUTE_WON,
    "fee": ActivityKind.FEE,
    "payout": ActivityKind.PAYOUT,
    "payout_reversal": ActivityKind.PAYOUT,
}

# What a listener is told of a decline, by its code; the bank's own words stay with us. Each is one
# of the sentences that the shop knows. https://docs.stripe.com/declines/codes
_DECLINES = {
    "insufficient_funds": "There is not enough money on the card.",
    "expired_card": "The card has expired.",
    "authentication_required": "The bank could not make sure that it was you.",
    "payment_intent_authentication_failure": "The bank could not make sure that it was you.",
    "setup_intent_authentication_failure": "The bank could not make sure that it was you.",
}
_DECLINED = "The card was declined."
_NOT_CHARGED = "The card was not charged."

Object = Mapping[str, Any]


def to_amount(money: Money) -> int:
    """An amount as Stripe counts it. Raises `GatewayRefusedError` for a fraction of its unit."""
    whole, rest = divmod(money.micros, _unit(money.currency))
    if rest:
        raise GatewayRefusedError(f"Stripe takes no fraction of its unit: {money}")
    return whole


def to_money(amount: int, currency: str) -> Money:
    """Stripe's amount as money."""
    code = currency.upper()
    return Money(amount * _unit(code), code)


def _unit(currency: str) -> int:
    digits = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    return int(10 ** (6 - digits))


def charge_state(intent: Object) -> ChargeState:
    """A PaymentIntent with its `latest_charge.balance_transaction` and `payment_method`."""
    state = _CHARGE_STATES.get(intent["status"], "pending")
    amount = to_money(intent["amount"], intent["currency"])
    error = _part(intent, "last_payment_error")
    declined = _decline(error) if error else _NOT_CHARGED
    return ChargeState(
        reference=str(_part(intent, "metadata").get("reference", "")),
        state=state,
        amount=amount,
        decline_reason=declined if state == "declined" else "",
        raw={
            "id": intent["id"],
            "status": intent["status"],
            "error": str(error.get("code") or ""),
            "decline": str(error.get("decline_code") or ""),
        },
        handle=intent["id"],
        fee=_fee(intent, amount.currency) if state == "succeeded" else None,
        card_country=str(_part(_part(intent, "payment_method"), "card").get("country") or ""),
        client_secret=str(intent.get("client_secret") or "") if state == "action" else "",
    )


def _decline(error: Object) -> str:
    by_decline = _DECLINES.get(error.get("decline_code") or "")
    return by_decline or _DECLINES.get(error.get("code") or "") or _DECLINED


def _fee(intent: Object, currency: str) -> Money | None:
    """What Stripe kept, once it says so, and in the currency that was charged."""
    balance = _part(_part(intent, "latest_charge"), "balance_transaction")
    if not balance or str(balance["currency"]).upper() != currency:
        return None
    return to_money(balance["fee"], currency)


def refund_state(refund: Object) -> RefundState:
    """A Refund."""
    state = _REFUND_STATES.get(refund["status"] or "", "pending")
    reason = str(refund.get("failure_reason") or "") if state == "declined" else ""
    return RefundState(
        refund_reference=str(_part(refund, "metadata").get("refund_reference", "")),
        handle=refund["id"],
        charge_handle=_id(refund.get("payment_intent")),
        state=state,
        amount=to_money(refund["amount"], refund["currency"]),
        decline_reason=reason or ("The refund failed." if state == "declined" else ""),
        raw={"id": refund["id"], "status": str(refund["status"]), "reason": reason},
    )


def dispute_state(dispute: Object) -> DisputeState:
    """A Dispute with its `payment_intent`."""
    state = _DISPUTE_STATES.get(dispute["status"], "open")
    amount = to_money(dispute["amount"], dispute["currency"])
    fees = [
        to_money(line["fee"], amount.currency)
        for line in dispute.get("balance_transactions") or ()
        if str(line["currency"]).upper() == amount.currency
    ]
    intent = dispute.get("payment_intent")
    return DisputeState(
        reference=dispute["id"],
        charge_reference=str(
            _part(_part(dispute, "payment_intent"), "metadata").get("reference", "")
        ),
        charge_handle=_id(intent),
        state=state,
        amount=amount,
        fee=Money.total(fees, amount.currency),
        reason=str(dispute.get("reason") or ""),
        raw={"id": dispute["id"], "status": dispute["status"]},
    )


def kept_card(method: Object, customer_ref: str) -> KeptCard:
    """A PaymentMethod of a customer."""
    card = _part(method, "card")
    return KeptCard(
        card_ref=method["id"],
        customer_ref=customer_ref,
        brand=str(card.get("brand") or ""),
        last4=str(card.get("last4") or ""),
        expires_year=int(card.get("exp_year") or 0),
        expires_month=int(card.get("exp_month") or 0),
        country=str(card.get("country") or ""),
    )


def activity(line: Object) -> Activity:
    """A BalanceTransaction with its `source`."""
    source = line.get("source")
    facts: Object = source if isinstance(source, Mapping) else {}
    metadata = _part(facts, "metadata")
    kind = _ACTIVITY_KINDS.get(line["reporting_category"], ActivityKind.OTHER)
    charge = _id(facts.get("payment_intent"))
    return Activity(
        kind=kind,
        handle=charge if kind is ActivityKind.CHARGE and charge else _id(source) or line["id"],
        charge_handle=charge,
        reference=str(metadata.get("refund_reference") or metadata.get("reference") or ""),
        amount=to_money(line["amount"], line["currency"]),
        fee=to_money(line["fee"], line["currency"]),
        at=datetime.fromtimestamp(line["created"], UTC),
    )


def notice_kind(event_type: str) -> NoticeKind:
    """What an event's type says it is about. https://docs.stripe.com/api/events/types"""
    if event_type.startswith("payment_intent."):
        return NoticeKind.CHARGE
    if event_type.startswith("charge.dispute."):
        return NoticeKind.DISPUTE
    if event_type.startswith("refund.") or event_type == "charge.refund.updated":
        return NoticeKind.REFUND
    return NoticeKind.OTHER


def _part(thing: Object, name: str) -> Object:
    """A part that was sent whole; nothing where it is only named, or left out."""
    part = thing.get(name)
    return part if isinstance(part, Mapping) else {}


def _id(part: object) -> str:
    """The name of a part, sent whole or only named."""
    if isinstance(part, Mapping):
        return str(part.get("id") or "")
    return part if isinstance(part, str) else ""
