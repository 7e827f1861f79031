"""What the desk's page of taxes takes: frozen objects of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One row of a quarter's return. `corrects` is empty but for corrections; `euros` is None where
    none are told."""

    scheme: str
    country: str
    percent: Decimal
    corrects: str
    net: Money
    tax: Money
    euros: Money | None


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """How near a year's sales are to a threshold: `text` says what it is about."""

    text: str
    year: int
    sold: Money
    limit: Money
    percent: Decimal
    state: Badge


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series of papers: what it holds, and its last number."""

    text: str
    name: str
    count: int
    last: str


@dataclass(frozen=True, slots=True)
class TaxPage:
    """A quarter's tax, the thresholds, and the papers. `trouble` is why there is no return.

    `before` and `after` are the quarters beside it; `after` is empty for the newest. `notes` are
    what the operator should know of how the store is set up.
    """

    quarter: str
    is_over: bool
    rows: Sequence[TaxRow]
    trouble: str
    csv_url: str
    before: str
    after: str
    seller: str
    thresholds: Sequence[ThresholdRow]
    threshold_notes: Sequence[str]
    series: Sequence[SeriesRow]
    notes: Sequence[str]
