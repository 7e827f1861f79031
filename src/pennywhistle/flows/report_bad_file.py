"""A listener says that a file is broken, and has the money back at once where nothing hinders it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from pennywhistle.flows.issue_paper import issue_credit_notes
from pennywhistle.flows.refund_purchase import give_back, hold_wallet_of
from pennywhistle.shop.payments.going_back.queries import get_shortage
from pennywhistle.shop.sales.aftercare import (
    ReportFacts,
    find_report,
    get_line,
    get_report_history,
    list_refunds,
    list_standing_upgrades,
)
from pennywhistle.shop.sales.bad_files import (
    Held,
    ReportError,
    Trouble,
    check_words,
    find_hindrance,
)
from pennywhistle.shop.sales.operations import store_report
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import LineFacts


def report_bad_file(
    *, sale_line_id: int, person_id: int, trouble: str, words: str, now: datetime
) -> ReportFacts:
    """Keep what a person says of a file that they bought, once, and pay it back if nothing hinders.

    Paid back means: the price in the wallet, tax and royalties reversed, the file out of the
    library. Where a limit hinders that, the report waits for the operator. Reporting the same file
    again gives the first answer. Transactions: one of its own, durable, then that of the credit
    note. Raises `ReportError`, `UnknownSaleLineError`.
    """
    chosen, said = check_words(trouble=trouble, words=words)
    line = get_line(sale_line_id=sale_line_id, person_id=person_id)
    with transaction.atomic(durable=True):
        hold_wallet_of(line=line)  # So that two reports at once are counted one after the other.
        report = find_report(sale_line_id=line.id)
        if report is None:
            report = _report(line, chosen, said, now)
    if report.credited is not None:
        issue_credit_notes(purchase_id=report.purchase_id, now=now)
    return report


def _report(line: LineFacts, trouble: Trouble, words: str, now: datetime) -> ReportFacts:
    if list_refunds(sale_line_ids=[line.id]):
        raise ReportError("You had the money for this file back already.")
    held = _find_hindrance(line, now)
    store_report(sale_line_id=line.id, trouble=trouble, words=words, held=held, now=now)
    if held is None:
        give_back(lines=[line], reason=RefundReason.BAD_FILE, note="", refunded_by=None, now=now)
    report = find_report(sale_line_id=line.id)
    if report is None:
        raise ReportError(f"the report of {line.document} was kept and is not there")
    return report


def _find_hindrance(line: LineFacts, now: datetime) -> Held | None:
    currency = line.gross.currency
    history = replace(
        get_report_history(person_id=line.person_id, currency=currency, now=now),
        has_shortage=bool(get_shortage(person_id=line.person_id, currency=currency)),
        is_upgraded=any(base == line.document for _, base in list_standing_upgrades(lines=[line])),
    )
    return find_hindrance(
        history=history, price=line.gross, purchased_at=line.purchased_at, now=now
    )
