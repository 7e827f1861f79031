"""The books as tables for a bookkeeper: one row a transfer, and a trial balance for each month."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    books_as_of_one_instant,
    iterate_accounts,
    iterate_transfers,
    list_balances_before,
)
from pennywhistle.shop.ledger.rules import TransferFacts

TRANSFER_COLUMNS = (
    "posted_at_utc",
    "key",
    "document",
    "reason",
    "phase",
    "debit",
    "debit_kind",
    "credit",
    "credit_kind",
    "amount",
    "currency",
    "reverses",
    "settles",
)
BALANCE_COLUMNS = (
    "month",
    "account",
    "kind",
    "currency",
    "opening",
    "debits",
    "credits",
    "closing",
)


@dataclass
class _Month:
    """What moved in one month, in micro-units by account; `opening` is credits less debits."""

    opening: Counter[str]
    debits: Counter[str] = field(default_factory=Counter)
    credits: Counter[str] = field(default_factory=Counter)

    def close(self) -> Counter[str]:
        """What stands on each account afterwards."""
        closing = Counter(self.opening)
        closing.update(self.credits)
        closing.subtract(self.debits)
        return closing


def write_tables(*, within: Period, transfers: TextIO, balances: TextIO) -> None:
    """Write both tables of a closed period. As of one instant; memory holds a few numbers for each
    account.

    Balances are credits less debits, as everywhere in the books: assets and expenses stand below
    zero. Over one month and currency, debits equal credits, and openings and closings sum to zero.
    """
    rows = csv.writer(transfers, lineterminator="\r\n")  # RFC 4180
    rows.writerow(TRANSFER_COLUMNS)
    table = csv.writer(balances, lineterminator="\r\n")
    table.writerow(BALANCE_COLUMNS)
    with books_as_of_one_instant():
        accounts = {row.code: row for row in iterate_accounts()}
        month = _Month(Counter(list_balances_before(instant=within.starts_at)))
        current = within.starts_at
        for row in iterate_transfers(within=within):
            while row.facts.posted_at >= _ends_at(current):
                table.writerows(_balance_rows(month, accounts, current))
                month, current = _Month(month.close()), _ends_at(current)
            rows.writerow(_cells(row.facts, accounts))
            if row.facts.phase.moves:
                month.debits[row.facts.debit] += row.facts.amount.micros
                month.credits[row.facts.credit] += row.facts.amount.micros
        table.writerows(_balance_rows(month, accounts, current))


def _ends_at(instant: datetime) -> datetime:
    ends_at = month_period(f"{instant:%Y-%m}").ends_at
    assert ends_at is not None
    return ends_at


def _balance_rows(
    month: _Month, accounts: dict[str, AccountRow], starts_at: datetime
) -> Iterator[list[str]]:
    closing = month.close()
    for code in sorted(closing):
        row = accounts[code]
        figures = (month.opening[code], month.debits[code], month.credits[code], closing[code])
        if any(figures):
            told = [f"{Money(micros, row.currency).decimal:.6f}" for micros in figures]
            yield [f"{starts_at:%Y-%m}", code, row.kind, row.currency, *told]


def _cells(facts: TransferFacts, accounts: dict[str, AccountRow]) -> list[str]:
    return [
        f"{facts.posted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        facts.key,
        facts.document,
        facts.reason,
        facts.phase.value,
        facts.debit,
        accounts[facts.debit].kind,
        facts.credit,
        accounts[facts.credit].kind,
        f"{facts.amount.decimal:.6f}",
        facts.amount.currency,
        facts.reverses_key or "",
        facts.settles_key or "",
    ]
