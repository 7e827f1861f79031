"""Recount everything from the first transfer, and name each row that is wrong.

Every transfer must be explained by its document (a sale line, a top-up, a voucher) and say exactly
what that document makes it say; every document must have its transfers; every kept balance must be
what its transfers make it; every sealed day must be as it was sealed. This is a second count, not
the triggers asked again: it finds what was changed behind their back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from pennywhistle.flows.books_report import BooksReport, Finding
from pennywhistle.flows.outfit import get_day_line_store
from pennywhistle.flows.verify_papers import check_papers
from pennywhistle.flows.verify_rows import find_unsound_rows
from pennywhistle.flows.verify_sales import SalesCount
from pennywhistle.flows.verify_seals import check_seals
from pennywhistle.flows.verify_statements import check_statements
from pennywhistle.flows.verify_transfers import (
    AccountCount,
    Marks,
    TransferCount,
    check_documents,
)
from pennywhistle.flows.write_day_lines import DayLineStore, check_day_lines
from pennywhistle.shop.ledger.queries import books_as_of_one_instant
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.banking.queries import iterate_bank, iterate_wrong_statements
from pennywhistle.shop.payments.codes.queries import iterate_gifts, iterate_vouchers
from pennywhistle.shop.payments.gateways.queries import iterate_wrong_messages
from pennywhistle.shop.payments.going_back.queries import (
    iterate_going_back,
    iterate_wrong_disputes,
    iterate_wrong_shortages,
)
from pennywhistle.shop.payments.top_ups.queries import iterate_top_ups
from pennywhistle.shop.royalties.payout_file_queries import iterate_wrong_payouts
from pennywhistle.shop.royalties.payout_queries import iterate_payout_transfers

__all__ = ["BooksReport", "Finding", "verify_books"]

# Every transfer that documents ask for, but for those of sales, which `verify_sales` counts.
SOURCES: tuple[Callable[[], Iterator[TransferFacts]], ...] = (
    iterate_top_ups,
    iterate_vouchers,
    iterate_going_back,
    iterate_bank,
    iterate_gifts,
    iterate_payout_transfers,
)


def verify_books(
    *,
    now: datetime | None = None,
    messages_kept_for: timedelta | None = None,
    store: DayLineStore | None = None,
) -> BooksReport:
    """Recount the books. Reads only; a store that sells meanwhile is counted as of one instant.

    With `now` it is asked too whether seals are missing, and with `messages_kept_for` whether a
    message was emptied before its time.

    Where rows cannot be read, the report names those and nothing is counted: put them right first.
    Everything streams past: memory holds a bit for each transfer, the licences, a hash for each day,
    and what is wrong. Files of days' lines are held against seals and books afterwards, in no
    transaction; those of the outfit unless `store` is another.
    """
    with books_as_of_one_instant():
        if unsound := find_unsound_rows():
            unsound.append(Finding("books", "not counted until the rows above are put right"))
            return BooksReport(0, 0, 0, {}, tuple(unsound))
        report = _recount(now, messages_kept_for)
    files = check_day_lines(store=store or get_day_line_store())
    return replace(report, findings=(*report.findings, *files))


def _recount(now: datetime | None, messages_kept_for: timedelta | None) -> BooksReport:
    explained = Marks()
    sales, transfers, accounts = SalesCount(), TransferCount(), AccountCount()
    findings = list(sales.check(explained))
    for source in SOURCES:
        findings += check_documents(source(), explained)
    findings += _check_shortages()
    findings += (Finding(where, what) for where, what in iterate_wrong_statements())
    young_from = now - messages_kept_for if now and messages_kept_for else None
    findings += (
        Finding(where, what) for where, what in iterate_wrong_messages(young_from=young_from)
    )
    findings += (Finding(where, what) for where, what in iterate_wrong_payouts())
    findings += transfers.check(explained)
    findings += accounts.check()
    findings += check_statements()
    findings += check_papers()
    findings += check_seals(transfers.trees, now=now)
    return BooksReport(
        transfer_count=transfers.count,
        account_count=accounts.count,
        sale_line_count=sales.count,
        moved=transfers.moved,
        findings=tuple(findings),
    )


def _check_shortages() -> Iterator[Finding]:
    for document, says, due in iterate_wrong_shortages():
        yield Finding(f"document {document}", f"its shortage says {says}, and it comes to {due}")
    for document, what in iterate_wrong_disputes():
        yield Finding(f"document {document}", what)
