"""Writes of accruals and statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import open_account
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.licensing.rules import LicenceTerms, Right
from pennywhistle.shop.royalties.models import Accrual, Statement
from pennywhistle.shop.royalties.rules import royalty_transfers
from pennywhistle.shop.sales.rules import LineFacts


def accrue(*, lines: Sequence[LineFacts], licences: dict[int, LicenceTerms]) -> list[TransferFacts]:
    """Record what each line owes for each right, and return the transfers that move it.

    `licences` holds, by id, those that the lines name. Transaction: the caller's.
    """
    transfers: list[TransferFacts] = []
    accruals: list[Accrual] = []
    for line in lines:
        by_right = {
            Right.RECORDING: licences[line.recording_licence_id],
            Right.WORK: licences[line.work_licence_id],
        }
        licensor_ids = {right: licence.licensor_id for right, licence in by_right.items()}
        transfers += royalty_transfers(line=line, licensor_ids=licensor_ids)
        accruals += [_accrual(line, right, licence) for right, licence in by_right.items()]
    for code, currency in {(t.credit, t.amount.currency) for t in transfers}:
        open_account(code=code, currency=currency, kind="liability")
    Accrual.objects.bulk_create(accruals)
    return transfers


def store_statement(
    *,
    licensor_id: int,
    period: Period,
    total: Money,
    line_count: int,
    csv_sha256: str,
    now: datetime,
) -> Statement:
    """Keep what a statement of a closed period said, the first time. Transaction: its own."""
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
    return statement


def _accrual(line: LineFacts, right: Right, licence: LicenceTerms) -> Accrual:
    amount = line.recording if right is Right.RECORDING else line.work
    return Accrual(
        sale_line_id=line.id,
        licence_id=licence.id,
        licensor_id=licence.licensor_id,
        right=right.value,
        amount_micros=amount.micros,
        currency=amount.currency,
        accrued_at=line.purchased_at,
    )
