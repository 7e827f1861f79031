"""Recount everything from the first transfer, and name each row that is wrong.

Every transfer must be explained by its document (a sale line, a top-up, a voucher) and say exactly
what that document makes it say; every document must have its transfers; every kept balance must be
what its transfers make it. This is a second count, not the triggers asked again: it finds what was
changed behind their back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    TransferRow,
    books_as_of_one_instant,
    iterate_accounts,
    iterate_transfers,
)
from pennywhistle.shop.ledger.rules import LedgerError, TransferFacts
from pennywhistle.shop.library.queries import iterate_sold_but_not_owned
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.licensing.rules import Right
from pennywhistle.shop.payments.queries import iterate_credits
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.royalties.queries import iterate_accruals
from pennywhistle.shop.royalties.rules import AccrualFacts, accruals_of, royalty_transfers
from pennywhistle.shop.sales.queries import iterate_lines, iterate_lines_unlike_their_quote
from pennywhistle.shop.sales.rules import LineFacts, sale_transfers


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong row: where it is and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What was counted, and what is wrong; right is an empty `findings`."""

    transfer_count: int
    account_count: int
    sale_line_count: int
    moved: dict[str, Money]
    findings: tuple[Finding, ...]


def verify_books() -> BooksReport:
    """Recount the books. Reads only; a store that sells meanwhile is counted as of one instant.

    Holds every sale line and every transfer that they ask for in memory.
    """
    with books_as_of_one_instant():
        return _recount()


def _recount() -> BooksReport:
    sales = {line.document: line for line in iterate_lines()}
    licensor_ids = _licensors(sales)
    findings = list(_check_lines(sales, licensor_ids))
    expected = {facts.key: facts for facts in _expected(sales, licensor_ids)}
    balances: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    transfer_count = 0
    for row in iterate_transfers():
        transfer_count += 1
        where = f"transfer {row.id} ({row.facts.key})"
        findings += [Finding(where, what) for what in _check_transfer(row)]
        findings += [
            Finding(where, what) for what in _compare(row.facts, expected.pop(row.facts.key, None))
        ]
        balances[row.facts.debit] -= row.facts.amount.micros
        balances[row.facts.credit] += row.facts.amount.micros
        moved[row.facts.amount.currency] += row.facts.amount.micros
    for key, facts in expected.items():
        findings.append(Finding(f"document {facts.document}", f"its transfer {key} is missing"))
    accounts = list(iterate_accounts())
    for account in accounts:
        findings += _check_balance(account, balances[account.code])
    return BooksReport(
        transfer_count=transfer_count,
        account_count=len(accounts),
        sale_line_count=len(sales),
        moved={currency: Money(micros, currency) for currency, micros in moved.items()},
        findings=tuple(findings),
    )


def _licensors(sales: dict[str, LineFacts]) -> dict[str, dict[Right, int]]:
    """By the document of each sale line: whom it pays for each right, as its licences say."""
    licences = list_terms_by_id(
        licence_ids={line.recording_licence_id for line in sales.values()}
        | {line.work_licence_id for line in sales.values()}
    )
    return {
        document: {
            Right.RECORDING: licences[line.recording_licence_id].licensor_id,
            Right.WORK: licences[line.work_licence_id].licensor_id,
        }
        for document, line in sales.items()
    }


def _expected(
    sales: dict[str, LineFacts], licensor_ids: dict[str, dict[Right, int]]
) -> Iterator[TransferFacts]:
    """Every transfer that the documents ask for."""
    yield from iterate_credits()
    for document, line in sales.items():
        wallet = wallet_code(person_id=line.person_id, currency=line.gross.currency)
        yield from sale_transfers(line=line, wallet=wallet)
        yield from royalty_transfers(line=line, licensor_ids=licensor_ids[document])


def _check_transfer(row: TransferRow) -> Iterator[str]:
    try:
        row.facts.check()
    except LedgerError as error:
        yield str(error)
    if row.facts.digest != row.digest:
        yield "its digest does not fit what it says: the row was changed after it was posted"
    if row.credit_currency != row.facts.amount.currency:
        yield f"it takes {row.facts.amount.currency} and gives {row.credit_currency}"


def _check_balance(account: AccountRow, counted_micros: int) -> Iterator[Finding]:
    """A kept balance against what its transfers make it."""
    if not account.is_guarded:
        return
    where, counted = f"account {account.code}", Money(counted_micros, account.currency)
    if account.balance_micros != counted_micros:
        kept = Money(account.balance_micros, account.currency)
        yield Finding(where, f"its balance says {kept}, its transfers make it {counted}")
    if counted_micros < 0:
        yield Finding(where, "its transfers overdraw it")


def _compare(
    facts: TransferFacts | AccrualFacts, asked: TransferFacts | AccrualFacts | None
) -> Iterator[str]:
    """What a stored row says otherwise than its document asks for."""
    if asked is None:
        yield f"no document explains it: there is no {facts.document} that asks for it"
        return
    for field in fields(facts):
        stored, due = getattr(facts, field.name), getattr(asked, field.name)
        if str(stored) != str(due):
            yield f"its {field.name} is {stored}, and its document asks for {due}"


def _check_lines(
    sales: dict[str, LineFacts], licensor_ids: dict[str, dict[Right, int]]
) -> Iterator[Finding]:
    """Sale lines against their quotes, their accruals and the libraries."""
    for document in iterate_lines_unlike_their_quote():
        yield Finding(f"sale line {document}", "it differs from the quote that was bought")
    for document in iterate_sold_but_not_owned():
        yield Finding(f"sale line {document}", "it is not in its buyer's library as it was sold")
    unseen = {
        (due.document, due.right): due
        for document, line in sales.items()
        for due in accruals_of(line=line, licensor_ids=licensor_ids[document])
    }
    for accrual in iterate_accruals():
        asked = unseen.pop((accrual.document, accrual.right), None)
        for what in _compare(accrual, asked):
            yield Finding(f"accrual of {accrual.document}, {accrual.right}", what)
    for document, right in unseen:
        yield Finding(f"sale line {document}", f"its accrual for {right} is missing")
