"""Recount everything from the first transfer, and name each row that is wrong.

Every transfer must be explained by its document (a sale line, a top-up, a voucher) and say exactly
what that document makes it say; every document must have its transfers; every kept balance must be
what its transfers make it. This is a second count, not the triggers asked again: it finds what was
changed behind their back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pennywhistle.flows.books_report import BooksReport, Finding, compare
from pennywhistle.flows.verify_rows import find_unsound_rows
from pennywhistle.flows.verify_sales import Licences, check_sales, licensors_of
from pennywhistle.flows.verify_statements import check_statements
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    TransferRow,
    books_as_of_one_instant,
    iterate_accounts,
    iterate_transfers,
)
from pennywhistle.shop.ledger.rules import LedgerError, TransferFacts
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.payments import chart as payments
from pennywhistle.shop.payments.queries import iterate_credits
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.royalties import chart as royalties
from pennywhistle.shop.royalties.rules import royalty_transfers
from pennywhistle.shop.sales import chart as sales_room
from pennywhistle.shop.sales.recount import SoldFacts, iterate_sold
from pennywhistle.shop.sales.refunds import refund_transfers
from pennywhistle.shop.sales.rules import sale_transfers

__all__ = ["BooksReport", "Finding", "verify_books"]

# What the rooms say of the accounts that each keeps.
CHART = payments.ACCOUNTS | sales_room.ACCOUNTS | royalties.ACCOUNTS


def verify_books() -> BooksReport:
    """Recount the books. Reads only; a store that sells meanwhile is counted as of one instant.

    Where rows cannot be read, the report names those and nothing is counted: put them right first.
    Holds every sale line and every transfer that they ask for in memory.
    """
    with books_as_of_one_instant():
        if unsound := find_unsound_rows():
            unsound.append(Finding("books", "not counted until the rows above are put right"))
            return BooksReport(0, 0, 0, {}, tuple(unsound))
        return _recount()


def _recount() -> BooksReport:
    sales = {sold.line.document: sold for sold in iterate_sold()}
    licences = list_terms_by_id(
        licence_ids={sold.line.recording_licence_id for sold in sales.values()}
        | {sold.line.work_licence_id for sold in sales.values()}
    )
    findings = list(check_sales(sales, licences))
    expected = {facts.key: facts for facts in _expected(sales, licences)}
    balances: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    transfer_count = 0
    for row in iterate_transfers():
        transfer_count += 1
        where = f"transfer {row.id} ({row.facts.key})"
        findings += [Finding(where, what) for what in _check_transfer(row)]
        findings += [
            Finding(where, what) for what in compare(row.facts, expected.pop(row.facts.key, None))
        ]
        balances[row.facts.debit] -= row.facts.amount.micros
        balances[row.facts.credit] += row.facts.amount.micros
        moved[row.facts.amount.currency] += row.facts.amount.micros
    for key, facts in expected.items():
        findings.append(Finding(f"document {facts.document}", f"its transfer {key} is missing"))
    accounts = list(iterate_accounts())
    for account in accounts:
        where = f"account {account.code}"
        findings += [Finding(where, what) for what in _check_terms(account)]
        findings += [
            Finding(where, what) for what in _check_balance(account, balances[account.code])
        ]
    findings += check_statements()
    return BooksReport(
        transfer_count=transfer_count,
        account_count=len(accounts),
        sale_line_count=len(sales),
        moved={currency: Money(micros, currency) for currency, micros in moved.items()},
        findings=tuple(findings),
    )


def _expected(sales: Mapping[str, SoldFacts], licences: Licences) -> Iterator[TransferFacts]:
    """Every transfer that the documents ask for."""
    yield from iterate_credits()
    for sold in sales.values():
        line = sold.line
        wallet = wallet_code(person_id=line.person_id, currency=line.gross.currency)
        posted = sale_transfers(line=line, wallet=wallet)
        posted += royalty_transfers(line=line, licensor_ids=licensors_of(sold, licences))
        yield from posted
        if sold.refunded_at is not None:
            yield from refund_transfers(posted=posted, refunded_at=sold.refunded_at)


def _check_transfer(row: TransferRow) -> Iterator[str]:
    try:
        row.facts.check()
    except LedgerError as error:
        yield str(error)
    if row.facts.digest != row.digest:
        yield "its digest does not fit what it says: the row was changed after it was posted"
    if row.credit_currency != row.facts.amount.currency:
        yield f"it takes {row.facts.amount.currency} and gives {row.credit_currency}"


def _check_terms(account: AccountRow) -> Iterator[str]:
    """An account against what the room that keeps it says of all its accounts of that name."""
    name, _, rest = account.code.partition("/")
    terms = CHART.get(name)
    if terms is None:
        yield "no room keeps an account of this name"
        return
    if account.kind != terms.kind:
        yield f"it is kept as {account.kind}, and is a matter of {terms.kind}"
    if account.is_guarded != terms.is_guarded:
        yield "it is not guarded" if terms.is_guarded else "it is guarded, which it must not be"
    if account.currency != rest.rpartition("/")[2]:
        yield f"it is kept in {account.currency}"


def _check_balance(account: AccountRow, counted_micros: int) -> Iterator[str]:
    """A kept balance against what its transfers make it; only a guarded account keeps one."""
    terms = CHART.get(account.code.partition("/")[0])
    is_kept = account.is_guarded if terms is None else terms.is_guarded
    counted = Money(counted_micros if is_kept else 0, account.currency)
    if account.balance_micros != counted.micros:
        kept = Money(account.balance_micros, account.currency)
        yield f"its balance says {kept}, " + (
            f"its transfers make it {counted}" if is_kept else "and such an account keeps none"
        )
    if is_kept and counted_micros < 0:
        yield "its transfers overdraw it"
