"""Whether every row of a table can be read, and names only rows that are there.

A database that was changed behind the store's back may hold what no column of its type could: see
https://www.sqlite.org/datatype3.html. The recount has to name such a row, and not stumble over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, models
from django.db.models.functions import Cast

from pennywhistle.kit.money import Money, MoneyError

ROWS_AT_ONCE = 2_000

# What a database driver, and Django behind it, raise over a value that the column cannot hold.
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    DatabaseError,
    TypeError,
    ValidationError,
    ValueError,
)

_TYPES: tuple[tuple[type[models.Field], type], ...] = (  # type: ignore[type-arg]
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.CharField, str),
)


@dataclass(frozen=True, slots=True)
class UnsoundRow:
    """A row that cannot be read, or that names one that is not there, and why."""

    table: str
    id: str
    why: str


def iterate_unsound(*, model: type[models.Model]) -> Iterator[UnsoundRow]:
    """Every unsound row of a table. Reads it whole, and once more for each of its relations."""
    try:
        unsound = list(_iterate_ill_typed(model))
    except _UNREADABLE:
        unsound = list(_iterate_unreadable(model))
    yield from unsound
    if not unsound:
        yield from _iterate_dangling(model)


def _iterate_ill_typed(model: type[models.Model]) -> Iterator[UnsoundRow]:
    """Rows whose values were read but are not what their columns say."""
    rows = _rows(model).order_by("pk")
    page = list(rows[:ROWS_AT_ONCE])  # Page by page: a cursor that fails halfway stays open.
    while page:
        for row in page:
            for field in model._meta.concrete_fields:
                if why := _ill_typed(field, getattr(row, field.attname)):
                    yield UnsoundRow(model._meta.db_table, str(row.pk), why)
        page = list(rows.filter(pk__gt=page[-1].pk)[:ROWS_AT_ONCE])


def _iterate_unreadable(model: type[models.Model]) -> Iterator[UnsoundRow]:
    """The same, column by column of each row: slow, and only for a table that cannot be read."""
    table, rows = model._meta.db_table, _rows(model)
    for key in rows.values_list(Cast("pk", models.CharField()), flat=True):
        for field in model._meta.concrete_fields:
            try:
                value = rows.filter(pk=key).values_list(field.attname, flat=True).get()
            except (*_UNREADABLE, ObjectDoesNotExist):
                yield UnsoundRow(table, key, f"its {field.attname} cannot be read")
            else:
                if why := _ill_typed(field, value):
                    yield UnsoundRow(table, key, why)


def _iterate_dangling(model: type[models.Model]) -> Iterator[UnsoundRow]:
    """Rows that name a row of another table which is not there. One query for each relation."""
    for field in model._meta.concrete_fields:
        target = field.related_model
        if not isinstance(target, type):
            continue
        named = _rows(target).filter(pk=models.OuterRef(field.attname))
        rows = _rows(model).exclude(**{field.attname: None})
        for key, value in (
            rows.filter(~models.Exists(named)).order_by("pk").values_list("pk", field.attname)
        ):
            why = f"its {field.attname} is {value}, and {target._meta.db_table} has no such row"
            yield UnsoundRow(model._meta.db_table, str(key), why)


def _rows(model: type[models.Model]) -> models.QuerySet[models.Model]:
    return models.QuerySet(model)


def _ill_typed(field: models.Field, value: object) -> str | None:  # type: ignore[type-arg]
    if value is None:
        return None if field.null else f"its {field.attname} is missing"
    for kind, expected in _TYPES:
        if isinstance(field, kind) and type(value) is not expected:
            return f"its {field.attname} is {value!r}, which it cannot be"
    is_blank = field.blank and value == ""
    if field.choices and not is_blank and value not in dict(field.flatchoices):
        return f"its {field.attname} is {value!r}, which it cannot be"
    if field.name == "currency" and not is_blank:
        try:
            Money.zero(str(value))
        except MoneyError as error:
            return f"its currency cannot be read: {error}"
    return None
