"""The books as Beancount text, which `bean-check` holds against our own balances.

https://beancount.github.io/docs/beancount_language_syntax.html. There an account that is debited
grows, so a transfer's `debit` account gets its amount as it is, and its `credit` account gets it
with the sign turned: assets and expenses stand above zero, where our own balances (credits less
debits) stand below. A receipt's or a credit note's number is a link: `^R2026-000001`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pennywhistle.flows.exported_rows import iterate_exported
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import (
    AccountRow,
    books_as_of_one_instant,
    iterate_accounts,
    list_balances_before,
)
from pennywhistle.shop.ledger.rules import Phase, TransferFacts

# The root of an account's name, by the kind that we keep it as.
_ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "income": "Income",
    "expense": "Expenses",
}
_OTHER = re.compile(r"[^A-Za-z0-9-]")


class ExportError(Exception):
    """Books that cannot be written in the form that was asked for."""


def iterate_beancount(*, within: Period) -> Iterator[str]:
    """The lines of a closed period, each with its end.

    What stood on the accounts before is one entry on the day before, and what stands on each
    account that moved is asserted on the first of every month and at the end. Pending transfers
    and those that void one are comments. Holds one number for each account in memory.
    """
    with books_as_of_one_instant():
        accounts = {row.code: row for row in iterate_accounts()}
        yield from _head(accounts, within)
        before = list_balances_before(instant=within.starts_at)
        balances = Counter({code: -micros for code, micros in before.items()})
        opening = within.starts_at.date() - timedelta(days=1)
        yield from _opening(balances, accounts, opening)
        moved: set[str] = set(balances)
        month = within.starts_at
        for facts, paper in iterate_exported(within=within):
            while _next_month(month) <= facts.posted_at:
                month = _next_month(month)
                yield from _assertions(balances, accounts, moved, month.date())
                moved.clear()
            yield from _entry(facts, accounts, paper)
            if facts.phase.moves:
                balances[facts.debit] += facts.amount.micros
                balances[facts.credit] -= facts.amount.micros
                moved |= {facts.debit, facts.credit}
        assert within.ends_at is not None
        yield from _assertions(balances, accounts, set(balances), within.ends_at.date())


def beancount_name(*, code: str, kind: str) -> str:
    """`wallet/7/EUR`, a liability, as `Liabilities:Wallet:7:EUR`.

    What such a name does not take is written as its number in hex: `-x5f-`.
    """
    return ":".join([_ROOTS[kind], *(_component(part) for part in code.split("/"))])


def _component(part: str) -> str:
    escaped = _OTHER.sub(lambda found: f"-x{ord(found[0]):x}-", part)
    return escaped[:1].upper() + escaped[1:]


def _head(accounts: dict[str, AccountRow], within: Period) -> Iterator[str]:
    yield f"; From {within.starts_at:%Y-%m-%d} up to, and without, {within.ends_at:%Y-%m-%d}, UTC.\n"
    yield 'option "title" "Pennywhistle"\n'
    for currency in sorted({row.currency for row in accounts.values()}):
        yield f'option "operating_currency" "{currency}"\n'
    names = {beancount_name(code=row.code, kind=row.kind) for row in accounts.values()}
    if len(names) < len(accounts):
        raise ExportError("two accounts would have one name in Beancount: export CSV instead")
    opened = within.starts_at.date() - timedelta(days=1)
    for row in accounts.values():
        name = beancount_name(code=row.code, kind=row.kind)
        yield f"{opened} open {name} {row.currency}\n  code: {json.dumps(row.code)}\n"


def _opening(balances: Counter[str], accounts: dict[str, AccountRow], day: date) -> Iterator[str]:
    if not any(balances.values()):
        return
    yield f'{day} * "what stood on the accounts before"\n'
    for code, micros in sorted(balances.items()):
        if micros:
            yield f"  {_posting(accounts[code], micros)}\n"


def _entry(facts: TransferFacts, accounts: dict[str, AccountRow], paper: str) -> Iterator[str]:
    micros = facts.amount.micros
    debit = _posting(accounts[facts.debit], micros)
    credit = _posting(accounts[facts.credit], -micros)
    day = facts.posted_at.astimezone(UTC).date()
    if not facts.phase.moves:
        what = "pending" if facts.phase is Phase.PENDING else f"voids {facts.settles_key}"
        yield f"; {day} {what}: {debit}, {credit}, key {facts.key}\n"
        return
    link = f" ^{paper}" if paper else ""
    yield f"{day} * {json.dumps(facts.reason)}{link}\n"
    yield f"  key: {json.dumps(facts.key)}\n"
    yield f"  document: {json.dumps(facts.document)}\n"
    yield f'  posted_at: "{facts.posted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"\n'
    for name, key in (("reverses", facts.reverses_key), ("settles", facts.settles_key)):
        if key is not None:
            yield f"  {name}: {json.dumps(key)}\n"
    yield f"  {debit}\n"
    yield f"  {credit}\n"


def _assertions(
    balances: Counter[str], accounts: dict[str, AccountRow], codes: set[str], day: date
) -> Iterator[str]:
    """What stands on these accounts as the day begins, to the last digit."""
    for code in sorted(codes):
        row = accounts[code]
        amount = Money(balances[code], row.currency)
        name = beancount_name(code=code, kind=row.kind)
        yield f"{day} balance {name} {amount.decimal:.6f} ~ 0 {row.currency}\n"


def _posting(account: AccountRow, micros: int) -> str:
    name = beancount_name(code=account.code, kind=account.kind)
    return f"{name}  {Money(micros, account.currency).decimal:.6f} {account.currency}"


def _next_month(instant: datetime) -> datetime:
    """The first instant of the month after, UTC."""
    return datetime(instant.year + instant.month // 12, instant.month % 12 + 1, 1, tzinfo=UTC)
