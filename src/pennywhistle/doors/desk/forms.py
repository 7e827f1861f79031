"""The desk's forms: what was typed, checked as far as typing goes. The rest is for the flows to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pennywhistle.kit.clock import Period, month_period
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.look import formats

# Vouchers of one batch that a page can show and a printer print.
VOUCHERS_ON_A_SHEET_MOST = 500

_AMOUNT_LETTERS_MOST = 24
_EXAMPLE = Money.of_minor(250, "EUR")

# An amount as the page's language writes it, for texts that stand in a form's class.
as_typed = lazy(formats.amount_to_type, str)


def read_day(**more: Any) -> forms.DateField:
    """A day, written as ISO 8601 for the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **more)


def midnight(day: date) -> datetime:
    """The first instant of a day in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


class PlainForm(forms.Form):
    """A form that leaves checking to the server, so that its words are ours in every browser."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class AmountField(forms.CharField):
    """An amount as the page's language writes it; it comes out with a point, empty where nothing was
    typed. With `may_be_percent` also a percentage. What `Money.parse` cannot read is left to the flows."""

    def __init__(self, *, may_be_percent: bool = False, **more: Any) -> None:
        self._may_be_percent = may_be_percent
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(max_length=_AMOUNT_LETTERS_MOST, widget=widget, **more)

    def clean(self, value: Any) -> str:
        """The amount with a point."""
        typed = str(super().clean(value))
        sign = "%" if self._may_be_percent and typed.endswith("%") else ""
        if not typed:
            return ""
        try:
            return formats.typed_amount(typed.removesuffix(sign)) + sign
        except MoneyError:
            example = formats.amount_to_type(_EXAMPLE)
            raise forms.ValidationError(
                _(
                    "This is not an amount. Write it as %(example)s, with no sign between thousands."
                ),
                params={"example": example},
            ) from None


class CurrencyField(forms.RegexField):
    """An ISO 4217 code; it comes out in capitals."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Currency"),
            regex=r"^[A-Za-z]{3}$",
            error_messages={"invalid": _("Three letters of ISO 4217, such as EUR.")},
        )

    def clean(self, value: Any) -> str:
        """The code in capitals."""
        return str(super().clean(value)).upper()


class StatementForm(PlainForm):
    """The month of a statement, and its currency where there are several."""

    month = forms.CharField(
        label=_("Month"),
        max_length=7,
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"}),
    )
    currency = forms.ChoiceField(label=_("Currency"))

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in currencies]
        if len(currencies) <= 1:
            self.fields["currency"].widget = forms.HiddenInput()
            self.fields["currency"].initial = next(iter(currencies), "")

    def clean_month(self) -> Period:
        """The month as a period."""
        try:
            return month_period(self.cleaned_data["month"])
        except (ValueError, OverflowError):
            raise ValidationError(_("This is not a month. Write it as 2026-11.")) from None


class VoucherForm(PlainForm):
    """A batch of vouchers."""

    name = forms.CharField(
        label=_("Name of the batch"),
        max_length=60,
        help_text=_("For your own books, such as Autumn fair. Listeners never see it."),
    )
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=VOUCHERS_ON_A_SHEET_MOST)
    amount = AmountField(
        label=_("Each is worth"),
        help_text=format_lazy(
            _("In major units, such as {amount}."), amount=as_typed(Money.of_minor(500, "EUR"))
        ),
    )
    currency = CurrencyField()
    ends_on = read_day(
        label=_("Ends on"),
        required=False,
        help_text=_(
            "The first day, UTC, on which a voucher is no longer taken. Leave it empty for "
            "vouchers without an end."
        ),
    )
    is_free = forms.TypedChoiceField(
        label=_("Who pays for them"),
        choices=[("no", _("whoever gets them: they are sold")), ("yes", _("the store: a present"))],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
        help_text=_(
            "What is sold comes from the till; what is given away is booked as the store's own "
            "expense, and is never paid out. Sold vouchers with an early end are void in some "
            "countries."
        ),
    )
