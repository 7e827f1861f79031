"""Reads of the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Account, Transfer
from pennywhistle.shop.ledger.rules import MOVING, Phase, TransferFacts

ROWS_AT_ONCE = 2_000
PENDING_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as one of its accounts sees it: positive came in, negative went out."""

    key: str
    amount: Money
    reason: str
    document: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as it stands in the database."""

    code: str
    currency: str
    kind: str
    is_guarded: bool
    balance_micros: int
    reserved_micros: int


@dataclass(frozen=True, slots=True)
class KindTotal:
    """All accounts of one kind and currency: what left them and what came in, ever."""

    kind: str
    currency: str
    account_count: int
    debits: Money
    credits: Money


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A stored transfer with the digest that was stored beside it."""

    id: int
    facts: TransferFacts
    credit_currency: str
    digest: str


@contextmanager
def books_as_of_one_instant() -> Iterator[None]:
    """What is read inside is as of one instant, and no sale waits for it.

    Inside a transaction that is open already it adds nothing. Transaction: one of its own, reads
    only. https://www.postgresql.org/docs/current/transaction-iso.html
    https://www.sqlite.org/isolation.html
    """
    connection = transaction.get_connection()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        connection.ensure_connection()  # Connecting is what reads the setting.
        mode = vars(connection)["transaction_mode"]
        vars(connection)["transaction_mode"] = "DEFERRED"  # Takes no lock until it writes.
        try:
            with transaction.atomic():
                yield
        finally:
            vars(connection)["transaction_mode"] = mode


def find_account(*, code: str) -> Account | None:
    """The account of that code, if it was ever opened."""
    return Account.objects.filter(code=code).first()


def list_codes(*, prefix: str) -> list[str]:
    """The codes of the accounts that begin so, the oldest account first. One query."""
    rows = Account.objects.filter(code__startswith=prefix).order_by("pk")
    return list(rows.values_list("code", flat=True))


def list_codes_in_use(*, prefix: str) -> list[str]:
    """The codes of the accounts that begin so and into which something came, or is on its way: the
    one where that began first comes first. One query."""
    came = Transfer.objects.filter(
        Q(phase__in=MOVING) | Q(phase=Phase.PENDING, settled_by=None),
        credit_account=OuterRef("pk"),
    )
    first = Subquery(came.order_by("id").values("pk")[:1])
    rows = Account.objects.filter(code__startswith=prefix).annotate(first=first)
    return list(rows.exclude(first=None).order_by("first").values_list("code", flat=True))


def get_balance(*, code: str, currency: str) -> Money:
    """What came in less what went out; zero for an account that was never opened. Two queries."""
    account = find_account(code=code)
    if account is None:
        return Money.zero(currency)
    if account.is_guarded:
        return Money(account.balance_micros, account.currency)
    return sum_movements(code=code, currency=currency)


def get_available(*, code: str, currency: str) -> Money:
    """What can be spent: the balance less what pending transfers reserve. One query.

    Zero for an account that was never opened. Of an account that is not guarded it is the balance:
    nothing is reserved there. That takes two queries more.
    """
    account = find_account(code=code)
    if account is None:
        return Money.zero(currency)
    if not account.is_guarded:
        return sum_movements(code=code, currency=currency)
    return Money(account.balance_micros - account.reserved_micros, account.currency)


def sum_movements(
    *, code: str, currency: str, within: Period | None = None, reason: str | None = None
) -> Money:
    """Credits less debits of an account, counted from its transfers. Two queries."""
    rows = _moving()
    if reason is not None:
        rows = rows.filter(reason=reason)
    if within is not None:
        rows = rows.filter(posted_at__gte=within.starts_at)
        if within.ends_at is not None:
            rows = rows.filter(posted_at__lt=within.ends_at)
    came = rows.filter(credit_account__code=code).aggregate(s=Sum("amount_micros"))["s"] or 0
    went = rows.filter(debit_account__code=code).aggregate(s=Sum("amount_micros"))["s"] or 0
    return Money(came - went, currency)


def list_balances(*, codes: Collection[str]) -> dict[str, Money]:
    """Credits less debits by code, of those accounts that ever moved. Two queries."""
    balances: dict[str, Money] = {}
    for side, sign in (("credit_account", 1), ("debit_account", -1)):
        rows = (
            _moving()
            .filter(**{f"{side}__code__in": codes})
            .values_list(f"{side}__code", f"{side}__currency")
            .annotate(micros=Sum("amount_micros"))
        )
        for code, currency, micros in rows.order_by():
            balance = balances.get(code, Money.zero(currency))
            balances[code] = balance + Money(sign * micros, currency)
    return balances


def list_reserved(*, codes: Collection[str]) -> dict[str, Money]:
    """What pending transfers reserve of these accounts, by code. One query."""
    rows = (
        Transfer.objects.filter(phase=Phase.PENDING, settled_by=None, debit_account__code__in=codes)
        .values_list("debit_account__code", "debit_account__currency")
        .annotate(micros=Sum("amount_micros"))
    )
    return {code: Money(micros, currency) for code, currency, micros in rows.order_by()}


def list_balances_before(*, instant: datetime) -> dict[str, int]:
    """Credits less debits, in micro-units by code, of what moved before an instant. Two queries."""
    balances: Counter[str] = Counter()
    for side, sign in (("credit_account__code", 1), ("debit_account__code", -1)):
        rows = _moving().filter(posted_at__lt=instant).values_list(side)
        for code, micros in rows.annotate(micros=Sum("amount_micros")).order_by():
            balances[code] += sign * micros
    return dict(balances)


def list_trial_balance() -> list[KindTotal]:
    """Every kind of account by currency; over a currency, debits equal credits. Three queries."""
    accounts = Account.objects.values_list("kind", "currency").annotate(n=Count("pk"))
    sums = {
        side: {
            (kind, currency): micros
            for kind, currency, micros in _moving()
            .values_list(f"{side}_account__kind", f"{side}_account__currency")
            .annotate(micros=Sum("amount_micros"))
            .order_by()
        }
        for side in ("debit", "credit")
    }
    return [
        KindTotal(
            kind=kind,
            currency=currency,
            account_count=count,
            debits=Money(sums["debit"].get((kind, currency), 0), currency),
            credits=Money(sums["credit"].get((kind, currency), 0), currency),
        )
        for kind, currency, count in accounts.order_by("currency", "kind")
    ]


def list_days_moved(*, code: str, within: Period, reason: str) -> list[date]:
    """The UTC days of a closed period on which an account moved for that reason, in order. One
    query."""
    rows = _moving().filter(
        Q(debit_account__code=code) | Q(credit_account__code=code),
        reason=reason,
        posted_at__gte=within.starts_at,
        posted_at__lt=within.ends_at,
    )
    instants = rows.values_list("posted_at", flat=True).iterator(chunk_size=ROWS_AT_ONCE)
    return sorted({instant.date() for instant in instants})


def count_transfers() -> int:
    """How many transfers the books hold. One query."""
    return Transfer.objects.count()


def list_movements(*, code: str, limit: int) -> list[Movement]:
    """The newest `limit` movements of an account. One query."""
    rows = (
        _moving()
        .filter(Q(debit_account__code=code) | Q(credit_account__code=code))
        .select_related("debit_account", "credit_account")
        .order_by("-id")[:limit]
    )
    return [
        Movement(
            key=row.key,
            amount=Money(
                row.amount_micros if row.credit_account.code == code else -row.amount_micros,
                row.credit_account.currency,
            ),
            reason=row.reason,
            document=row.document,
            posted_at=row.posted_at,
        )
        for row in rows
    ]


def list_transfers(*, document: str) -> list[TransferRow]:
    """The transfers of one event, oldest first. One query."""
    return [_row(row) for row in _with_accounts().filter(document=document).order_by("id")]


def list_transfers_of(*, documents: Collection[str]) -> list[TransferRow]:
    """The transfers of several events, oldest first. One query."""
    rows = _with_accounts().filter(document__in=documents)
    return [_row(row) for row in rows.order_by("id")]


def find_transfer(*, key: str) -> TransferRow | None:
    """The transfer of that key, or None. One query."""
    row = _with_accounts().filter(key=key).first()
    return None if row is None else _row(row)


def list_pending(*, code: str | None = None, limit: int = PENDING_SHOWN) -> list[TransferRow]:
    """The oldest pending transfers that nothing has settled: of one account, or of all. One query."""
    rows = _with_accounts().filter(phase=Phase.PENDING, settled_by=None)
    if code is not None:
        rows = rows.filter(Q(debit_account__code=code) | Q(credit_account__code=code))
    return [_row(row) for row in rows.order_by("id")[:limit]]


def list_transfers_by_key(*, keys: Collection[str]) -> dict[str, TransferRow]:
    """Those of these transfers that there are, by key. One query."""
    rows = [_row(row) for row in _with_accounts().filter(key__in=keys)]
    return {row.facts.key: row for row in rows}


def iterate_transfers(*, within: Period | None = None) -> Iterator[TransferRow]:
    """Every transfer, or those of a closed period, in order of time, then id; `ROWS_AT_ONCE` at a
    time."""
    rows = _with_accounts()
    if within is not None:
        rows = rows.filter(posted_at__gte=within.starts_at, posted_at__lt=within.ends_at)
    for row in rows.order_by("posted_at", "id").iterator(chunk_size=ROWS_AT_ONCE):
        yield _row(row)


def iterate_accounts() -> Iterator[AccountRow]:
    """Every account."""
    for row in Account.objects.order_by("id").iterator(chunk_size=ROWS_AT_ONCE):
        yield AccountRow(
            row.code,
            row.currency,
            row.kind,
            row.is_guarded,
            row.balance_micros,
            row.reserved_micros,
        )


def _moving() -> QuerySet[Transfer]:
    return Transfer.objects.filter(phase__in=MOVING)


def _with_accounts() -> QuerySet[Transfer]:
    return Transfer.objects.select_related("debit_account", "credit_account", "reverses", "settles")


def transfer_facts(row: Transfer) -> TransferFacts:
    """A stored transfer as a value. Costs four queries unless its relations are loaded."""
    return TransferFacts(
        key=row.key,
        debit=row.debit_account.code,
        credit=row.credit_account.code,
        amount=Money(row.amount_micros, row.debit_account.currency),
        reason=row.reason,
        document=row.document,
        posted_at=row.posted_at,
        reverses_key=row.reverses.key if row.reverses else None,
        phase=Phase(row.phase),
        settles_key=row.settles.key if row.settles else None,
    )


def _row(row: Transfer) -> TransferRow:
    return TransferRow(row.pk, transfer_facts(row), row.credit_account.currency, row.digest)
