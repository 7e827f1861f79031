"""Writes of accruals and statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.ledger.statements import insert_rows
from pennywhistle.shop.licensing.rules import Right
from pennywhistle.shop.royalties.models import Accrual, AccrualReversal, Statement
from pennywhistle.shop.royalties.rules import (
    AccrualFacts,
    RoyaltyError,
    StatementMismatchError,
    accruals_of,
    royalty_transfers,
)
from pennywhistle.shop.sales.rules import LineFacts

_ACCRUAL_COLUMNS = (
    "sale_line_id",
    "licence_id",
    "licensor_id",
    "right",
    "amount_micros",
    "currency",
    "accrued_at",
)


def accrue(*, lines: Sequence[LineFacts], licensor_ids: Mapping[int, int]) -> list[TransferFacts]:
    """Record what each line owes for each right, and return the transfers that move it.

    `licensor_ids` tells, by the licence's id, whom each licence that the lines name pays.
    Transaction: the caller's. One statement.
    """
    transfers: list[TransferFacts] = []
    accruals: list[tuple[object, ...]] = []
    for line in lines:
        paid = {
            Right.RECORDING: licensor_ids[line.recording_licence_id],
            Right.WORK: licensor_ids[line.work_licence_id],
        }
        transfers += royalty_transfers(line=line, licensor_ids=paid)
        accruals += [_accrual(line, due) for due in accruals_of(line=line, licensor_ids=paid)]
    insert_rows(table="royalties_accrual", columns=_ACCRUAL_COLUMNS, rows=accruals)
    return transfers


def reverse_accruals(*, sale_line_ids: Collection[int], now: datetime) -> None:
    """Take back what these sale lines owe, once. The ledger's transfers are the caller's to reverse.

    Transaction: the caller's.
    """
    standing = Accrual.objects.filter(sale_line_id__in=sale_line_ids, reversal=None)
    AccrualReversal.objects.bulk_create(
        AccrualReversal(accrual=accrual, reversed_at=now) for accrual in standing.order_by("id")
    )


def store_statement(
    *,
    licensor_id: int,
    period: Period,
    total: Money,
    line_count: int,
    csv_sha256: str,
    now: datetime,
) -> Statement:
    """Keep what a statement of a closed period said, the first time. Transaction: its own.

    Raises `StatementMismatchError` where it was issued before with another total: what was told to
    a licensor is not told otherwise in silence.
    """
    if period.ends_at is None:
        raise RoyaltyError("a period without an end is never over; state it by the month")
    with transaction.atomic():
        statement, _ = Statement.objects.get_or_create(
            licensor_id=licensor_id,
            period_starts_at=period.starts_at,
            period_ends_at=period.ends_at,
            currency=total.currency,
            defaults={
                "total_micros": total.micros,
                "line_count": line_count,
                "csv_sha256": csv_sha256,
                "issued_at": now,
            },
        )
    if (statement.total_micros, statement.line_count) != (total.micros, line_count):
        raise StatementMismatchError(
            f"this statement was issued on {statement.issued_at:%Y-%m-%d} over "
            f"{Money(statement.total_micros, total.currency)} in {statement.line_count} lines, and "
            f"the books now say {total} in {line_count}: see which sales came in late"
        )
    return statement


def _accrual(line: LineFacts, due: AccrualFacts) -> tuple[object, ...]:
    """A row of `_ACCRUAL_COLUMNS`."""
    return (
        line.id,
        due.licence_id,
        due.licensor_id,
        due.right,
        due.amount.micros,
        due.amount.currency,
        due.accrued_at,
    )
