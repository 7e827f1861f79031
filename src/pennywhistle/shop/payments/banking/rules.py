"""Transfers to the store's bank account: their references, whose they are, and what they post. Pure.

A listener gets a slip with a reference of ISO 11649. A statement's entries are kept once each; one
that bears the reference of a slip is credited as it came, whatever was asked and whenever it comes.
The others wait, unclaimed, until somebody decides whose they are.

| transfer | when | from | to |
|---|---|---|---|
| `bank/KEY` | a credit is imported | `clearing/bank/CUR` | `unclaimed/CUR` |
| `bank/KEY/end` | it is a listener's | `unclaimed/CUR` | `wallet/PERSON/CUR` |
| `bank/KEY/end`, reverses it | it goes back, or is the store's own | `unclaimed/CUR` | `clearing/bank/CUR` |
| `bank/KEY/end` | it is the payout of a gateway | `unclaimed/CUR` | `clearing/GATEWAY/CUR` |
| `bank/KEY/bonus` | with a listener's | `promotions/CUR` | `wallet/PERSON/CUR` |
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from pennywhistle.kit.bank_statements import Statement, StatementEntry
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.rules import (
    PaymentError,
    bonus_at,
    clearing_code,
    promotions_code,
    wallet_code,
)

GATEWAY = "bank"

# SEPA credit transfers are in euros.
# https://www.europeanpaymentscouncil.eu/what-we-do/sepa-payment-schemes/sepa-credit-transfer
CURRENCY = "EUR"

# So long a slip stands on the wallet's page and counts as on its way; money that comes later is
# credited all the same.
WAITED_FOR = timedelta(days=21)

# Entries of one statement: they are kept in one transaction, and others wait for it.
ENTRIES_MOST = 10_000

# What stands behind `RF` and its two check digits: https://www.iso.org/standard/50649.html. Digits
# alone, of which the check finds every wrong one and every two that change places.
REFERENCE_DIGITS = 12
_REFERENCE = re.compile(rf"(?=(RF\d{{{2 + REFERENCE_DIGITS}}}))")

# What banks write where a payer gave no reference.
_NO_REFERENCES = frozenset({"", "NOTPROVIDED", "NONREF"})


class BankError(PaymentError):
    """A statement or a decision about one of its entries that is not taken, with what to do."""


class UnknownSlipError(BankError):
    """A slip that is none of this person's."""


class UnknownEntryError(BankError):
    """An entry that no statement told."""


class DecidedError(BankError):
    """An entry that was decided on before."""


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """A slip as pages and flows need it."""

    id: str
    person_id: int
    amount: Money
    reference: str
    bonus_percent: Fraction
    voucher_class: str
    created_at: datetime

    @property
    def ends_at(self) -> datetime:
        """From then on it is waited for no longer."""
        return self.created_at + WAITED_FOR


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """A kept entry and what was decided of it, as its transfers are made from them.

    `outcome` is one of `BankDecision.Outcome`, empty while nobody has decided.
    """

    key: str
    is_credit: bool
    amount: Money
    kept_at: datetime
    booked_on: date
    outcome: str = ""
    person_id: int | None = None
    gateway: str = ""
    bonus: Money | None = None
    decided_at: datetime | None = None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"bank/{self.key[:32]}"


def make_reference(*, digits: str) -> str:
    """The reference of ISO 11649 around `REFERENCE_DIGITS` digits: `RF37123456789012`."""
    if len(digits) != REFERENCE_DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise BankError(f"a reference is made of {REFERENCE_DIGITS} digits")
    return f"RF{mod_97_10.calc_check_digits(digits + 'RF')}{digits}"


def spell_reference(*, reference: str) -> str:
    """In fours, as it is read from a page: `RF37 1234 5678 9012`."""
    return str(iso11649.format(reference))


def references_in(*, texts: Collection[str]) -> frozenset[str]:
    """Every reference of ours that the texts may hold, whatever stands around it, in any case, with
    any spaces or signs within."""
    found: set[str] = set()
    for text in texts:
        squeezed = "".join(
            letter for letter in text.upper() if letter.isascii() and letter.isalnum()
        )
        found |= {
            match.group(1)
            for match in _REFERENCE.finditer(squeezed)
            if iso11649.is_valid(match.group(1))
        }
    return frozenset(found)


def references_of(*, entry: StatementEntry) -> frozenset[str]:
    """The references that a credit bears; none for a debit, or for what the bank took back."""
    if not entry.is_credit or entry.is_reversal:
        return frozenset()
    return references_in(texts=(entry.structured_ref, entry.end_to_end_ref, entry.text))


def entry_keys(*, iban: str, entries: Sequence[StatementEntry]) -> list[str]:
    """A key for each entry, the same in every statement that tells it.

    The bank's own reference tells entries apart, with what they say; where banks give none, what
    they say does, and those that say the same on one day are counted. So statements may overlap by
    whole days.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    keys = []
    for entry in entries:
        facts = _facts_of(iban, entry)
        seen[facts] += 1
        keys.append(_sha256(*facts, str(seen[facts])))
    return keys


def fingerprint_of(*, statement: Statement) -> str:
    """What tells a statement from every other one, and not from the same one imported again."""
    return _sha256(
        statement.iban,
        statement.reference,
        str(statement.opening),
        str(statement.closing),
        f"{statement.closing_on:%Y-%m-%d}",
        *entry_keys(iban=statement.iban, entries=statement.entries),
    )


def _facts_of(iban: str, entry: StatementEntry) -> tuple[str, ...]:
    facts = (
        iban,
        "credit" if entry.is_credit else "debit",
        str(entry.amount),
        f"{entry.booked_on:%Y-%m-%d}",
    )
    if entry.bank_ref not in _NO_REFERENCES:
        return (*facts, entry.bank_ref, str(entry.part))
    return (
        *facts,
        entry.end_to_end_ref,
        entry.counterparty,
        entry.counterparty_iban,
        entry.structured_ref,
        entry.text,
    )


def check_statement(*, statement: Statement) -> None:
    """Raise `BankError` for a statement in another currency than the account's, and where its entries
    do not lead from the opening balance to the closing one."""
    if len(statement.entries) > ENTRIES_MOST:
        raise BankError(
            f"statement {statement.reference} has {len(statement.entries)} entries, and at most "
            f"{ENTRIES_MOST} are taken at once: ask the bank for shorter periods"
        )
    currency = statement.opening.currency
    if currency != CURRENCY:
        raise BankError(
            f"statement {statement.reference} is in {currency}, and the store's account "
            f"{statement.iban} is in {CURRENCY}; nothing of it was taken"
        )
    if others := {entry.amount.currency for entry in statement.entries} - {currency}:
        raise BankError(
            f"statement {statement.reference} is in {currency}, and has entries in "
            f"{', '.join(sorted(others))}"
        )
    moved = Money(sum(entry.signed_micros for entry in statement.entries), currency)
    if statement.opening + moved != statement.closing:
        raise BankError(
            f"statement {statement.reference} goes from {statement.opening} to {statement.closing}, "
            f"and its booked entries come to {moved}: it is not whole, so nothing of it was taken"
        )


def bank_transfers(*, facts: EntryFacts) -> list[TransferFacts]:
    """Every transfer that an entry must have by now, in the order in which they are posted."""
    if not facts.is_credit:
        return []
    currency = facts.amount.currency
    arrived = TransferFacts(
        key=facts.document,
        debit=clearing_code(gateway=GATEWAY, currency=currency),
        credit=unclaimed_code(currency=currency),
        amount=facts.amount,
        reason="bank",
        document=facts.document,
        posted_at=facts.kept_at,
    )
    if facts.decided_at is None:
        return [arrived]
    return [arrived, *_ends(facts, arrived, facts.decided_at)]


def _ends(facts: EntryFacts, arrived: TransferFacts, at: datetime) -> list[TransferFacts]:
    currency, is_listeners = facts.amount.currency, facts.person_id is not None
    wallet = wallet_code(person_id=facts.person_id or 0, currency=currency)
    into = wallet if is_listeners else arrived.debit
    if facts.gateway:
        into = clearing_code(gateway=facts.gateway, currency=currency)
    end = TransferFacts(
        key=f"{facts.document}/end",
        debit=arrived.credit,
        credit=into,
        amount=facts.amount,
        reason="bank",
        document=facts.document,
        posted_at=at,
        reverses_key=arrived.key if into == arrived.debit else None,
    )
    if not (is_listeners and facts.bonus):
        return [end]
    bonus = TransferFacts(
        key=f"{facts.document}/bonus",
        debit=promotions_code(currency=currency),
        credit=wallet,
        amount=facts.bonus,
        reason="bonus",
        document=facts.document,
        posted_at=at,
    )
    return [end, bonus]


def bonus_for(*, slip: SlipFacts | None, amount: Money) -> Money:
    """What the store adds to a transfer: what the slip promised, of what came."""
    percent = slip.bonus_percent if slip is not None else Fraction(0)
    return bonus_at(amount=amount, percent=percent)


def unclaimed_code(*, currency: str) -> str:
    """The ledger account of money in the bank that is nobody's yet."""
    return f"unclaimed/{currency}"


@dataclass(frozen=True, slots=True)
class DayBalance:
    """What the account held at the end of a day, as a statement says."""

    on: date
    balance: Money


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two balances, `missing` came (or went) of which no imported statement tells."""

    after: date
    until: date
    missing: Money


def find_gaps(
    *, balances: Sequence[DayBalance], moved_on: Sequence[tuple[date, Money]]
) -> list[Gap]:
    """Where the entries that are kept do not lead from one closing balance to the next.

    `balances` and `moved_on` (each day's movement) are in the order of their days.
    """
    gaps = []
    at = 0
    for before, after in pairwise(balances):
        moved = Money.zero(before.balance.currency)
        while at < len(moved_on) and moved_on[at][0] <= after.on:
            if moved_on[at][0] > before.on:
                moved += moved_on[at][1]
            at += 1
        if (missing := after.balance - before.balance - moved).micros:
            gaps.append(Gap(before.on, after.on, missing))
    return gaps


def _sha256(*facts: str) -> str:
    return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()
