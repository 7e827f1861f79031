"""Reads of the store's bank account: slips, statements, entries and what was decided of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.banking.models import (
    BankDecision,
    BankEntry,
    BankSlip,
    BankStatement,
)
from pennywhistle.shop.payments.banking.rules import (
    WAITED_FOR,
    DayBalance,
    EntryFacts,
    Gap,
    SlipFacts,
    UnknownEntryError,
    UnknownSlipError,
    bank_transfers,
    find_gaps,
)

ENTRIES_SHOWN = 200
STATEMENTS_SHOWN = 50
SLIPS_SHOWN = 10
KEYS_AT_ONCE = 500
_SIGNED = Case(When(is_credit=True, then=F("amount_micros")), default=-F("amount_micros"))


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as the desk shows it. `outcome` is empty while nobody has decided; `email` is whose
    it became, or whose slip it names."""

    id: int
    facts: EntryFacts
    is_reversal: bool
    booked_on: date
    bank_ref: str
    counterparty: str
    counterparty_iban: str
    text: str
    email: str
    note: str


@dataclass(frozen=True, slots=True)
class StatementRow:
    """An imported statement as the desk shows it."""

    iban: str
    reference: str
    opening: Money
    closing: Money
    closing_on: date
    entry_count: int
    new_count: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class AccountState:
    """One bank account: its last known balance, and where statements are missing before it.

    `credited` came for listeners and `unclaimed` is still nobody's; what else the account holds is
    the store's own.
    """

    iban: str
    closing: DayBalance
    credited: Money
    unclaimed: Money
    unclaimed_count: int
    gaps: tuple[Gap, ...]


def slip_facts(*, row: BankSlip) -> SlipFacts:
    """A slip as its row says. No query."""
    return SlipFacts(
        id=str(row.pk),
        person_id=row.person_id,
        amount=Money(row.amount_micros, row.currency),
        reference=row.reference,
        bonus_percent=Fraction(row.bonus_percent or 0),
        voucher_class=row.voucher_class,
        created_at=row.created_at,
    )


def entry_facts(*, row: BankEntry) -> EntryFacts:
    """An entry as its rows say; its statement and its decision are read with it. No query then."""
    decision: BankDecision | None = getattr(row, "decision", None)
    facts = EntryFacts(
        key=row.key,
        is_credit=row.is_credit,
        amount=Money(row.amount_micros, row.currency),
        kept_at=row.statement.imported_at,
        booked_on=row.booked_on,
    )
    if decision is None:
        return facts
    return replace(
        facts,
        outcome=decision.outcome,
        person_id=decision.person_id,
        gateway=decision.gateway,
        bonus=Money(decision.bonus_micros, row.currency),
        decided_at=decision.decided_at,
    )


def find_slip(*, slip_id: UUID) -> SlipFacts | None:
    """The slip of that id, or None. One query."""
    row = BankSlip.objects.filter(pk=slip_id).first()
    return slip_facts(row=row) if row else None


def get_slip(*, slip_id: UUID, person_id: int) -> SlipFacts:
    """That person's slip, or `UnknownSlipError`. One query."""
    slip = find_slip(slip_id=slip_id)
    if slip is None or slip.person_id != person_id:
        raise UnknownSlipError(f"no bank transfer of yours has the number {slip_id}")
    return slip


def list_waiting_slips(*, person_id: int, now: datetime) -> list[SlipFacts]:
    """A person's newest slips for which no money has come and which are still waited for. One
    query."""
    rows = BankSlip.objects.filter(
        person_id=person_id, created_at__gt=now - WAITED_FOR, entries=None
    )
    return [slip_facts(row=row) for row in rows.order_by("-created_at")[:SLIPS_SHOWN]]


def list_arrived(*, slip_id: UUID) -> list[EntryFacts]:
    """What came under a slip's reference, oldest first. One query."""
    rows = _entries().filter(slip_id=slip_id, decision__outcome=BankDecision.Outcome.CREDITED)
    return [entry_facts(row=row) for row in rows.order_by("pk")[:ENTRIES_SHOWN]]


def list_slips_by_reference(*, references: Collection[str]) -> dict[str, BankSlip]:
    """The slips of those references. One query for each `KEYS_AT_ONCE`."""
    chosen = sorted(references)
    return {
        row.reference: row
        for start in range(0, len(chosen), KEYS_AT_ONCE)
        for row in BankSlip.objects.filter(reference__in=chosen[start : start + KEYS_AT_ONCE])
    }


def list_entries_by_key(*, keys: Collection[str]) -> dict[str, tuple[int, EntryFacts]]:
    """The kept entries of those keys, with their numbers. One query for each `KEYS_AT_ONCE`."""
    chosen = sorted(keys)
    return {
        row.key: (row.pk, entry_facts(row=row))
        for start in range(0, len(chosen), KEYS_AT_ONCE)
        for row in _entries().filter(key__in=chosen[start : start + KEYS_AT_ONCE])
    }


def list_known_keys(*, keys: Collection[str]) -> set[str]:
    """Which of those entries are kept already. One query for each `KEYS_AT_ONCE`."""
    chosen = sorted(keys)
    return {
        key
        for start in range(0, len(chosen), KEYS_AT_ONCE)
        for key in BankEntry.objects.filter(
            key__in=chosen[start : start + KEYS_AT_ONCE]
        ).values_list("key", flat=True)
    }


def get_entry(*, entry_id: int) -> EntryRow:
    """The entry of that number, or `UnknownEntryError`. One query."""
    row = _entries().filter(pk=entry_id).first()
    if row is None:
        raise UnknownEntryError(f"no entry of the bank account has the number {entry_id}")
    return _entry_row(row)


def list_entries(*, only_unclaimed: bool = False) -> list[EntryRow]:
    """The newest entries, or those credits that nobody has decided on, oldest first; at most
    `ENTRIES_SHOWN`. One query."""
    if only_unclaimed:
        rows = _entries().filter(is_credit=True, decision=None).order_by("booked_on", "pk")
    else:
        rows = _entries().order_by("-booked_on", "-pk")
    return [_entry_row(row) for row in rows[:ENTRIES_SHOWN]]


def count_unclaimed() -> int:
    """How many credits wait to be decided on. One query."""
    return BankEntry.objects.filter(is_credit=True, decision=None).count()


def list_statements() -> list[StatementRow]:
    """The newest statements. One query."""
    return [
        StatementRow(
            iban=row.iban,
            reference=row.reference,
            opening=Money(row.opening_micros, row.currency),
            closing=Money(row.closing_micros, row.currency),
            closing_on=row.closing_on,
            entry_count=row.entry_count,
            new_count=row.new_count,
            imported_at=row.imported_at,
        )
        for row in BankStatement.objects.order_by("-closing_on", "-pk")[:STATEMENTS_SHOWN]
    ]


def list_accounts() -> list[AccountState]:
    """Every account of which statements were imported. Three queries for each."""
    ids = BankStatement.objects.values_list("iban", "currency").distinct()
    return [_account(iban, currency) for iban, currency in ids.order_by("iban", "currency")]


def _account(iban: str, currency: str) -> AccountState:
    statements = BankStatement.objects.filter(iban=iban, currency=currency)
    closings = {
        on: DayBalance(on, Money(micros, currency))
        for on, micros in statements.order_by("closing_on", "imported_at", "pk").values_list(
            "closing_on", "closing_micros"
        )
    }
    entries = BankEntry.objects.filter(statement__in=statements)
    days = entries.values("booked_on").annotate(s=Sum(_SIGNED)).values_list("booked_on", "s")
    balances = list(closings.values())
    gaps = find_gaps(
        balances=balances,
        moved_on=[(day, Money(micros, currency)) for day, micros in days.order_by("booked_on")],
    )
    sums = entries.filter(is_credit=True).aggregate(
        credited=Sum("amount_micros", filter=Q(decision__outcome=BankDecision.Outcome.CREDITED)),
        unclaimed=Sum("amount_micros", filter=Q(decision=None)),
        count=Count("pk", filter=Q(decision=None)),
    )
    return AccountState(
        iban=iban,
        closing=balances[-1],
        credited=Money(sums["credited"] or 0, currency),
        unclaimed=Money(sums["unclaimed"] or 0, currency),
        unclaimed_count=sums["count"],
        gaps=tuple(gaps),
    )


def list_payouts(*, gateway: str, within: Period) -> list[EntryFacts]:
    """What a gateway paid out to the bank account on the days of a period, oldest first. One query."""
    rows = _entries().filter(
        decision__gateway=gateway, booked_on__gte=within.starts_at.astimezone(UTC).date()
    )
    if within.ends_at is not None:
        rows = rows.filter(booked_on__lte=within.ends_at.astimezone(UTC).date())
    return [entry_facts(row=row) for row in rows.order_by("booked_on", "pk")]


def iterate_bank() -> Iterator[TransferFacts]:
    """Every transfer that the bank's entries ask for."""
    for row in _entries().order_by("pk").iterator(chunk_size=2_000):
        yield from bank_transfers(facts=entry_facts(row=row))


def iterate_wrong_statements() -> Iterator[tuple[str, str]]:
    """Statements whose new entries are no longer what they were, and decisions about nothing: what
    it is, and what is wrong. Two queries and one for each statement's entries."""
    told = {
        statement_id: (count, micros)
        for statement_id, count, micros in BankEntry.objects.values("statement_id")
        .annotate(n=Count("pk"), s=Sum(_SIGNED))
        .values_list("statement_id", "n", "s")
        .iterator(chunk_size=2_000)
    }
    for row in BankStatement.objects.order_by("pk").iterator(chunk_size=2_000):
        count, micros = told.get(row.pk, (0, 0))
        if (count, micros) != (row.new_count, row.new_micros):
            was, now = Money(row.new_micros, row.currency), Money(micros, row.currency)
            yield (
                f"bank statement {row.reference} of {row.closing_on}",
                f"it told {row.new_count} new entries of {was} in all, and {count} of {now} are kept",
            )
    wrong = BankDecision.objects.filter(entry__is_credit=False)
    for key in wrong.order_by("pk").values_list("entry__key", flat=True).iterator():
        yield f"document bank/{key[:32]}", "what went out of the bank account is nobody's to decide"


def _entries() -> QuerySet[BankEntry]:
    return BankEntry.objects.select_related("statement", "decision__person", "slip__person")


def _entry_row(row: BankEntry) -> EntryRow:
    decision: BankDecision | None = getattr(row, "decision", None)
    person = decision.person if decision is not None else row.slip.person if row.slip else None
    return EntryRow(
        id=row.pk,
        facts=entry_facts(row=row),
        is_reversal=row.is_reversal,
        booked_on=row.booked_on,
        bank_ref=row.bank_ref,
        counterparty=row.counterparty,
        counterparty_iban=row.counterparty_iban,
        text=row.text,
        email=person.email if person else "",
        note=decision.note if decision else "",
    )
