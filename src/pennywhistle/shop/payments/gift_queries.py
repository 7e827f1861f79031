"""Reads of gifts."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.gifts import GiftFacts, UnknownGiftError, gift_transfers
from pennywhistle.shop.payments.models import Gift

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
