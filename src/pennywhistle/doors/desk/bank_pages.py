"""What the desk's pages of the bank account are drawn from, and their forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk.forms import PlainForm
from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money


class UploadForm(PlainForm):
    """A statement as the bank gives it out."""

    file = forms.FileField(
        label=_("Statement"),
        help_text=_(
            "In camt.053 (XML), as your bank offers it for download. Import it as often as you "
            "like, in any order: each entry is kept once."
        ),
    )


class EntryForm(PlainForm):
    """Whose an entry is."""

    email = forms.EmailField(
        label=_("The listener's address"),
        required=False,
        help_text=_("Whose wallet it goes into. Not needed where it goes into none."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("Why; it is kept with the decision."),
    )


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One movement of the account. `url` is where it is decided on, empty where nothing is to be."""

    url: str
    booked_on: date
    amount: Money
    state: Badge
    counterparty: str
    counterparty_iban: str
    text: str
    listener: str
    note: str
    bank_ref: str


@dataclass(frozen=True, slots=True)
class GapLine:
    """Days of which no statement was imported, and what moved on them."""

    after: date
    until: date
    missing: Money


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account: its last known balance, and for whom it holds what."""

    iban: str
    balance: Money
    on: date
    credited: Money
    unclaimed: Money
    gaps: Sequence[GapLine]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An imported statement."""

    reference: str
    closing: Money
    closing_on: date
    entry_count: int
    new_count: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class BankPage:
    """The account, what waits to be decided on, and what moved last. `iban` is empty where the store
    names none, or none any longer."""

    iban: str
    form: UploadForm
    accounts: Sequence[AccountLine]
    unclaimed: Sequence[EntryLine]
    entries: Sequence[EntryLine]
    statements: Sequence[StatementLine]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One credit that waits to be decided on; `gateways` may have paid it out."""

    entry: EntryLine
    form: EntryForm
    gateways: Sequence[str] = ()
