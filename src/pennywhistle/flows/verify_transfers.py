"""The part of the recount that looks at the ledger itself: each transfer, and each account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from pennywhistle.flows.books_report import Finding, compare
from pennywhistle.flows.sealed_entries import leaf_of
from pennywhistle.kit.chunks import chunked
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.merkle import Tree
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    TransferRow,
    iterate_accounts,
    iterate_transfers,
    list_balances,
    list_reserved,
    list_transfers_by_key,
)
from pennywhistle.shop.ledger.rules import AccountTerms, LedgerError, TransferFacts
from pennywhistle.shop.ledger.seals import TreeFacts, day_of, transfer_entry
from pennywhistle.shop.payments import chart as payments
from pennywhistle.shop.royalties import chart as royalties
from pennywhistle.shop.sales import chart as sales

# What the rooms say of the accounts that each keeps.
CHART: dict[str, AccountTerms] = payments.ACCOUNTS | sales.ACCOUNTS | royalties.ACCOUNTS

# Keys, or codes, of one query.
NAMES_AT_ONCE = 900

_PAGE_BITS = 16


class Marks:
    """A set of whole numbers that lie close together, at a bit each: of a million, 125 kB."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Put it in; True where it was not in before."""
        page = self._pages.setdefault(number >> _PAGE_BITS, bytearray(1 << _PAGE_BITS - 3))
        place, bit = divmod(number & (1 << _PAGE_BITS) - 1, 8)
        is_new = not page[place] >> bit & 1
        page[place] |= 1 << bit
        return is_new

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> _PAGE_BITS)
        place, bit = divmod(number & (1 << _PAGE_BITS) - 1, 8)
        return page is not None and bool(page[place] >> bit & 1)


def check_documents(expected: Iterable[TransferFacts], explained: Marks) -> Iterator[Finding]:
    """That each transfer which documents ask for is there and says so; marks its id in `explained`."""
    for chunk in chunked(expected, size=NAMES_AT_ONCE):
        stored = list_transfers_by_key(keys=[facts.key for facts in chunk])
        for facts in chunk:
            row = stored.get(facts.key)
            if row is None:
                what = f"its transfer {facts.key} is missing"
                yield Finding(f"document {facts.document}", what)
            elif not explained.add(row.id):
                yield Finding(_where(row), "two documents ask for it")
            else:
                yield from (Finding(_where(row), what) for what in compare(row.facts, facts))


class TransferCount:
    """One walk past every transfer, from the first on: what is wrong with it by itself, how many
    there are, what they moved, and the tree of each day."""

    def __init__(self) -> None:
        self.count = 0
        self.moved: dict[str, Money] = {}
        self.trees: dict[date, TreeFacts] = {}

    def check(self, explained: Marks) -> Iterator[Finding]:
        """What is wrong; those not in `explained` are explained by nothing."""
        day, tree = date.min, Tree()
        for row in iterate_transfers():
            if day_of(row.facts.posted_at) != day:
                self.trees[day] = TreeFacts(tree.count, tree.root)
                day, tree = day_of(row.facts.posted_at), Tree()
            tree.add(leaf_of(transfer_entry(row.facts)))
            self._count(row.facts)
            yield from (Finding(_where(row), what) for what in _check_transfer(row))
            if row.id not in explained:
                yield from (Finding(_where(row), what) for what in compare(row.facts, None))
        self.trees[day] = TreeFacts(tree.count, tree.root)

    def _count(self, facts: TransferFacts) -> None:
        self.count += 1
        if facts.phase.moves:
            currency = facts.amount.currency
            self.moved[currency] = self.moved.get(currency, Money.zero(currency)) + facts.amount


class AccountCount:
    """One walk past every account."""

    def __init__(self) -> None:
        self.count = 0

    def check(self) -> Iterator[Finding]:
        """What is wrong with the accounts, or with the balances that are kept of them."""
        for accounts in chunked(iterate_accounts(), size=NAMES_AT_ONCE):
            self.count += len(accounts)
            kept = [account.code for account in accounts if _is_kept(account)]
            balances, reserved = list_balances(codes=kept), list_reserved(codes=kept)
            for account in accounts:
                where = f"account {account.code}"
                zero = Money.zero(account.currency)
                yield from (Finding(where, what) for what in _check_terms(account))
                counted = balances.get(account.code, zero)
                held = reserved.get(account.code, zero)
                yield from (Finding(where, what) for what in _check_balance(account, counted, held))


def _where(row: TransferRow) -> str:
    return f"transfer {row.id} ({row.facts.key})"


def _check_transfer(row: TransferRow) -> Iterator[str]:
    try:
        row.facts.check()
    except LedgerError as error:
        yield str(error)
    if row.facts.digest != row.digest:
        yield "its digest does not fit what it says: the row was changed after it was posted"
    if row.credit_currency != row.facts.amount.currency:
        yield f"it takes {row.facts.amount.currency} and gives {row.credit_currency}"


def _is_kept(account: AccountRow) -> bool:
    """Whether such an account keeps its balance: only guarded ones do."""
    terms = CHART.get(account.code.partition("/")[0])
    return account.is_guarded if terms is None else terms.is_guarded


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


def _check_balance(account: AccountRow, counted: Money, pending: Money) -> Iterator[str]:
    """A kept balance, and what is reserved of it, against what its transfers make them."""
    if account.balance_micros != counted.micros:
        kept = Money(account.balance_micros, account.currency)
        yield f"its balance says {kept}, " + (
            f"its transfers make it {counted}"
            if _is_kept(account)
            else "and such an account keeps none"
        )
    if account.reserved_micros != pending.micros:
        kept = Money(account.reserved_micros, account.currency)
        yield f"it says that {kept} is reserved, and its pending transfers make it {pending}"
    if counted.micros < pending.micros:
        yield "its transfers overdraw it"
