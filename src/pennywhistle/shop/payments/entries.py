"""What a day's seal says of how money came, of what went back, and of codes and bank entries.

Told is what each row says from its first day on; how far it has come since then, its transfers tell.
"""

from __future__ import annotations

from django.db.models import Q

from pennywhistle.shop.ledger.entries import EntrySource, told_by
from pennywhistle.shop.payments.models import (
    BankDecision,
    BankEntry,
    BankSlip,
    BankStatement,
    Dispute,
    GatewayMessage,
    Gift,
    PayBack,
    PaymentEvent,
    TopUp,
    Voucher,
)

_MONEY = ("amount_micros", "currency")

TOP_UPS = EntrySource(
    TopUp,
    "created_at",
    told_by(
        "top-up",
        *("person_id", *_MONEY, "gateway", "created_at"),
        *("bonus_micros", "voucher_class", "is_held"),
    ),
)
# What is known once the money is there, and stays.
TOP_UPS_PAID = EntrySource(
    TopUp,
    "settled_at",
    told_by("top-up-paid", "settled_at", "handle", "card_country"),
    where=Q(state=TopUp.State.SUCCEEDED),
)
VOUCHERS = EntrySource(
    Voucher,
    "issued_at",
    told_by("voucher", "code_sha256", "batch", *_MONEY, "is_free", "issued_at", "expires_at"),
)
GIFTS = EntrySource(
    Gift,
    "bought_at",
    told_by("gift", "code_sha256", "buyer_id", *_MONEY, "bought_at", hashed=("greeting",)),
)
PAY_BACKS = EntrySource(
    PayBack,
    "created_at",
    told_by("pay-back", "top_up_id", "amount_micros", "bonus_micros", "asked_by_id", "created_at"),
)
# From when a dispute has taken something: an inquiry moves nothing.
DISPUTES = EntrySource(
    Dispute,
    "opened_at",
    told_by(
        "dispute",
        *("gateway", "reference", "top_up_id", "person_id", *_MONEY, "opened_at", "is_refund"),
    ),
)
# That somebody may buy again, and who let them.
DISPUTES_FORGIVEN = EntrySource(
    Dispute,
    "forgiven_at",
    told_by("dispute-forgiven", "gateway", "reference", "forgiven_by_id", "forgiven_at"),
)
SLIPS = EntrySource(
    BankSlip,
    "created_at",
    told_by(
        "bank-slip",
        *("person_id", *_MONEY, "reference", "bonus_percent", "voucher_class", "created_at"),
    ),
)
BANK_STATEMENTS = EntrySource(
    BankStatement,
    "imported_at",
    told_by(
        "bank-statement",
        *("fingerprint", "iban", "currency", "reference", "opening_micros", "closing_micros"),
        *("closing_on", "entry_count", "new_count", "new_micros", "file_sha256", "imported_at"),
    ),
)
BANK_ENTRIES = EntrySource(
    BankEntry,
    "statement__imported_at",
    told_by(
        "bank-entry",
        *("key", "statement_id", "is_credit", "is_reversal", *_MONEY, "booked_on", "slip_id"),
        hashed=("bank_ref", "counterparty", "counterparty_iban", "text"),
    ),
    related=("statement",),
)
BANK_DECISIONS = EntrySource(
    BankDecision,
    "decided_at",
    told_by(
        "bank-decision",
        *("entry__key", "outcome", "person_id", "bonus_micros", "voucher_class", "gateway"),
        *("decided_by_id", "decided_at"),
        hashed=("note",),
    ),
    related=("entry",),
)
PAYMENT_EVENTS = EntrySource(
    PaymentEvent,
    "received_at",
    told_by("payment-event", "gateway", "event_id", "top_up_id", "received_at", hashed=("raw",)),
)
# Their bodies are kept for a while alone.
MESSAGES = EntrySource(
    GatewayMessage,
    "received_at",
    told_by("gateway-message", "gateway", "event_id", "event_type", "body_sha256", "received_at"),
)
