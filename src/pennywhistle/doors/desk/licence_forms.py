"""The desk's forms of licences: what a contract says, and what happens to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk.forms import (
    AmountField,
    CurrencyField,
    PlainForm,
    as_typed,
    read_day,
)
from pennywhistle.doors.desk.words import sentence
from pennywhistle.flows.grant_licence import LicenceRequest, parse_preview, parse_rate
from pennywhistle.kit.local_time import UTC_NAME, ZONE_LETTERS_MOST, UnknownZoneError, get_zone
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.footing import EVIDENCE_LETTERS_MOST
from pennywhistle.shop.licensing.history import ChangeKind
from pennywhistle.shop.licensing.queries import LicensorFacts
from pennywhistle.shop.licensing.rules import (
    PREVIEW_SECONDS,
    Basis,
    LicensingError,
    Payer,
    TariffTerms,
)

# The choice of a licensor who is not on file yet.
_NEW = "new"


class LicenceForm(PlainForm):
    """A contract, as `LicenceRequest` takes it."""

    number = forms.CharField(
        label=_("Licence number"),
        max_length=40,
        help_text=_("Your own, and yours to choose, such as MER-2026-1. It appears on statements."),
    )
    document_reference = forms.CharField(
        label=_("Document reference"),
        max_length=200,
        help_text=_("Contract, page and date, as the notice on every page will name it."),
    )
    licensor_id = forms.ChoiceField(label=_("Licensor"))
    new_licensor = forms.CharField(
        label=_("Name of a new licensor"), max_length=200, required=False
    )
    licensor_kind = forms.ChoiceField(
        label=_("A new licensor is a"),
        choices=[
            ("society", _("collecting society")),
            ("label", _("label")),
            ("artist", _("artist")),
            ("publisher", _("publisher")),
        ],
    )
    right = forms.ChoiceField(
        label=_("Right"),
        choices=[("RECORDING", _("recording")), ("WORK", _("work"))],
        widget=forms.RadioSelect,
    )
    repertoire_kind = forms.ChoiceField(
        label=_("Repertoire"),
        choices=[
            ("whole", _("the whole catalogue")),
            ("label", _("a label")),
            ("release", _("a release")),
            ("track", _("a track")),
        ],
        widget=forms.RadioSelect,
    )
    repertoire = forms.CharField(
        label=_("Which one"),
        max_length=330,
        required=False,
        help_text=_(
            "For a label its name, for a release its UPC, for a track its ISRC. Empty for the "
            "whole catalogue."
        ),
    )
    uses = forms.MultipleChoiceField(
        label=_("Uses"),
        choices=[
            ("DOWNLOAD", _("download")),
            ("PREVIEW", _("preview")),
            ("STREAM_OWNED", _("streaming of what is owned")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    preview_seconds = forms.CharField(
        label=_("Preview, in seconds"),
        max_length=10,
        required=False,
        help_text=_(
            "How much of a track may be heard before buying, where previews are among the uses: "
            "30, or whole. Empty is 30."
        ),
    )
    territory_mode = forms.ChoiceField(
        label=_("Territories"),
        choices=[
            ("worldwide", _("worldwide")),
            ("only", _("these countries")),
            ("all-but", _("all but these")),
        ],
        widget=forms.RadioSelect,
    )
    territory_list = forms.CharField(
        label=_("Countries"),
        max_length=1000,
        required=False,
        help_text=_(
            "Codes of ISO 3166-1 or of CISAC's TIS with commas: DE, AT, CH, or 2EU but GB. Empty for "
            "worldwide, which is every country: CISAC's World is 2WL, and lacks some."
        ),
    )
    starts_on = read_day(
        label=_("Starts on"),
        help_text=_("In force from the first instant of this day in its time zone."),
    )
    ends_on = read_day(
        label=_("Ends on"),
        required=False,
        help_text=_(
            "The first day on which it is no longer in force: one that ends on 1 January holds "
            "through the last instant of 31 December. Leave it empty for a licence that runs until "
            "it is ended."
        ),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=ZONE_LETTERS_MOST,
        required=False,
        help_text=_("Whose clocks tell these days, such as Europe/Berlin. Empty is UTC."),
    )
    basis = forms.ChoiceField(
        label=_("It stands on"),
        choices=[
            (Basis.CONTRACT.value, _("a contract")),
            (Basis.PUBLIC_DOMAIN.value, _("the public domain")),
            (Basis.CREATIVE_COMMONS.value, _("a licence of Creative Commons")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    deed = forms.CharField(
        label=_("Which of Creative Commons"),
        max_length=20,
        required=False,
        help_text=_("Such as CC-BY-4.0 or CC0-1.0. Those for non-commercial use open no sale."),
    )
    evidence = forms.CharField(
        label=_("Where that can be seen"),
        max_length=EVIDENCE_LETTERS_MOST,
        required=False,
        help_text=_(
            "An address, a file or an opinion, for the public domain and for Creative Commons."
        ),
    )
    mechanical_by = forms.ChoiceField(
        label=_("The work's royalty is paid by"),
        choices=[
            (Payer.STORE.value, _("the store, to this licensor")),
            (Payer.LABEL.value, _("the label, out of its own share")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    rate = forms.RegexField(
        label=_("Rate"),
        regex=r"^\d{1,12}(\.\d{1,9})?(\s*/\s*\d{1,12})?\s*%?$",
        max_length=40,
        error_messages={"invalid": _("This is not a rate. Write 15%% or 3/20.")},
        help_text=_("Exact: 15%, 8.5% or 3/20."),
    )
    base = forms.ChoiceField(
        label=_("Of"),
        choices=[("net-of-tax", _("net of tax")), ("gross", _("gross"))],
        widget=forms.RadioSelect,
    )
    floor_per_track = AmountField(
        label=_("At least, per track"),
        required=False,
        help_text=format_lazy(
            _("In major units, such as {amount}. Leave it empty where there is no floor."),
            amount=as_typed(Money.of_minor(1, "EUR")),
        ),
    )
    currency = CurrencyField()
    tariff_code = forms.CharField(
        label=_("Tariff code"),
        max_length=80,
        required=False,
        help_text=_("As the licensor calls it. Empty takes the licence number."),
    )
    tariff_version = forms.IntegerField(
        label=_("Tariff version"),
        min_value=1,
        max_value=1_000_000,
        help_text=_("A tariff whose figures change gets a new version."),
    )

    def __init__(self, *args: Any, licensors: Sequence[LicensorFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._licensors = {str(licensor.id): licensor for licensor in licensors}
        choices = [(key, licensor.name) for key, licensor in self._licensors.items()]
        field = self.fields["licensor_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(_NEW, gettext("A new one, named below")), *choices]

    def clean_rate(self) -> str:
        """The rate as typed, once it is known to be a share."""
        text = str(self.cleaned_data["rate"])
        try:
            TariffTerms(code="", version=1, rate=parse_rate(text), base="gross")
        except LicensingError as error:
            raise ValidationError(sentence(error)) from None
        return text

    def clean_zone(self) -> ZoneInfo:
        """The zone of that name; UTC for none."""
        try:
            return get_zone(str(self.cleaned_data["zone"]).strip() or UTC_NAME)
        except UnknownZoneError as error:
            raise ValidationError(sentence(error)) from None

    def clean_preview_seconds(self) -> str:
        """The length as typed, once it is known to be one; 30 for nothing."""
        text = str(self.cleaned_data["preview_seconds"]).strip() or str(PREVIEW_SECONDS)
        try:
            parse_preview(text)
        except LicensingError as error:
            raise ValidationError(sentence(error)) from None
        return text

    def clean(self) -> dict[str, Any]:
        """Check the fields that depend on one another; each error stands beside its field."""
        given = super().clean() or self.cleaned_data
        is_new = given.get("licensor_id") == _NEW
        if is_new and not given.get("new_licensor"):
            self.add_error("new_licensor", _("Name the licensor, or choose one of the list."))
        if given.get("licensor_id") and not is_new and given.get("new_licensor"):
            self.add_error("new_licensor", _("Choose one of the list or name a new one, not both."))
        if given.get("repertoire_kind", "whole") != "whole" and not given.get("repertoire"):
            self.add_error("repertoire", _("Say which one the licence speaks of."))
        starts_on, ends_on = given.get("starts_on"), given.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", _("A licence ends on a later day than it starts."))
        self._check_territories(given)
        return given

    def to_request(self) -> LicenceRequest:
        """The contract, from a form that is valid."""
        given = self.cleaned_data
        known = self._licensors.get(given["licensor_id"])
        ends_on = given["ends_on"]
        return LicenceRequest(
            number=given["number"],
            licensor=known.name if known else given["new_licensor"],
            licensor_kind=known.kind if known else given["licensor_kind"],
            right=given["right"],
            repertoire_kind=given["repertoire_kind"],
            repertoire=given["repertoire"],
            uses=tuple(given["uses"]),
            territories=str(_territories(given)),
            starts_at=datetime.combine(given["starts_on"], time(), given["zone"]),
            ends_at=datetime.combine(ends_on, time(), given["zone"]) if ends_on else None,
            rate=given["rate"],
            base=given["base"],
            floor_per_track=given["floor_per_track"],
            currency=given["currency"],
            document_reference=given["document_reference"],
            tariff_code=given["tariff_code"],
            tariff_version=given["tariff_version"],
            preview_seconds=given["preview_seconds"],
            basis=given["basis"] or Basis.CONTRACT.value,
            deed=given["deed"],
            evidence=given["evidence"],
            mechanical_by=given["mechanical_by"] or Payer.STORE.value,
        )

    def _check_territories(self, given: dict[str, Any]) -> None:
        if given.get("territory_mode", "worldwide") == "worldwide":
            return
        if not given.get("territory_list", "").replace(",", " ").split():
            self.add_error("territory_list", _("List the countries: DE, AT, CH."))
            return
        try:
            _territories(given)
        except ValueError as error:
            self.add_error("territory_list", sentence(error))


def _territories(given: dict[str, Any]) -> TerritorySet:
    """Mode and list as a set. Raises `ValueError`."""
    if given["territory_mode"] == "worldwide":
        return TerritorySet.worldwide()
    mode = "all-but " if given["territory_mode"] == "all-but" else ""
    return TerritorySet.parse(mode + given["territory_list"])


class EndForm(PlainForm):
    """What happens to a licence, why, and from when on."""

    change = forms.ChoiceField(
        label=_("What happens"),
        choices=[
            (ChangeKind.ENDED.value, _("it ends")),
            (ChangeKind.SUSPENDED.value, _("it is suspended")),
            (ChangeKind.RESUMED.value, _("its suspension is lifted")),
        ],
        initial=ChangeKind.ENDED.value,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept with the licence, for whoever asks later."),
    )
    effective_on = read_day(
        label=_("From"),
        required=False,
        help_text=_(
            "From the first instant of this day, by the licence's own clocks; empty is now. A day "
            "that has passed is kept as what the store came to know today."
        ),
    )
