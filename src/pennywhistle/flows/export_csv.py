"""The books as tables for a bookkeeper: one row a transfer, and a trial balance for each month."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from pennywhistle.flows.exported_rows import iterate_exported
from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    books_as_of_one_instant,
    iterate_accounts,
    list_balances_before,
)
from pennywhistle.shop.ledger.rules import TransferFacts

TRANSFER_COLUMNS = (
    "posted_at_utc",
    "key",
    "document",
    "paper",
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
    "opening_debit",
    "opening_credit",
    "debits",
    "credits",
    "closing_debit",
    "closing_credit",
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

    A balance stands on the side where it lies: assets and expenses as a rule among the debits. Over
    one month and currency, debits equal credits in each of the three pairs of columns.
    """
    rows = csv.writer(transfers, lineterminator="\r\n")  # RFC 4180
    rows.writerow(TRANSFER_COLUMNS)
    table = csv.writer(balances, lineterminator="\r\n")
    table.writerow(BALANCE_COLUMNS)
    with books_as_of_one_instant():
        accounts = {row.code: row for row in iterate_accounts()}
        month = _Month(Counter(list_balances_before(instant=within.starts_at)))
        current = within.starts_at
        for facts, paper in iterate_exported(within=within):
            while facts.posted_at >= _ends_at(current):
                table.writerows(_balance_rows(month, accounts, current))
                month, current = _Month(month.close()), _ends_at(current)
            rows.writerow(_cells(facts, accounts, paper))
            if facts.phase.moves:
                month.debits[facts.debit] += facts.amount.micros
                month.credits[facts.credit] += facts.amount.micros
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
        moved = (month.debits[code], month.credits[code])
        figures = (*_sides(month.opening[code]), *moved, *_sides(closing[code]))
        if any(figures):
            told = [f"{Money(micros, row.currency).decimal:.6f}" for micros in figures]
            yield [f"{starts_at:%Y-%m}", code, row.kind, row.currency, *told]


def _sides(balance: int) -> tuple[int, int]:
    """Credits less debits, as a debit balance and a credit balance."""
    return max(-balance, 0), max(balance, 0)


def _cells(facts: TransferFacts, accounts: dict[str, AccountRow], paper: str) -> list[str]:
    return [
        f"{facts.posted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        facts.key,
        facts.document,
        paper,
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
