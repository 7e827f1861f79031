"""What the desk's pages take when things have gone wrong: frozen objects of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms

from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in a list."""

    url: str
    title: str
    recipe: str
    trouble: str
    words: str
    listener: str
    listener_url: str
    reported_at: datetime
    state: Badge
    credited: Money | None


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """Reports that wait, oldest first, and those that were answered, newest first."""

    waiting: Sequence[ReportRow]
    answered: Sequence[ReportRow]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the store found out about a file."""

    name: str
    text: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report: what was said, what was found, and the form of the answer, None once it is given."""

    report: ReportRow
    artist: str
    price: Money
    bought_at: datetime
    why_held: str
    findings: Sequence[Finding]
    examined_at: datetime | None
    url: str
    form: forms.Form | None
    answer: str
    answer_words: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class BoughtRow:
    """A line of a purchase; `number` is what a refund calls it."""

    number: int
    title: str
    artist: str
    recipe: str
    gross: Money
    refunded_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class PurchaseRow:
    """A purchase with its lines; the form gives lines back, and is None where all went back."""

    id: int
    bought_at: datetime
    total: Money
    lines: Sequence[BoughtRow]
    form: forms.Form | None
    url: str


@dataclass(frozen=True, slots=True)
class TopUpRow:
    """A top-up that arrived. The form pays back, and is None where nothing can go back."""

    gateway: str
    amount: Money
    arrived_at: datetime
    most: Money
    form: forms.Form | None
    url: str


@dataclass(frozen=True, slots=True)
class PayBackRow:
    """A pay-back and where it stands."""

    amount: Money
    gateway: str
    asked_at: datetime
    state: Badge
    why: str


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute in a list. `forgive_url` is empty where there is nothing to forgive."""

    listener: str
    listener_url: str
    gateway: str
    reference: str
    reason: str
    state: Badge
    heard_at: datetime
    amount: Money
    frozen: Money
    lost: Money
    shortage: Money
    forgive_url: str


@dataclass(frozen=True, slots=True)
class DisputesPage:
    """What banks take back."""

    disputes: Sequence[DisputeLine]


@dataclass(frozen=True, slots=True)
class ListenerFile:
    """All that can be put right for one listener."""

    email: str
    balance: Money
    shortage: Money
    purchases: Sequence[PurchaseRow]
    top_ups: Sequence[TopUpRow]
    pay_backs: Sequence[PayBackRow]
    disputes: Sequence[DisputeLine]
    reports: Sequence[ReportRow]


@dataclass(frozen=True, slots=True)
class ListenersPage:
    """The question whom it is about, and what was found."""

    form: forms.Form
    listener: ListenerFile | None
