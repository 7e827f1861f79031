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
from pennywhistle.shop.royalties.rules import payable_code
from pennywhistle.shop.sales.queries import LineFacts
from pennywhistle.shop.sales.rules import receipts_code


def accrue(*, lines: Sequence[LineFacts], licences: dict[int, LicenceTerms]) -> list[TransferFacts]:
    """Record what each line owes for each right, and return the transfers that move it.

    `licences` holds, by id, those that the lines name. Transaction: the caller's.
    """
    accruals: list[Accrual] = []
    transfers: list[TransferFacts] = []
    for line in lines:
        for right, licence_id, amount in (
            (Right.RECORDING, line.recording_licence_id, line.recording),
            (Right.WORK, line.work_licence_id, line.work),
        ):
            licence = licences[licence_id]
            accruals.append(_accrual(line, right, licence, amount))
            if amount:
                transfers.append(_transfer(line, right, licence, amount))
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


def _accrual(line: LineFacts, right: Right, licence: LicenceTerms, amount: Money) -> Accrual:
    return Accrual(
        sale_line_id=line.id,
        licence_id=licence.id,
        licensor_id=licence.licensor_id,
        right=right.value,
        amount_micros=amount.micros,
        currency=amount.currency,
        accrued_at=line.purchased_at,
    )


def _transfer(line: LineFacts, right: Right, licence: LicenceTerms, amount: Money) -> TransferFacts:
    currency = amount.currency
    return TransferFacts(
        key=f"{line.document}/royalty/{right.value}",
        debit=receipts_code(currency=currency),
        credit=payable_code(licensor_id=licence.licensor_id, currency=currency),
        amount=amount,
        reason="royalty",
        document=line.document,
        posted_at=line.purchased_at,
    )
