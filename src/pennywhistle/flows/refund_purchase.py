"""Give a purchase back, or some of its lines: wallet, tax, royalties and library in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from pennywhistle.flows.issue_paper import issue_credit_notes
from pennywhistle.shop.ledger.operations import hold_account, post
from pennywhistle.shop.ledger.queries import list_transfers
from pennywhistle.shop.library.operations import remove_items
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.royalties.operations import reverse_accruals
from pennywhistle.shop.sales.aftercare import list_lines, list_refunds, list_standing_upgrades
from pennywhistle.shop.sales.operations import store_refunds
from pennywhistle.shop.sales.refunds import (
    NOTE_LENGTH_MOST,
    RefundError,
    RefundFacts,
    RefundReason,
    UnknownSaleLineError,
    check_not_upgraded,
    refund_transfers,
)
from pennywhistle.shop.sales.rules import LineFacts


def refund_purchase(
    *,
    purchase_id: int,
    numbers: Collection[int] | None = None,
    reason: RefundReason,
    note: str = "",
    refunded_by: int | None,
    now: datetime,
) -> list[RefundFacts]:
    """Give back the lines of these `numbers`, or every line for None, into their buyer's wallet.

    What was given back before stays as it was: running it again gives the same answer. What goes
    back leaves the library: it is paid for by nobody, so nobody licenses it. Transactions: one of
    its own, durable, then that of the credit note. Raises `UnknownSaleLineError`,
    `UpgradedLineError`, `RefundError`.
    """
    if len(note) > NOTE_LENGTH_MOST:
        raise RefundError(f"Write the note in {NOTE_LENGTH_MOST} letters or fewer.")
    lines = list_lines(purchase_id=purchase_id)
    if numbers is not None:
        lines = [line for line in lines if line.number in set(numbers)]
    if not lines or (numbers is not None and len(lines) != len(set(numbers))):
        raise UnknownSaleLineError(f"purchase {purchase_id} has no such line")
    with transaction.atomic(durable=True):
        hold_wallet_of(line=lines[0])
        give_back(lines=lines, reason=reason, note=note, refunded_by=refunded_by, now=now)
    issue_credit_notes(purchase_id=purchase_id, now=now)
    refunds = list_refunds(sale_line_ids=[line.id for line in lines])
    return [refunds[line.id] for line in lines]


def hold_wallet_of(*, line: LineFacts) -> None:
    """One purchase, refund or report of a person at a time. Transaction: the caller's."""
    hold_account(code=wallet_code(person_id=line.person_id, currency=line.gross.currency))


def give_back(
    *,
    lines: Sequence[LineFacts],
    reason: RefundReason,
    note: str,
    refunded_by: int | None,
    now: datetime,
) -> None:
    """Give back those of a person's `lines` that were not given back before.

    Transaction: the caller's, which holds the wallet. Costs a query for each line, at most
    `sales.rules.LINES_MOST`. Raises `UpgradedLineError`.
    """
    done = list_refunds(sale_line_ids=[line.id for line in lines])
    standing = [line for line in lines if line.id not in done]
    if not standing:
        return
    documents = {line.document for line in standing}
    check_not_upgraded(
        documents=documents, upgrades=list_standing_upgrades(lines=standing), refunded=documents
    )
    posted = [row.facts for line in standing for row in list_transfers(document=line.document)]
    ids = [line.id for line in standing]
    store_refunds(sale_line_ids=ids, reason=reason, note=note, by=refunded_by, now=now)
    reverse_accruals(sale_line_ids=ids, now=now)
    post(transfers=refund_transfers(posted=posted, refunded_at=now))
    remove_items(sale_line_ids=ids)
