"""Rows as a day's seal tells them: names and texts, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from pennywhistle.kit.clock import Period
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.queries import ROWS_AT_ONCE, transfer_facts
from pennywhistle.shop.ledger.seals import transfer_entry

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class EntrySource(Generic[Row]):
    """One table whose rows days are sealed over: `at` is the field that dates a row, `entry` tells it.

    A column that joins the table later is told only where it says something, so that days sealed
    before stay as they were sealed.
    """

    model: type[Row]
    at: str
    entry: Callable[[Row], dict[str, str]]
    related: tuple[str, ...] = ()

    def iterate(self, *, within: Period) -> Iterator[dict[str, str]]:
        """The entries of a closed period, in order of time, then id. One query, streamed."""
        rows = self._rows(within).select_related(*self.related).order_by(self.at, "pk")
        for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
            yield self.entry(row)

    def count(self, *, within: Period) -> int:
        """How many entries a closed period has. One query."""
        return self._rows(within).count()

    def find_first(self, *, since: datetime | None = None) -> datetime | None:
        """When the oldest row of all is dated, or the oldest from `since` on; or None. One query."""
        rows: QuerySet[Row] = QuerySet(self.model).order_by(self.at)
        if since is not None:
            rows = rows.filter(**{f"{self.at}__gte": since})
        first: datetime | None = rows.values_list(self.at, flat=True).first()
        return first

    def _rows(self, within: Period) -> QuerySet[Row]:
        return QuerySet(self.model).filter(
            **{f"{self.at}__gte": within.starts_at, f"{self.at}__lt": within.ends_at}
        )


TRANSFERS = EntrySource(
    Transfer,
    "posted_at",
    lambda row: transfer_entry(transfer_facts(row)),
    ("debit_account", "credit_account", "reverses", "settles"),
)
