"""What one sale line owes for one right, as a plain value: what statements and reports are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DayLine:
    """One right of one sale line, or the same given back.

    `booked_at` is when it happened: the sale, or the refund of a sale that was made at `sold_at`. A
    refund's amounts are below zero. All amounts are micro-units of `currency`; `gross_micros` and
    `tax_micros` are the whole line's, so they stand once for each of its rights. `paid_by` says who
    pays the licensor: the store, or the label, and then nothing is due. `iswc` is empty where none
    was known when the day was sealed. `document` and `right` name it, with `is_refund`.
    """

    booked_at: datetime
    sold_at: datetime
    is_refund: bool
    document: str
    right: str
    use: str
    territory: str
    licensor_id: int
    licence: str
    tariff: str
    paid_by: str
    track_id: int
    isrc: str
    iswc: str
    recipe: str
    currency: str
    gross_micros: int
    tax_micros: int
    due_micros: int
