"""Someone with the database in hand changes, deletes, inserts and replaces rows of the money's tables.

Each attempt must be refused by the database, or be named by the recount. Most are refused. Then the
same with the database's guards lifted, once the days are sealed: then all must be named. What is neither
is listed below with the reason why it moves nobody's money.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.payments.gateways.messages import NewMessage
from pennywhistle.shop.payments.gateways.operations import keep_message
from pennywhistle.shop.sales.models import SaleLine
from tests.cast import NOW, Cast
from tests.eventful_store import DECEMBER, LATER, let_everything_happen
from tests.guards_lifted import guards_lifted
from tests.soak import is_soak

pytestmark = [pytest.mark.django_db, pytest.mark.soak]

ROOMS = ("ledger", "payments", "sales", "library", "royalties")

# One column in so many is tried without guards in every run, all of them in the long one.
STRIDE = 1 if is_soak() else 6
Model = type[models.Model]

# Tables that nobody is owed anything by: what they say helps the store to do its work.
WORK = {
    "payments_gatewaycircuit": "whether a gateway is asked at the moment",
    "payments_gatewaycustomer": "by what name a gateway knows someone",
    "payments_savedcard": "by what name a gateway knows a card",
    "payments_codetry": "how often codes were guessed",
    "royalties_payoutterms": "where the next payouts go; files keep where they went",
    "royalties_payoutbooking": "which entry of the bank a payout left by; its end is what counts",
    "sales_businessbuyer": "whom the next papers are made out to",
    "sales_paperseries": "a row to hold while a number is given",
}
# What may be put in by anyone's hand: it asks for nothing, and moves nothing.
OFFERS = {"sales_quote"}
# Columns of the others that explain, and move nothing.
WORDS = {
    "payments_topup.decline_reason",
    "payments_topup.needs_answer",
    "payments_topup.asked_at",
    "payments_payback.state",  # Its transfers follow `settled_at`; asked again, the gateway tells it.
    "payments_payback.handle",
    "payments_payback.asked_at",
    "payments_payback.decline_reason",
    "payments_dispute.reason",
    "payments_dispute.heard_at",
    # How far a gateway's message has come.
    "payments_gatewaymessage.tries",
    "payments_gatewaymessage.due_at",
    "payments_gatewaymessage.processed_at",
    "payments_gatewaymessage.trouble",
    # What was found out about a reported file, and what the operator said.
    "sales_filereport.examined_at",
    "sales_filereport.findings",
    "sales_filereport.answer_words",
    "sales_filereport.may_claim",
}


@dataclass(frozen=True)
class Column:
    """One column of one table, and the row that is tampered with."""

    model: Model
    field: Any
    pk: Any

    @property
    def name(self) -> str:
        return f"{self.model._meta.db_table}.{self.field.name}"

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        return models.QuerySet(self.model).filter(pk=self.pk)


@pytest.fixture
def books(cast: Cast, tmp_path: Path) -> Cast:
    """Everything has happened, and is right."""
    let_everything_happen(cast, tmp_path)
    _complain(cast)
    assert verify_books().findings == ()
    return cast


def _complain(cast: Cast) -> None:
    """A report of a file and a message, on days that are sealed."""
    line = SaleLine.objects.filter(purchase__person=cast.alice).latest("pk")
    late = max(LATER, DECEMBER) + timedelta(days=10)
    report_bad_file(
        sale_line_id=line.pk, person_id=cast.alice.pk, trouble="noise", words="hiss", now=late
    )
    message = NewMessage("sandbox", "event-1", "charge.succeeded", "{}")
    keep_message(message=message, now=late + timedelta(days=1))  # The newest seal is made again.
    while seal_books(now=late + timedelta(days=2)):
        pass


@cache
def money_tables() -> tuple[Model, ...]:
    """Every table of the rooms that money goes through, but for those of `WORK`."""
    return tuple(
        model
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        if model._meta.db_table not in WORK
    )


def telling_row(model: Model) -> models.Model | None:
    """The row that says most: the one with the fewest empty columns, the newest of those."""
    rows: list[models.Model] = list(models.QuerySet(model).order_by("pk")[:200])
    names = [field.attname for field in model._meta.concrete_fields]

    def said(row: models.Model) -> tuple[bool, int]:
        came = getattr(row, "state", "") == "succeeded"
        return came, sum(getattr(row, name) not in (None, "", 0, False) for name in names)

    return max(reversed(rows), key=said, default=None)


def columns() -> Iterator[Column]:
    for model in money_tables():
        row = telling_row(model)
        assert row is not None, f"{model._meta.db_table} is empty: nothing is tried on it"
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.AutoField | models.BigAutoField):
                yield Column(model, field, row.pk)  # A row's own number moves nothing.


def another(field: Any, value: Any) -> Any:
    """A value that the column could hold as well."""
    if isinstance(field, models.ForeignKey):
        others: models.QuerySet[Any] = (
            models.QuerySet(field.related_model).exclude(pk=value).order_by("pk")
        )
        found = others.values_list("pk", flat=True).last()
        return found if found is not None else another(field.target_field, value)
    if field.choices:
        return next(choice for choice, _ in field.flatchoices if choice != value)
    if isinstance(field, models.CharField | models.TextField):
        if field.name == "currency" or field.name.endswith("_currency"):
            return "USD"
        text = value or "x"
        return text[:-1] + ("0" if text[-1] != "0" else "1")
    kinds: dict[type[Any], Callable[[Any], Any]] = {
        models.BooleanField: lambda v: not v,
        models.DecimalField: lambda v: (v or Decimal(0)) + 1,
        models.IntegerField: lambda v: (v or 0) + 1,
        models.DateTimeField: lambda v: (v or NOW) + timedelta(days=1),
        models.DateField: lambda v: (v or date(2026, 1, 1)) + timedelta(days=400),
        models.UUIDField: lambda v: uuid.UUID(int=v.int ^ 1),
        models.JSONField: lambda v: [*v, {"x": 1}] if isinstance(v, list) else {"x": 1},
    }
    return next(change(value) for kind, change in kinds.items() if isinstance(field, kind))


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside is undone again."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def is_refused(attack: Callable[[], object]) -> bool:
    """Whether the database takes no such thing."""
    try:
        with transaction.atomic():
            attack()
    except DatabaseError:
        return True
    return False


def is_named() -> bool:
    return bool(verify_books().findings)


def change(column: Column) -> Callable[[], object]:
    value = column.rows.values_list(column.field.attname, flat=True).get()
    values = {column.field.name: another(column.field, value)}
    return lambda: column.rows.update(**values)


def delete(model: Model, pk: Any) -> Callable[[], object]:
    rows: Any = models.QuerySet(model).filter(pk=pk)
    return lambda: rows._raw_delete(rows.db)


def insert(model: Model, pk: Any) -> Callable[[], object]:
    """The same row once more, but for what may be there once only."""
    row: Any = models.QuerySet(model).get(pk=pk)
    together = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        for name in constraint.fields[-1:]
    }
    for field in model._meta.concrete_fields:
        if field.unique or field.name in together:
            setattr(row, field.attname, another(field, getattr(row, field.attname)))
    row.pk = another(model._meta.pk, pk) if model._meta.pk.name != "id" else None
    if isinstance(model._meta.pk, models.UUIDField):
        row.pk = uuid.uuid4()
    row._state.adding = True
    return lambda: row.save(force_insert=True)


def replace(model: Model, pk: Any) -> Callable[[], object]:
    """The row under its own key once more, with another value in one column: SQLite's REPLACE."""
    names = [str(field.column) for field in model._meta.concrete_fields]
    column = next(
        field
        for field in reversed(model._meta.concrete_fields)
        if not field.unique and not field.is_relation and not isinstance(field, models.BooleanField)
    )
    shown = ", ".join("?" if name == column.column else name for name in names).replace("?", "%s")
    value = models.QuerySet(model).filter(pk=pk).values_list(column.attname, flat=True).get()
    raw = column.get_db_prep_save(another(column, value), connection)
    key = model._meta.pk.get_db_prep_save(pk, connection)
    sql = (
        f"INSERT OR REPLACE INTO {model._meta.db_table} ({', '.join(names)}) "
        f"SELECT {shown} FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s"
    )

    def attack() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [raw, key])

    return attack


def test_each_column_that_is_changed_is_refused_or_named(books: Cast) -> None:
    refused, named, missed = [], [], []
    for column in columns():
        with undone():
            if is_refused(change(column)):
                refused.append(column.name)
            elif is_named():
                named.append(column.name)
            else:
                missed.append(column.name)
    assert set(missed) == WORDS
    assert len(refused) > 2 * len(named)  # Most the database refuses by itself.


def test_each_column_that_is_changed_without_guards_is_named(books: Cast) -> None:
    tried = [column for column in columns() if column.name not in WORDS][::STRIDE]
    missed = []
    with undone(), guards_lifted(connection):
        for column in tried:
            with undone():
                if not is_refused(change(column)) and not is_named():
                    missed.append(column.name)
    assert missed == []


@pytest.mark.parametrize("attack", [delete, insert, replace])
def test_each_row_that_is_deleted_inserted_or_replaced_is_refused_or_named(
    books: Cast, attack: Callable[[Model, Any], Callable[[], object]]
) -> None:
    if attack is replace and connection.vendor != "sqlite":
        pytest.skip("PostgreSQL knows no REPLACE")
    missed = set()
    for model in money_tables():
        row = telling_row(model)
        assert row is not None
        with undone():
            if not is_refused(attack(model, row.pk)) and not is_named():
                missed.add(model._meta.db_table)
    assert missed == (OFFERS if attack is insert else set())


def test_each_row_that_is_deleted_without_guards_is_named(books: Cast) -> None:
    missed = []
    with undone(), guards_lifted(connection):
        for model in money_tables():
            row = telling_row(model)
            assert row is not None
            with undone():
                if not is_refused(delete(model, row.pk)) and not is_named():
                    missed.append(model._meta.db_table)
    assert missed == []


def test_every_table_of_these_rooms_is_tried_or_told_why_not(books: Cast) -> None:
    tables = {
        model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()
    }
    assert tables == {model._meta.db_table for model in money_tables()} | set(WORK)
