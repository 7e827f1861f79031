"""What the desk's page of payouts is drawn from, and its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk.forms import AmountField, PlainForm, as_typed
from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money
from pennywhistle.shop.royalties.payout_terms import MINIMUM


class TermsForm(PlainForm):
    """Where and when a licensor is paid."""

    licensor = forms.ChoiceField(label=_("Licensor"))
    holder = forms.CharField(label=_("Account holder"), max_length=70)
    iban = forms.CharField(label=_("IBAN"), max_length=50)
    bic = forms.CharField(
        label=_("BIC"),
        max_length=11,
        required=False,
        help_text=_("Only where their bank asks for it."),
    )
    minimum = AmountField(
        label=_("Minimum, in euros"),
        initial=as_typed(MINIMUM),
        help_text=_("What is owed below it waits, and is carried."),
    )
    schedule = forms.ChoiceField(
        label=_("Schedule"),
        choices=[
            ("monthly", _("monthly")),
            ("quarterly", _("quarterly")),
            ("by-hand", _("by hand")),
        ],
    )

    def __init__(self, *args: Any, licensors: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["licensor"].choices = [(name, name) for name in licensors]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class TermsLine:
    """A licensor's terms, the account masked, and what could be set aside now."""

    licensor: str
    url: str
    holder: str
    account: str
    minimum: Money
    schedule: str
    payable: Money
    state: Badge


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """A payout, and the day on which the bank booked it, where that is known."""

    made_at: datetime
    licensor: str
    amount: Money
    state: Badge
    booked_on: date | None


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of payments; `open_count` of them are not known to have left."""

    url: str
    made_at: datetime
    payment_count: int
    total: Money
    open_count: int


@dataclass(frozen=True, slots=True)
class PayoutsPage:
    """Who is due, the newest payouts, and the files; `can_send` where a payout stands in none yet."""

    form: TermsForm
    terms: Sequence[TermsLine]
    payouts: Sequence[PayoutLine]
    files: Sequence[FileLine]
    can_send: bool
