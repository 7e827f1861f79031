"""Rows as a day's seal tells them: names and texts, in order of time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from itertools import groupby
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from pennywhistle.kit.clock import Period
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.queries import ROWS_AT_ONCE, transfer_facts
from pennywhistle.shop.ledger.seals import canonical, day_of, instant_text, transfer_entry

Row = TypeVar("Row", bound=Model)
Entry = dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class EntrySource(Generic[Row]):
    """One table whose rows days are sealed over: `at` is the field that dates a row, `entry` tells it,
    `where` says which rows. What `has_day_sealed` is told from the first row on; what has not is told
    of days that are sealed for something else.

    What of a row is told may not change once its day is over. A column that joins the table later is
    told by a new form alone, so that days sealed before stay as they were sealed.
    """

    model: type[Row]
    at: str
    entry: Callable[[Row], Entry]
    related: tuple[str, ...] = ()
    where: Q | None = None
    has_day_sealed: bool = True

    def iterate(self, *, within: Period) -> Iterator[Entry]:
        """The entries of a closed period, in order of time, then id. One query, streamed."""
        for row in self._in_order(self._rows(within)):
            yield self.entry(row)

    def iterate_days(self) -> Iterator[tuple[date, Iterator[Entry]]]:
        """Every entry, in the same order, by its UTC day. One query, streamed: a day's entries are
        gone once the next day is asked for."""
        rows = self._in_order(self._all())
        for day, of_day in groupby(rows, key=lambda row: day_of(_value(row, self.at))):
            yield day, (self.entry(row) for row in of_day)

    def count(self, *, within: Period) -> int:
        """How many entries a closed period has. One query."""
        return self._rows(within).count()

    def find_first(self, *, since: datetime | None = None) -> datetime | None:
        """When the oldest row of all is dated, or the oldest from `since` on; or None. One query."""
        rows = self._all().order_by(self.at)
        if since is not None:
            rows = rows.filter(**{f"{self.at}__gte": since})
        first: datetime | None = rows.values_list(self.at, flat=True).first()
        return first

    def _in_order(self, rows: QuerySet[Row]) -> Iterator[Row]:
        ordered = rows.select_related(*self.related).order_by(self.at, "pk")
        return ordered.iterator(chunk_size=ROWS_AT_ONCE)

    def _rows(self, within: Period) -> QuerySet[Row]:
        return self._all().filter(
            **{f"{self.at}__gte": within.starts_at, f"{self.at}__lt": within.ends_at}
        )

    def _all(self) -> QuerySet[Row]:
        rows: QuerySet[Row] = QuerySet(self.model).filter(**{f"{self.at}__isnull": False})
        return rows if self.where is None else rows.filter(self.where)


def told_by(kind: str, *columns: str, hashed: tuple[str, ...] = ()) -> Callable[[Row], Entry]:
    """What makes an entry of a row's columns; those of related rows as `quote__expires_at`.

    What is personal, or long, is told by the SHA-256 of what it says together with the row's id:
    `hashed`. Whoever erases it one day has to keep that in its place.
    """

    def tell(row: Row) -> Entry:
        told = {name.replace("__", "_"): _text(_value(row, name)) for name in columns}
        digests = {
            f"{name.replace('__', '_')}_sha256": _digest(row, _value(row, name)) for name in hashed
        }
        return {"kind": kind, "id": str(row.pk)} | told | digests

    return tell


def _value(row: Model, name: str) -> Any:
    return reduce(getattr, name.split("__"), row)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | int | UUID):
        return "" if value is None else str(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest(row: Model, value: object) -> str:
    says = _text(value)
    return hashlib.sha256(canonical({"id": str(row.pk), "says": says})).hexdigest() if says else ""


TRANSFERS = EntrySource(
    Transfer,
    "posted_at",
    lambda row: transfer_entry(transfer_facts(row)),
    ("debit_account", "credit_account", "reverses", "settles"),
)
