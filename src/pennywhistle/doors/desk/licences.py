"""The operator's licences: the list, the grant and the end."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from pennywhistle.doors.desk import rows, words
from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.licence_forms import EndForm, LicenceForm
from pennywhistle.doors.desk.pages import EndPage, GrantPage, LicencesPage
from pennywhistle.doors.desk.shopfront import currency_of
from pennywhistle.flows.end_licence import change_licence
from pennywhistle.flows.grant_licence import GrantedLicence, grant_licence
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.money import MoneyError
from pennywhistle.kit.territory import UnknownCountryError
from pennywhistle.shop.catalogue.rules import (
    UnknownLabelError,
    UnknownReleaseError,
    UnknownTrackError,
)
from pennywhistle.shop.licensing.history import ChangeKind
from pennywhistle.shop.licensing.queries import (
    LICENCES_ON_A_PAGE,
    get_licence,
    list_licences_for_desk,
    list_licensors,
)
from pennywhistle.shop.licensing.rules import (
    Basis,
    LicenceStateError,
    LicensingError,
    Payer,
    UnknownLicenceError,
)

QUERY_MOST = 200

# Where the form shows what the flow refused; what has no place of its own stands on top.
_FIELD_OF = {
    UnknownLabelError: "repertoire",
    UnknownReleaseError: "repertoire",
    UnknownTrackError: "repertoire",
    UnknownCountryError: "territory_list",
    MoneyError: "floor_per_track",
    LicensingError: None,
}


@require_safe
@for_the_operator
def listing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The newest licences, or those that hold the words looked for."""
    query = request.GET.get("words", "")[:QUERY_MOST]
    found = list_licences_for_desk(query=query)
    page = LicencesPage(
        licences=[rows.licence_row(licence, visitor.now) for licence in found],
        query=query,
        is_cut=len(found) == LICENCES_ON_A_PAGE,
    )
    return show(request, visitor, "licences", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def grant(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Record a licence as its contract says."""
    licensors = list_licensors()
    if request.method != "POST":
        initial = {
            "uses": ["DOWNLOAD", "PREVIEW"],
            "territory_mode": "worldwide",
            "repertoire_kind": "whole",
            "base": "net-of-tax",
            "starts_on": visitor.now.date(),
            "currency": currency_of(request),
            "tariff_version": 1,
            "basis": Basis.CONTRACT.value,
            "mechanical_by": Payer.STORE.value,
        }
        form = LicenceForm(initial=initial, licensors=licensors)
        return show(request, visitor, "grant", GrantPage(form))
    form = LicenceForm(request.POST, licensors=licensors)
    if form.is_valid():
        try:
            granted = grant_licence(
                request=form.to_request(), granted_by=visitor.person_id, now=visitor.now
            )
        except tuple(_FIELD_OF) as error:
            field = next(place for kind, place in _FIELD_OF.items() if isinstance(error, kind))
            form.add_error(field, words.sentence(error))
        else:
            _tell(request, granted)
            return go("desk-licences")
    return show(request, visitor, "grant", GrantPage(form), status=422)


def _tell(request: HttpRequest, granted: GrantedLicence) -> None:
    """What was recorded, and what the operator should look at."""
    said = gettext("Licence %(number)s is recorded.") % {"number": granted.number}
    messages.success(request, said)
    for remark in granted.remarks:
        messages.warning(request, words.sentence(remark))


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def end(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """End a licence, suspend it or lift that, with a reason: sales stop, downloads of what was bought
    go on."""
    try:
        licence = get_licence(number=number)
    except UnknownLicenceError:
        raise Http404 from None
    form = EndForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        day, kind = given["effective_on"], ChangeKind(given["change"])
        wall = datetime.combine(day, time()) if day else None
        try:
            change_licence(
                number=number,
                kind=kind,
                reason=given["reason"],
                now=visitor.now,
                effective_at=LocalTime(wall, licence.starts.zone).first_instant if wall else None,
                changed_by=visitor.person_id,
            )
        except LicenceStateError as error:
            form.add_error("change", words.sentence(error))
        except LicensingError as error:
            form.add_error("reason", words.sentence(error))
        else:
            messages.success(request, _said(kind) % {"number": number})
            return go("desk-licences")
    page = EndPage(
        licence=rows.licence_row(licence, visitor.now),
        form=form,
        is_ended=licence.terms.ends_at is not None and licence.terms.ends_at <= visitor.now,
    )
    return show(request, visitor, "end", page, status=422 if form.is_bound else 200)


def _said(kind: ChangeKind) -> str:
    known = {
        ChangeKind.ENDED: gettext(
            "Licence %(number)s is ended. What was bought under it can still be downloaded."
        ),
        ChangeKind.SUSPENDED: gettext(
            "Licence %(number)s is suspended. What was bought under it can still be downloaded."
        ),
        ChangeKind.RESUMED: gettext("The suspension of licence %(number)s is lifted."),
    }
    return known[kind]
