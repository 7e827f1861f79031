"""Give a sale its receipt and a refund its credit note, each a number without a gap before it.

Not in the purchase's own transaction: there, every buyer would wait for the one who is served. So a
receipt follows its sale in a transaction of its own, and the worker writes those that a crash left
out (law 7).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError

from pennywhistle.shop.sales.paper_operations import number_paper
from pennywhistle.shop.sales.paper_queries import (
    Lacking,
    PaperFacts,
    find_paper,
    list_given_back,
    list_purchases_refunded,
    list_purchases_without_receipt,
    receipt_of,
)
from pennywhistle.shop.sales.papers import credit_note_of, receipt_document

log = logging.getLogger(__name__)

# Purchases or refunds that are looked at in one go.
AT_ONCE = 500


def issue_receipt(*, purchase_id: int, now: datetime) -> PaperFacts:
    """The receipt of a purchase, written the first time that it is asked for.

    Transaction: one short one. Raises `PaperError` where there is no such purchase.
    """
    document = receipt_document(purchase_id=purchase_id)
    if (issued := find_paper(document=document)) is not None:
        return issued
    content = receipt_of(purchase_id=purchase_id)
    return number_paper(document=document, purchase_id=purchase_id, content=content, now=now)


def issue_receipt_or_leave_it(*, purchase_id: int, now: datetime) -> None:
    """`issue_receipt` where a buyer waits: if the database has no turn for it, the worker writes it.

    What was bought is bought, and must not look as if it had failed.
    """
    try:
        issue_receipt(purchase_id=purchase_id, now=now)
    except OperationalError as error:
        log.warning("the receipt of purchase %s is left to the worker: %s", purchase_id, error)


def issue_credit_notes(*, purchase_id: int, now: datetime) -> list[PaperFacts]:
    """The credit notes of a purchase, one for all that was given back in one go.

    Those that lack are written, and first the receipt where it does. A short transaction for each.
    """
    receipt = issue_receipt(purchase_id=purchase_id, now=now)
    return [
        find_paper(document=back.document)
        or number_paper(
            document=back.document,
            purchase_id=purchase_id,
            content=credit_note_of(
                receipt.content,
                receipt_name=receipt.name,
                documents=back.sale_documents,
                refunded_at=back.refunded_at,
            ),
            now=now,
        )
        for back in list_given_back(purchase_id=purchase_id)
    ]


@dataclass(frozen=True, slots=True)
class Numbered:
    """How far a search for missing papers has come: the last row that was looked at, and which
    purchases were left without theirs, with why."""

    last_id: int
    failed: tuple[tuple[int, Exception], ...] = ()


def issue_missing_receipts(*, after_id: int, now: datetime) -> Numbered:
    """Write the receipts that lack among the next `AT_ONCE` purchases, in order.

    One that cannot be written keeps no other from being: it is told, and lacks still. A short
    transaction for each. Raises `OperationalError` and `InterfaceError`, where the database itself
    has no turn or is gone.
    """
    lacking = list_purchases_without_receipt(after_id=after_id, limit=AT_ONCE)
    return _issue_each(lacking, lambda number: issue_receipt(purchase_id=number, now=now))


def issue_missing_credit_notes(*, after_id: int, now: datetime) -> Numbered:
    """The same of credit notes, for the next `AT_ONCE` refunds after that one."""
    refunded = list_purchases_refunded(after_id=after_id, limit=AT_ONCE)
    return _issue_each(refunded, lambda number: issue_credit_notes(purchase_id=number, now=now))


def _issue_each(lacking: Lacking, issue: Callable[[int], object]) -> Numbered:
    failed = []
    for purchase_id in lacking.purchase_ids:
        try:
            issue(purchase_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others get theirs
            failed.append((purchase_id, error))
    return Numbered(lacking.last_id, tuple(failed))
