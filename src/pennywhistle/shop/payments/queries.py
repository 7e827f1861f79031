"""Reads of wallets and top-ups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q, Sum

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger import queries as ledger
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.models import TopUp, Voucher
from pennywhistle.shop.payments.rules import (
    UnknownTopUpError,
    credit_transfer,
    top_up_document,
    voucher_document,
    wallet_code,
)

MOVEMENTS_SHOWN = 50
SETTLED_AT_ONCE = 100
UNSETTLED_SHOWN = 10
DECLINE_SHOWN_FOR = timedelta(days=1)
BATCHES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PendingTotal:
    """The top-ups of one currency whose end is not known yet."""

    count: int
    amount: Money
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class VoucherBatch:
    """Vouchers made at once: `each` is one voucher's worth."""

    name: str
    each: Money
    count: int
    redeemed_count: int
    issued_at: datetime
    expires_at: datetime | None


def get_wallet_balance(*, person_id: int, currency: str) -> Money:
    """What a person has to spend. One query."""
    return ledger.get_balance(
        code=wallet_code(person_id=person_id, currency=currency), currency=currency
    )


def list_wallet_movements(*, person_id: int, currency: str) -> list[ledger.Movement]:
    """The wallet's newest movements. One query."""
    code = wallet_code(person_id=person_id, currency=currency)
    return ledger.list_movements(code=code, limit=MOVEMENTS_SHOWN)


def find_top_up(*, top_up_id: UUID) -> TopUp | None:
    """The top-up of that reference, or None."""
    return TopUp.objects.filter(pk=top_up_id).first()


def get_top_up(*, top_up_id: UUID) -> TopUp:
    """The top-up of that reference, or `UnknownTopUpError`."""
    top_up = find_top_up(top_up_id=top_up_id)
    if top_up is None:
        raise UnknownTopUpError(f"no top-up has the reference {top_up_id}")
    return top_up


def list_unsettled_top_ups(*, person_id: int, now: datetime) -> list[TopUp]:
    """A person's top-ups that are pending, or that a gateway declined late, newest first.

    A decline is told for `DECLINE_SHOWN_FOR`. One that came with the answer to the form is left
    out: the form has said it.
    """
    pending = Q(state=TopUp.State.PENDING)
    declined = Q(state=TopUp.State.DECLINED, settled_at__gt=now - DECLINE_SHOWN_FOR)
    late = Q(settled_at__gt=F("created_at"))
    rows = TopUp.objects.filter(pending | declined & late, person_id=person_id)
    return list(rows.order_by("-created_at")[:UNSETTLED_SHOWN])


def list_pending_top_ups(*, created_before: datetime) -> list[TopUp]:
    """The oldest top-ups whose end is not known yet, at most `SETTLED_AT_ONCE`."""
    rows = TopUp.objects.filter(state=TopUp.State.PENDING, created_at__lt=created_before)
    return list(rows.order_by("created_at")[:SETTLED_AT_ONCE])


def count_pending_top_ups(*, person_id: int) -> int:
    """How many of a person's top-ups are on their way."""
    return TopUp.objects.filter(person_id=person_id, state=TopUp.State.PENDING).count()


def list_pending_totals() -> list[PendingTotal]:
    """Everybody's pending top-ups, by currency. One query."""
    rows = (
        TopUp.objects.filter(state=TopUp.State.PENDING)
        .values("currency")
        .annotate(n=Count("pk"), micros=Sum("amount_micros"), oldest=Min("created_at"))
        .values_list("currency", "n", "micros", "oldest")
    )
    return [
        PendingTotal(count, Money(micros, currency), oldest)
        for currency, count, micros, oldest in rows.order_by("currency")
    ]


def list_voucher_batches() -> list[VoucherBatch]:
    """The newest batches of vouchers, and how many of each were redeemed. One query."""
    rows = Voucher.objects.values_list(
        "batch", "amount_micros", "currency", "issued_at", "expires_at"
    ).annotate(n=Count("pk"), redeemed=Count("redeemed_by"))
    return [
        VoucherBatch(name, Money(micros, currency), count, redeemed, issued_at, expires_at)
        for name, micros, currency, issued_at, expires_at, count, redeemed in rows.order_by(
            "-issued_at", "batch"
        )[:BATCHES_SHOWN]
    ]


def iterate_credits() -> Iterator[TransferFacts]:
    """The transfer that each settled top-up and each redeemed voucher must have."""
    settled = TopUp.objects.filter(state=TopUp.State.SUCCEEDED)
    for top_up in settled.iterator(chunk_size=2_000):
        yield credit_transfer(
            person_id=top_up.person_id,
            gateway=top_up.gateway,
            amount=Money(top_up.amount_micros, top_up.currency),
            reason="top-up",
            document=top_up_document(top_up_id=top_up.pk),
            posted_at=top_up.settled_at or top_up.created_at,
        )
    redeemed = Voucher.objects.filter(redeemed_by__isnull=False)
    for voucher in redeemed.iterator(chunk_size=2_000):
        yield credit_transfer(
            person_id=voucher.redeemed_by_id or 0,
            gateway="voucher",
            amount=Money(voucher.amount_micros, voucher.currency),
            reason="voucher",
            document=voucher_document(code_sha256=voucher.code_sha256),
            posted_at=voucher.redeemed_at or voucher.issued_at,
        )
