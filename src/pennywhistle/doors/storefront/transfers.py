"""Topping up by bank transfer: a slip is written, and shown until the money has come."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe
from markupsafe import Markup

from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.giving_pages import SlipPage
from pennywhistle.doors.storefront.purse import limits_for, query_of, quote_id_of, show_wallet
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.ways import percent_in_words
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.order_transfer import draw_slip, order_transfer
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.ids import new_digits
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.shop.payments.banking.queries import get_slip, list_arrived
from pennywhistle.shop.payments.banking.rules import GATEWAY, REFERENCE_DIGITS, spell_reference
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from pennywhistle.shop.storefronts.rules import percent_text


@require_POST
@for_listeners
def order(request: HttpRequest) -> HttpResponseBase:
    """Write a slip for the amount that was chosen."""
    visit = visit_of(request)
    if get_outfit().bank is None:
        said = gettext("This shop takes no bank transfers at the moment.")
        return show_wallet(request, trouble=said)
    percent = visit.shop.prices.bonuses.get(GATEWAY)
    try:
        slip = order_transfer(
            slip_id=UUID(request.POST.get("top_up", "")),
            person_id=person_of(request),
            amount=Money.parse(request.POST.get("amount", ""), visit.currency),
            digits=new_digits(REFERENCE_DIGITS),
            bonus_percent=percent_text(percent) if percent else "",
            terms=TopUpTerms(voucher_class=settings.TOP_UP_CLASS),
            limits=limits_for(visit),
            now=visit.now,
        )
    except (PaymentError, MoneyError) as error:
        return show_wallet(request, chosen=GATEWAY, trouble=words_for(error))
    except ValueError:
        said = gettext("Load the page again, and try once more.")
        return show_wallet(request, chosen=GATEWAY, trouble=said)
    return go(f"/wallet/bank/{slip.id}/{query_of(request.POST)}")


@require_safe
@for_listeners
def slip(request: HttpRequest, slip_id: UUID) -> HttpResponseBase:
    """What to write on the transfer, to copy, to print, and to scan."""
    visit, account = visit_of(request), get_outfit().bank
    try:
        known = get_slip(slip_id=slip_id, person_id=person_of(request))
    except PaymentError:
        return go("/wallet/")
    if account is None:
        return go("/wallet/")
    arrived = tuple(one.amount for one in list_arrived(slip_id=slip_id))
    quote_id = quote_id_of(request.GET.get("for", ""))
    page = SlipPage(
        amount=known.amount,
        holder=account.holder,
        iban=" ".join(account.iban[at : at + 4] for at in range(0, len(account.iban), 4)),
        bic=account.bic,
        reference=spell_reference(reference=known.reference),
        code=Markup(draw_slip(slip=known, account=account)),  # noqa: S704 - drawn by us
        ends_at=known.ends_at,
        is_waited_for=not arrived and visit.now < known.ends_at,
        arrived=arrived,
        bonus_text=percent_in_words(known.bonus_percent),
        quote_id=str(quote_id) if quote_id else "",
    )
    return show(request, "slip", page, cache=PERSONAL)
