"""Buying for a business: whom receipts are made out to."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from pennywhistle.doors.storefront.answers import (
    PERSONAL,
    for_listeners,
    go,
    person_of,
    safe_path,
    show,
)
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.flows.declare_business import declare_business, forget_business
from pennywhistle.look import formats
from pennywhistle.shop.sales.business import (
    ADDRESS_LENGTH_MOST,
    NAME_LENGTH_MOST,
    BusinessError,
    ReverseChargeError,
    VatNumberError,
)
from pennywhistle.shop.sales.paper_queries import find_buyer


@dataclass(frozen=True, slots=True)
class BusinessPage:
    """The form. `errors` say by field what is wrong; `seller` is the shop's country, empty where it
    has not been told."""

    name: str
    address: str
    vat_number: str
    is_kept: bool
    back: str
    seller: str
    errors: dict[str, str]
    name_most: int = NAME_LENGTH_MOST
    address_most: int = ADDRESS_LENGTH_MOST


@require_http_methods(["GET", "HEAD", "POST"])
@for_listeners
def business(request: HttpRequest) -> HttpResponse:
    """Ask whom receipts are to be made out to; by POST, keep it or forget it."""
    asked = request.POST if request.method == "POST" else request.GET
    back = safe_path(request, asked.get("back", ""), otherwise="/wallet/")
    person_id, visit = person_of(request), visit_of(request)
    if request.method != "POST":
        kept = find_buyer(person_id=person_id)
        known = (kept.name, kept.address, kept.vat_number) if kept else ("", "", "")
        return _form(request, back, known, is_kept=kept is not None)
    if "forget" in request.POST:
        forget_business(person_id=person_id, now=visit.now)
        messages.success(request, gettext("Your receipts are made out to nobody again."))
        return go(back)
    typed = tuple(request.POST.get(field, "") for field in ("name", "address", "vat_number"))
    try:
        buyer = declare_business(
            person_id=person_id,
            name=typed[0],
            address=typed[1],
            vat_number=typed[2],
            seller=visit.seller,
            now=visit.now,
        )
    except BusinessError as error:
        return _form(request, back, typed, errors={error.field: _words(error)})
    messages.success(
        request, gettext("From now on receipts are made out to %(name)s.") % {"name": buyer.name}
    )
    return go(back)


def _form(
    request: HttpRequest,
    back: str,
    typed: tuple[str, ...],
    *,
    is_kept: bool = False,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    seller = visit_of(request).seller.country
    page = BusinessPage(
        name=typed[0],
        address=typed[1],
        vat_number=typed[2],
        is_kept=is_kept,
        back=back,
        seller=formats.country(seller) if seller else "",
        errors=errors or {},
    )
    return show(request, "business", page, cache=PERSONAL, status=422 if errors else 200)


def _words(error: BusinessError) -> str:
    if isinstance(error, VatNumberError):
        return gettext(
            "This is not a VAT number of the EU. Write it with its country, such as IE6388047V."
        )
    if isinstance(error, ReverseChargeError):
        return gettext(
            "This shop makes receipts out to businesses of its own country alone. A business of "
            "another would have to be charged without tax, which this shop does not do yet."
        )
    return gettext("Write it out, and not too long.")
