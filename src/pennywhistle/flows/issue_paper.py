"""Give a sale its receipt and a refund its credit note, each a number without a gap before it.

Not in the purchase's own transaction: there, every buyer would wait for the one who is served. So a
receipt follows its sale in a transaction of its own, and the worker writes those that a crash left
out (law 7).
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import OperationalError

from pennywhistle.shop.sales.paper_operations import number_paper
from pennywhistle.shop.sales.paper_queries import (
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


def issue_missing_receipts(*, after_id: int, now: datetime) -> int:
    """Write the receipts that lack among the next `AT_ONCE` purchases, in order.

    Returns the last purchase that was looked at: where to go on. A short transaction for each.
    """
    lacking = list_purchases_without_receipt(after_id=after_id, limit=AT_ONCE)
    for purchase_id in lacking.purchase_ids:
        issue_receipt(purchase_id=purchase_id, now=now)
    return lacking.last_id


def issue_missing_credit_notes(*, after_id: int, now: datetime) -> int:
    """The same of credit notes, for the next `AT_ONCE` refunds after that one."""
    refunded = list_purchases_refunded(after_id=after_id, limit=AT_ONCE)
    for purchase_id in refunded.purchase_ids:
        issue_credit_notes(purchase_id=purchase_id, now=now)
    return refunded.last_id
