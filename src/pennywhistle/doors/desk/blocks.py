"""What courts and authorities have ordered to be blocked: the list, a new order, and its lifting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.forms import PlainForm, read_day
from pennywhistle.flows.block_release import BlockRequest, block_release, unblock_release
from pennywhistle.kit.local_time import UTC_NAME, get_zone
from pennywhistle.kit.territory import LETTERS_MOST, UnknownCountryError
from pennywhistle.shop.catalogue.rules import UnknownReleaseError, UnknownTrackError
from pennywhistle.shop.licensing.block_queries import BlockFacts, list_blocks
from pennywhistle.shop.licensing.blocks import REFERENCE_LETTERS_MOST
from pennywhistle.shop.licensing.rules import (
    REASON_LETTERS_MOST,
    TEXT_LETTERS_MOST,
    LicensingError,
)

# Where the form shows what the flow refused; what has no place of its own stands on top.
_FIELD_OF = {
    UnknownReleaseError: "release",
    UnknownTrackError: "isrc",
    UnknownCountryError: "territories",
    LicensingError: None,
}


@dataclass(frozen=True, slots=True)
class BlockRow:
    """An order in the list. `ends_at` is the first instant outside of it; None while it holds."""

    reference: str
    authority: str
    reason: str
    target: str
    territories: str
    starts_at: datetime
    ends_at: datetime | None
    closes_downloads: bool
    lift_reason: str
    may_be_lifted: bool


@dataclass(frozen=True, slots=True)
class BlocksPage:
    """The newest orders, and the form for another."""

    orders: Sequence[BlockRow]
    form: BlockForm


class BlockForm(PlainForm):
    """An order, as its paper says."""

    authority = forms.CharField(
        label=_("Who ordered it"),
        max_length=TEXT_LETTERS_MOST,
        help_text=_("The court or authority. It is named on the page."),
    )
    reference = forms.CharField(label=_("Reference"), max_length=REFERENCE_LETTERS_MOST)
    reason = forms.CharField(
        label=_("Why"),
        max_length=REASON_LETTERS_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("As the order says. It is shown on the page."),
    )
    release = forms.CharField(
        label=_("Release"),
        max_length=330,
        required=False,
        help_text=_("Its UPC or short name; or a track below, not both."),
    )
    isrc = forms.CharField(label=_("Track"), max_length=20, required=False, help_text=_("ISRC."))
    territories = forms.CharField(
        label=_("Where"),
        max_length=LETTERS_MOST,
        help_text=_("Codes of countries or groups with commas: DE, AT, or 2EU; or worldwide."),
    )
    starts_on = read_day(label=_("From"), required=False, help_text=_("In UTC; empty is now."))
    ends_on = read_day(
        label=_("Until"),
        required=False,
        help_text=_("The first day on which it no longer holds; empty until it is lifted."),
    )
    closes_downloads = forms.BooleanField(
        label=_("It takes back downloads of what was bought, too"), required=False
    )

    def to_request(self) -> BlockRequest:
        """The order, from a form that is valid."""
        given: dict[str, Any] = self.cleaned_data
        utc = get_zone(UTC_NAME)
        starts_on, ends_on = given["starts_on"], given["ends_on"]
        return BlockRequest(
            reference=given["reference"],
            authority=given["authority"],
            reason=given["reason"],
            territories=given["territories"],
            release=given["release"],
            isrc=given["isrc"],
            starts_at=datetime.combine(starts_on, time(), utc) if starts_on else None,
            ends_at=datetime.combine(ends_on, time(), utc) if ends_on else None,
            closes_downloads=given["closes_downloads"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def orders(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The orders; a POST records another."""
    form = BlockForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            block_release(request=form.to_request(), recorded_by=visitor.person_id, now=visitor.now)
        except tuple(_FIELD_OF) as error:
            field = next(place for kind, place in _FIELD_OF.items() if isinstance(error, kind))
            form.add_error(field, words.sentence(error))
        else:
            said = gettext("Order %(reference)s is recorded.")
            messages.success(request, said % {"reference": form.cleaned_data["reference"]})
            return go("desk-blocks")
    page = BlocksPage([_row(facts, visitor.now) for facts in list_blocks()], form)
    return show(request, visitor, "blocks", page, status=422 if form.is_bound else 200)


@require_POST
@for_the_operator
def lift(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Lift an order from now on."""
    reference = request.POST.get("reference", "")
    try:
        unblock_release(
            reference=reference,
            reason=request.POST.get("reason", ""),
            recorded_by=visitor.person_id,
            now=visitor.now,
        )
    except LicensingError as error:
        messages.error(request, words.sentence(error))
    else:
        messages.success(
            request, gettext("Order %(reference)s is lifted.") % {"reference": reference}
        )
    return go("desk-blocks")


def _row(facts: BlockFacts, now: datetime) -> BlockRow:
    order = facts.block
    return BlockRow(
        reference=order.reference,
        authority=order.authority,
        reason=order.reason,
        target=facts.target,
        territories=words.territories(order.territories),
        starts_at=order.starts_at,
        ends_at=order.ends_at,
        closes_downloads=order.closes_downloads,
        lift_reason=facts.lift_reason,
        may_be_lifted=not facts.lift_reason and (order.ends_at is None or now < order.ends_at),
    )
