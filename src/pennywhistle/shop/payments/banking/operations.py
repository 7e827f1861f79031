"""Writes to the store's bank account: slips, imported statements, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.bank_statements import Statement, StatementEntry
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.payments.banking.models import (
    BankDecision,
    BankEntry,
    BankSlip,
    BankStatement,
)
from pennywhistle.shop.payments.banking.queries import (
    entry_facts,
    list_known_keys,
    list_slips_by_reference,
    slip_facts,
)
from pennywhistle.shop.payments.banking.rules import (
    DecidedError,
    SlipFacts,
    UnknownEntryError,
    bank_transfers,
    bonus_for,
    check_statement,
    entry_keys,
    fingerprint_of,
    references_of,
)
from pennywhistle.shop.payments.operations import hold_wallet, post_due
from pennywhistle.shop.payments.rules import OtherWalletError

# What is kept of a payer's words: as the columns hold.
_NAME_LETTERS, _TEXT_LETTERS, _REF_LETTERS, _IBAN_LETTERS = 140, 1000, 60, 34


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a statement was new: its entries, those of them that went into wallets, and what came
    into those. `is_new` is False where the same statement was imported before."""

    is_new: bool
    new_count: int
    credited_count: int
    credited: Money


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of an entry: `person_id` for a listener's, `gateway` for a payout of one,
    else an outcome and a note."""

    outcome: str
    person_id: int | None = None
    gateway: str = ""
    voucher_class: str = ""
    note: str = ""
    decided_by: int | None = None


@sealed_days_told()
def write_slip(
    *,
    slip_id: UUID,
    person_id: int,
    amount: Money,
    reference: str,
    bonus_percent: str,
    voucher_class: str,
    now: datetime,
) -> SlipFacts:
    """Keep a slip, once under that id. Transaction: the one insert. Raises `SealedDayError`."""
    row, _ = BankSlip.objects.get_or_create(
        id=slip_id,
        defaults={
            "person_id": person_id,
            "amount_micros": amount.micros,
            "currency": amount.currency,
            "reference": reference,
            "bonus_percent": bonus_percent,
            "voucher_class": voucher_class,
            "created_at": now,
        },
    )
    return slip_facts(row=row)


@sealed_days_told()
def keep_statement(*, statement: Statement, file_sha256: str, now: datetime) -> Kept:
    """Keep a statement and those of its entries that none before it told, and credit each that
    bears the reference of one slip. Imported again, nothing changes. Transaction: one of its own.

    Raises `BankError` for a statement whose entries do not lead to its closing balance.
    """
    check_statement(statement=statement)
    currency = statement.closing.currency
    fingerprint = fingerprint_of(statement=statement)
    keys = entry_keys(iban=statement.iban, entries=statement.entries)
    with transaction.atomic():
        # Whoever imports the same account at the same time waits here: a row that each takes first.
        list(
            BankStatement.objects.select_for_update().filter(iban=statement.iban).order_by("pk")[:1]
        )
        if BankStatement.objects.filter(fingerprint=fingerprint).exists():
            return Kept(False, 0, 0, Money.zero(currency))
        known = list_known_keys(keys=keys)
        told = dict(zip(keys, statement.entries, strict=True))
        new = {key: entry for key, entry in told.items() if key not in known}
        row = BankStatement.objects.create(
            fingerprint=fingerprint,
            iban=statement.iban,
            currency=currency,
            reference=statement.reference,
            opening_micros=statement.opening.micros,
            closing_micros=statement.closing.micros,
            closing_on=statement.closing_on,
            entry_count=len(statement.entries),
            new_count=len(new),
            new_micros=sum(entry.signed_micros for entry in new.values()),
            file_sha256=file_sha256,
            imported_at=now,
        )
        entries = _store_entries(row, new)
        credited = _credit_known(entries, now)
        _post_for(entries)
    total = Money(sum(entry.amount_micros for entry in credited), currency)
    return Kept(True, len(entries), len(credited), total)


def _store_entries(statement: BankStatement, new: dict[str, StatementEntry]) -> list[BankEntry]:
    named = {key: references_of(entry=entry) for key, entry in new.items()}
    slips = list_slips_by_reference(references=frozenset().union(*named.values()))
    rows = []
    for key, entry in new.items():
        found = [slips[reference] for reference in sorted(named[key]) if reference in slips]
        rows.append(
            BankEntry(
                key=key,
                statement=statement,
                is_credit=entry.is_credit,
                is_reversal=entry.is_reversal,
                amount_micros=entry.amount.micros,
                currency=entry.amount.currency,
                booked_on=entry.booked_on,
                bank_ref=entry.bank_ref[:_REF_LETTERS],
                counterparty=entry.counterparty[:_NAME_LETTERS],
                counterparty_iban=entry.counterparty_iban[:_IBAN_LETTERS],
                text=" ".join(filter(None, (entry.structured_ref, entry.text)))[:_TEXT_LETTERS],
                # One that names two slips is for somebody to decide.
                slip=found[0] if len(found) == 1 else None,
            )
        )
    return BankEntry.objects.bulk_create(rows)


def _credit_known(entries: Sequence[BankEntry], now: datetime) -> list[BankEntry]:
    """Decide those whose reference decides: the currency is the wallet's. One query for each person,
    whose first wallet this may open; they are held in one order."""
    wallets: dict[int, bool] = {}
    ours = []
    named = [(slip_facts(row=entry.slip), entry) for entry in entries if entry.slip is not None]
    for slip, entry in sorted(named, key=lambda pair: pair[0].person_id):
        if slip.person_id not in wallets:
            wallets[slip.person_id] = _takes(slip.person_id, entry.currency)
        if not wallets[slip.person_id]:
            continue
        ours.append(entry)
        entry.decision = BankDecision(
            entry=entry,
            outcome=BankDecision.Outcome.CREDITED,
            person_id=slip.person_id,
            bonus_micros=bonus_for(
                slip=slip, amount=Money(entry.amount_micros, entry.currency)
            ).micros,
            voucher_class=slip.voucher_class,
            decided_at=now,
        )
    BankDecision.objects.bulk_create([entry.decision for entry in ours])
    return ours


def _takes(person_id: int, currency: str) -> bool:
    """Whether that person's wallet is in `currency`, or is opened by this."""
    try:
        hold_wallet(person_id=person_id, currency=currency)
    except OtherWalletError:
        return False
    return True


def decide(*, entry_id: int, decision: Decision, now: datetime) -> BankEntry:
    """Keep what somebody decided of a credit, once, and post it; the entry. Transaction: one of its
    own.

    Given to whose slip it names, it brings the slip's bonus. The same decision again changes
    nothing. Raises `UnknownEntryError`, `DecidedError`, `OtherWalletError`.
    """
    with transaction.atomic():
        entry = BankEntry.objects.select_for_update().filter(pk=entry_id, is_credit=True).first()
        if entry is None:
            raise UnknownEntryError(f"no credit of the bank account has the number {entry_id}")
        known = BankDecision.objects.filter(entry=entry).first()
        if known is not None:
            said = (decision.outcome, decision.person_id, decision.gateway)
            if (known.outcome, known.person_id, known.gateway) != said:
                raise DecidedError(
                    f"Entry {entry_id} was decided on before: it is {known.outcome}."
                )
            return entry
        if decision.person_id is not None:
            hold_wallet(person_id=decision.person_id, currency=entry.currency)
        slip = slip_facts(row=entry.slip) if entry.slip is not None else None
        is_theirs = slip is not None and slip.person_id == decision.person_id
        amount = Money(entry.amount_micros, entry.currency)
        entry.decision = BankDecision.objects.create(
            entry=entry,
            outcome=decision.outcome,
            person_id=decision.person_id,
            gateway=decision.gateway,
            bonus_micros=bonus_for(slip=slip if is_theirs else None, amount=amount).micros,
            voucher_class=decision.voucher_class,
            note=decision.note,
            decided_by_id=decision.decided_by,
            decided_at=now,
        )
        _post_for([entry])
    return entry


def _post_for(entries: Sequence[BankEntry]) -> None:
    """Post what entries must have by now."""
    facts = [entry_facts(row=entry) for entry in entries]
    post_due(transfers=[each for one in facts for each in bank_transfers(facts=one)])
