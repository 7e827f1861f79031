"""The desk's forms for what has gone wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk import aftercare_words as words
from pennywhistle.doors.desk.forms import AmountField, PlainForm
from pennywhistle.shop.sales.refunds import NOTE_LENGTH_MOST


class FindListenerForm(PlainForm):
    """Whom it is about."""

    email = forms.EmailField(
        label=_("Mail address of the listener"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class AnswerForm(PlainForm):
    """What the operator answers a report."""

    answer = forms.ChoiceField(label=_("What you found"), widget=forms.RadioSelect)
    gives_back = forms.BooleanField(label=_("Give the money back"), required=False)
    trust = forms.ChoiceField(
        label=_("The next reports of this listener"), required=False, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=_("A word to the listener"),
        required=False,
        max_length=NOTE_LENGTH_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is shown in their library."),
    )

    def __init__(self, *args: Any, is_credited: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = [  # type: ignore[attr-defined]
            (one.value, title) for one, title in words.answers().items()
        ]
        self.fields["trust"].choices = [  # type: ignore[attr-defined]
            ("", _("as they are now")),
            ("no", _("wait for you, each of them")),
            ("yes", _("are paid back at once, within the limits")),
        ]
        if is_credited:
            del self.fields["gives_back"]

    @property
    def may_claim(self) -> bool | None:
        """What was said of the listener's next reports."""
        return {"yes": True, "no": False}.get(self.cleaned_data.get("trust", ""))


class RefundForm(PlainForm):
    """Which lines of a purchase go back, and why."""

    numbers = forms.TypedMultipleChoiceField(
        label=_("What goes back"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick what goes back.")},
    )
    reason = forms.ChoiceField(label=_("Why"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=NOTE_LENGTH_MOST,
        help_text=_("For the books. The listener does not see it."),
    )

    def __init__(self, *args: Any, lines: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["numbers"].choices = lines  # type: ignore[attr-defined]
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            (one.value, title) for one, title in words.refund_reasons().items()
        ]


class PayBackForm(PlainForm):
    """How much goes back to a card. `once` names the pay-back, so that it is made once."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=_("Amount"))
