"""The desk's forms of prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk.forms import (
    AmountField,
    CurrencyField,
    PlainForm,
    as_typed,
    midnight,
    read_day,
)
from pennywhistle.flows.ask_price import PriceRequest
from pennywhistle.flows.make_promotion import PromotionRequest
from pennywhistle.flows.set_prices import PriceListRequest, bonuses_in_words, tiers_in_words
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from pennywhistle.shop.pricing.rules import CODE_LETTERS_MOST, USES_MOST
from pennywhistle.shop.storefronts.rules import Prices

_WORDS_LETTERS_MOST = 500


def _amount(
    label: Any, help_text: Any = "", *, required: bool = False, may_be_percent: bool = False
) -> AmountField:
    return AmountField(
        label=label, help_text=help_text, required=required, may_be_percent=may_be_percent
    )


class PriceListForm(PlainForm):
    """A price list, as `PriceListRequest` takes it."""

    currency = CurrencyField()
    lossy_per_mb = _amount(_("A lossy megabyte"), required=True)
    reduced_per_mb = _amount(_("A megabyte of reduced FLAC"), _("Empty: as lossless."))
    lossless_per_mb = _amount(_("A lossless megabyte"), required=True)
    floor_per_track = _amount(_("A track, at the least"), required=True)
    album_lossy = _amount(_("A whole release as lossy files, at the most"))
    album_reduced = _amount(_("The same as reduced FLAC"))
    album_lossless = _amount(_("The same as lossless files"), _("Empty for no most."))
    tiers = forms.CharField(
        label=_("Discounts by what was spent"),
        required=False,
        max_length=_WORDS_LETTERS_MOST,
        help_text=_("Spent before = per cent, such as 20=5, 50=10. Empty for none."),
    )
    bonuses = forms.CharField(
        label=_("Bonuses by way of paying"),
        required=False,
        max_length=_WORDS_LETTERS_MOST,
        help_text=_("Way = per cent on top of a top-up, such as bank=2.5. Empty for none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].help_text = _(
            "One that the shop has no price list in yet gives it one in that too."
        )

    @classmethod
    def of(cls, prices: Prices) -> PriceListForm:
        """The form over the prices in force."""

        def amount(held: Money | None) -> str:
            return "" if held is None else formats.amount_to_type(held)

        return cls(
            initial={
                "currency": prices.currency,
                "lossy_per_mb": amount(prices.lossy_per_mb),
                "reduced_per_mb": amount(prices.reduced_per_mb),
                "lossless_per_mb": amount(prices.lossless_per_mb),
                "floor_per_track": amount(prices.floor_per_track),
                "album_lossy": amount(prices.albums.get("lossy")),
                "album_reduced": amount(prices.albums.get("reduced")),
                "album_lossless": amount(prices.albums.get("lossless")),
                "tiers": tiers_in_words(prices),
                "bonuses": bonuses_in_words(prices),
            }
        )

    def to_request(self) -> PriceListRequest:
        """The list, from a form that is valid: what is empty in it is not to be."""
        given = dict(self.cleaned_data)
        given["reduced_per_mb"] = given["reduced_per_mb"] or given["lossless_per_mb"]
        for name in ("album_lossy", "album_reduced", "album_lossless", "tiers", "bonuses"):
            given[name] = given[name] or "none"
        return PriceListRequest(**given)


class PromotionForm(PlainForm):
    """A code that lowers prices, as `PromotionRequest` takes it."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LETTERS_MOST,
        help_text=_("Letters A to Z, digits and hyphens, as listeners type it."),
    )
    takes_off = _amount(
        _("It takes off"),
        format_lazy(
            _(
                "A percentage such as 10%, or an amount over everything it covers, such as {amount}."
            ),
            amount=as_typed(Money.of_minor(100, "EUR")),
        ),
        required=True,
        may_be_percent=True,
    )
    starts_on = read_day(label=_("Holds from"))
    ends_on = read_day(
        label=_("Ends on"),
        required=False,
        help_text=_("The first day, UTC, on which it no longer holds. Empty for no end."),
    )
    uses_most = forms.IntegerField(
        label=_("Uses in all, at the most"), required=False, min_value=1, max_value=USES_MOST
    )
    uses_per_person_most = forms.IntegerField(
        label=_("Uses by one listener, at the most"),
        required=False,
        min_value=1,
        max_value=USES_MOST,
    )
    releases = forms.CharField(
        label=_("Only these releases"),
        required=False,
        max_length=_WORDS_LETTERS_MOST,
        help_text=_("UPCs with commas. Empty for all."),
    )
    labels = forms.CharField(
        label=_("Only these labels"),
        required=False,
        max_length=_WORDS_LETTERS_MOST,
        help_text=_(
            "Names with commas. A code lowers what a label has fixed only if it names that label or "
            "release."
        ),
    )

    def to_request(self, currency: str) -> PromotionRequest:
        """The code, from a form that is valid; an amount is in `currency`."""
        given = self.cleaned_data
        return PromotionRequest(
            code=given["code"],
            takes_off=given["takes_off"],
            starts_at=midnight(given["starts_on"]),
            ends_at=midnight(given["ends_on"]) if given["ends_on"] else None,
            currency=currency,
            uses_most=given["uses_most"],
            uses_per_person_most=given["uses_per_person_most"],
            releases=_listed(given["releases"]),
            labels=_listed(given["labels"]),
        )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class AskForm(PlainForm):
    """What a label asks for a release or for one of its tracks."""

    what = forms.ChoiceField(label=_("Price of"))
    kind = forms.ChoiceField(
        label=_("How it is priced"),
        choices=[
            ("size", _("by the megabyte, as the shop does")),
            ("fixed", _("fixed")),
            ("named", _("listeners name it")),
        ],
        widget=forms.RadioSelect,
    )
    amount = _amount(_("The price, or the least that may be named"))
    suggested = _amount(
        _("What stands in the listener's field"), _("Empty: the least that may be named.")
    )

    def __init__(self, *args: Any, things: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(things)

    def clean(self) -> dict[str, Any]:
        """A price that is fixed or named has an amount."""
        given = super().clean() or self.cleaned_data
        if given.get("kind") != "size" and not given.get("amount"):
            self.add_error("amount", _("Say how much."))
        return given

    def to_request(self, *, release: str, currency: str) -> PriceRequest:
        """The price, from a form that is valid, for a release of that short name."""
        given = self.cleaned_data
        scope, _colon, isrc = given["what"].partition(":")
        return PriceRequest(
            scope=scope,
            what=isrc or release,
            kind=given["kind"],
            amount=given["amount"],
            suggested=given["suggested"],
            currency=currency,
        )
