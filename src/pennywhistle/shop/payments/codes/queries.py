"""Reads of vouchers and gifts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.codes.models import Gift, Voucher
from pennywhistle.shop.payments.codes.rules import (
    GiftFacts,
    UnknownGiftError,
    VoucherFacts,
    code_sha256,
    gift_transfers,
    voucher_transfers,
)

BATCHES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class VoucherBatch:
    """Vouchers made at once: `each` is one voucher's worth, `unsold_count` how many are neither given
    away, redeemed, nor told as sold."""

    name: str
    each: Money
    count: int
    redeemed_count: int
    issued_at: datetime
    expires_at: datetime | None
    is_free: bool = False
    unsold_count: int = 0


@dataclass(frozen=True, slots=True)
class PrintableVoucher:
    """A voucher whose code somebody still knows, as it is printed."""

    code: str
    amount: Money
    expires_at: datetime | None


def list_voucher_batches() -> list[VoucherBatch]:
    """The newest batches of vouchers, and how many of each were redeemed. One query."""
    rows = Voucher.objects.values_list(
        "batch", "amount_micros", "currency", "issued_at", "expires_at", "is_free"
    ).annotate(
        n=Count("pk"),
        redeemed=Count("redeemed_by"),
        unsold=Count("pk", filter=Q(is_free=False, sold_at=None, redeemed_by=None)),
    )
    newest = rows.order_by("-issued_at", "batch")[:BATCHES_SHOWN]
    return [
        VoucherBatch(
            name, Money(micros, currency), count, redeemed, issued_at, expires_at, is_free, unsold
        )
        for name, micros, currency, issued_at, expires_at, is_free, count, redeemed, unsold in newest
    ]


def list_printable_vouchers(*, codes: Sequence[str]) -> list[PrintableVoucher]:
    """Those of `codes` that are vouchers nobody has redeemed, in their order. One query."""
    codes_by_hash = {code_sha256(code): code for code in codes}
    rows = Voucher.objects.filter(code_sha256__in=codes_by_hash, redeemed_by=None)
    known = {row.code_sha256: row for row in rows}
    return [
        PrintableVoucher(code, Money(row.amount_micros, row.currency), row.expires_at)
        for digest, code in codes_by_hash.items()
        if (row := known.get(digest)) is not None
    ]


GIFTS_SHOWN = 50


def gift_facts(*, row: Gift) -> GiftFacts:
    """A gift as its row says. No query."""
    return GiftFacts(
        id=str(row.pk),
        buyer_id=row.buyer_id,
        amount=Money(row.amount_micros, row.currency),
        greeting=row.greeting,
        code_sha256=row.code_sha256,
        bought_at=row.bought_at,
        redeemed_by=row.redeemed_by_id,
        redeemed_at=row.redeemed_at,
        taken_back_at=row.taken_back_at,
    )


def find_gift(*, gift_id: UUID) -> GiftFacts | None:
    """The gift of that id, or None. One query."""
    row = Gift.objects.filter(pk=gift_id).first()
    return gift_facts(row=row) if row else None


def get_gift(*, gift_id: UUID, buyer_id: int) -> GiftFacts:
    """The gift of that id which that person bought, or `UnknownGiftError`. One query."""
    gift = find_gift(gift_id=gift_id)
    if gift is None or gift.buyer_id != buyer_id:
        raise UnknownGiftError(f"no gift of yours has the number {gift_id}")
    return gift


def list_gifts(*, buyer_id: int) -> list[GiftFacts]:
    """What a person bought for others, newest first. One query."""
    rows = Gift.objects.filter(buyer_id=buyer_id).order_by("-bought_at", "-pk")
    return [gift_facts(row=row) for row in rows[:GIFTS_SHOWN]]


def count_open_gifts(*, buyer_id: int) -> int:
    """Those of a person's gifts whose codes are worth something. One query."""
    return Gift.objects.filter(buyer_id=buyer_id, redeemed_at=None, taken_back_at=None).count()


def iterate_gifts() -> Iterator[TransferFacts]:
    """Every transfer that gifts ask for."""
    for row in Gift.objects.order_by("pk").iterator(chunk_size=2_000):
        yield from gift_transfers(facts=gift_facts(row=row))


def iterate_vouchers() -> Iterator[TransferFacts]:
    """Every transfer that vouchers ask for: those that were sold, and those that were redeemed."""
    rows = Voucher.objects.exclude(sold_at=None, redeemed_by=None)
    for row in rows.order_by("pk").iterator(chunk_size=2_000):
        yield from voucher_transfers(facts=voucher_facts(row=row))


def voucher_facts(*, row: Voucher) -> VoucherFacts:
    """A voucher as its row says. No query."""
    return VoucherFacts(
        code_sha256=row.code_sha256,
        amount=Money(row.amount_micros, row.currency),
        is_free=row.is_free,
        issued_at=row.issued_at,
        sold_at=row.sold_at,
        redeemed_by=row.redeemed_by_id,
        redeemed_at=None if row.redeemed_by_id is None else row.redeemed_at or row.issued_at,
    )
