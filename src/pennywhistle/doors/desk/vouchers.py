"""Vouchers as cards to cut out, and those that some till has sold.

The codes of fresh ones come with the form: the store has them no longer.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import UNCACHED, Visitor, for_the_operator, go
from pennywhistle.doors.desk.forms import VOUCHERS_ON_A_SHEET_MOST
from pennywhistle.doors.desk.shopfront import name_of
from pennywhistle.flows.print_cards import CardSheet, PrintedCard, print_cards
from pennywhistle.flows.sell_vouchers import sell_vouchers
from pennywhistle.look import formats
from pennywhistle.shop.payments.codes.queries import PrintableVoucher, list_printable_vouchers
from pennywhistle.shop.payments.rules import PaymentError


@require_POST
@for_the_operator
def cards(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The vouchers whose codes are sent, and which nobody has redeemed, as a PDF."""
    codes = request.POST.get("codes", "").split()[:VOUCHERS_ON_A_SHEET_MOST]
    found = list_printable_vouchers(codes=codes)
    if not found:
        return go("desk-vouchers")
    address, shop = request.build_absolute_uri("/wallet/"), name_of(request)
    sheet = CardSheet(
        title=gettext("Vouchers"),
        cards=tuple(_card(voucher, shop, address) for voucher in found),
        language=get_language() or "en",
        dated_at=visitor.now,
    )
    answer = HttpResponse(print_cards(sheet=sheet), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="vouchers.pdf"'
    answer["Cache-Control"] = UNCACHED
    return answer


@require_POST
@for_the_operator
def sold(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """A till has sold what was left of a batch."""
    try:
        worth = sell_vouchers(batch=request.POST.get("batch", ""), now=visitor.now)
    except PaymentError as error:
        messages.error(request, words.sentence(error))
    else:
        said = {"worth": ", ".join(formats.money(each) for each in worth)}
        messages.success(request, gettext("Vouchers worth %(worth)s are booked as sold.") % said)
    return go("desk-vouchers")


def _card(voucher: PrintableVoucher, shop: str, address: str) -> PrintedCard:
    notes = [gettext("Redeem it at %(address)s") % {"address": address}]
    if voucher.expires_at is not None:
        notes.append(gettext("before %(end)s") % {"end": formats.day(voucher.expires_at)})
    return PrintedCard(
        shop=shop,
        worth=formats.money(voucher.amount),
        code=voucher.code,
        address=f"{address}?code={voucher.code}",
        notes=tuple(notes),
    )
