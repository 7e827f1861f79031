"""Writes of orders to block."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.licensing.blocks import REFERENCE_LETTERS_MOST, Block, UnknownBlockError
from pennywhistle.shop.licensing.models import BlockLift, BlockOrder
from pennywhistle.shop.licensing.rules import (
    REASON_LETTERS_MOST,
    LicensingError,
    check_text,
)


@sealed_days_told()
def store_block(*, block: Block, recorded_by: int | None, now: datetime) -> None:
    """Record an order. Transaction: one of its own.

    Raises `LicensingError` for a text that cannot be kept, and for a reference that is on file.
    """
    check_text(block.reference, "reference of the order", letters_most=REFERENCE_LETTERS_MOST)
    check_text(block.authority, "authority that ordered it")
    check_text(block.reason, "reason of the order", letters_most=REASON_LETTERS_MOST)
    if block.ends_at is not None and block.ends_at <= block.starts_at:
        raise LicensingError("an order ends after it starts")
    with transaction.atomic():
        if BlockOrder.objects.filter(reference=block.reference).exists():
            raise LicensingError(f"the order {block.reference} is on file already")
        BlockOrder.objects.create(
            reference=block.reference,
            authority=block.authority,
            reason=block.reason,
            release_id=block.release_id,
            track_id=block.track_id,
            territories=",".join(sorted(block.territories.countries)),
            territories_written=str(block.territories),
            territory_tables=block.territories.tables,
            starts_at=block.starts_at,
            ends_at=block.ends_at,
            closes_downloads=block.closes_downloads,
            recorded_at=now,
            recorded_by_id=recorded_by,
        )


@sealed_days_told()
def lift_block(*, reference: str, reason: str, recorded_by: int | None, now: datetime) -> None:
    """Lift an order from now on. Transaction: one of its own.

    Raises `UnknownBlockError`, and `LicensingError` where it is lifted already.
    """
    check_text(reason, "reason of its lifting", letters_most=REASON_LETTERS_MOST)
    with transaction.atomic():
        order = BlockOrder.objects.select_for_update().filter(reference=reference).first()
        if order is None:
            raise UnknownBlockError(f"no order has the reference {reference!r}")
        if BlockLift.objects.filter(order=order).exists():
            raise LicensingError(f"the order {reference} is lifted already")
        BlockLift.objects.create(
            order=order, lifted_at=now, reason=reason, recorded_by_id=recorded_by
        )
