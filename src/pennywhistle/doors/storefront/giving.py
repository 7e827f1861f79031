"""Gifts: bought out of the wallet, shown with their codes, printed, taken back."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.giving_pages import GiftPage, GiftRow, GiftsPage
from pennywhistle.doors.storefront.purse import limits_for
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.give_gift import give_gift, show_gift_code, take_back_gift
from pennywhistle.flows.print_cards import CardSheet, PrintedCard, print_cards
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.look import formats
from pennywhistle.shop.payments.codes.queries import get_gift, list_gifts
from pennywhistle.shop.payments.codes.rules import GiftFacts
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.rules import PaymentError


@require_http_methods(["GET", "HEAD", "POST"])
@for_listeners
def gifts(request: HttpRequest) -> HttpResponseBase:
    """Buy a gift; the gifts bought so far."""
    if request.method != "POST":
        return _show_gifts(request)
    visit = visit_of(request)
    try:
        gift = give_gift(
            gift_id=UUID(request.POST.get("gift", "")),
            buyer_id=person_of(request),
            amount=Money.parse(request.POST.get("amount", ""), visit.currency),
            greeting=request.POST.get("greeting", ""),
            secret=settings.SECRET_KEY,
            limits=limits_for(visit),
            now=visit.now,
        )
    except (PaymentError, MoneyError) as error:
        return _show_gifts(request, trouble=words_for(error))
    except ValueError:
        return _show_gifts(request, trouble=gettext("Load the page again, and try once more."))
    return go(_url(gift))


def _show_gifts(request: HttpRequest, *, trouble: str = "") -> HttpResponseBase:
    visit, person_id = visit_of(request), person_of(request)
    page = GiftsPage(
        balance=get_wallet_balance(person_id=person_id, currency=visit.currency),
        amounts=limits_for(visit).suggested,
        gift_id=str(new_id(now=visit.now)),
        gifts=tuple(
            GiftRow(_url(gift), gift.bought_at, gift.amount, gift.greeting, _state(gift))
            for gift in list_gifts(buyer_id=person_id)
        ),
        greeting=request.POST.get("greeting", ""),
        trouble=trouble,
    )
    return show(request, "gifts", page, cache=PERSONAL, status=422 if trouble else 200)


@require_safe
@for_listeners
def gift(request: HttpRequest, gift_id: UUID) -> HttpResponseBase:
    """One gift with its code, while that is worth something."""
    facts = _gift_of(request, gift_id)
    page = GiftPage(
        id=facts.id,
        amount=facts.amount,
        greeting=facts.greeting,
        state=_state(facts),
        code=show_gift_code(gift=facts, secret=settings.SECRET_KEY) if facts.is_open else "",
        address=request.build_absolute_uri("/wallet/"),
        at=facts.bought_at,
        ended_at=facts.redeemed_at or facts.taken_back_at,
    )
    return show(request, "gift", page, cache=PERSONAL)


@require_safe
@for_listeners
def card(request: HttpRequest, gift_id: UUID) -> HttpResponseBase:
    """The gift as a card to print."""
    facts = _gift_of(request, gift_id)
    code = show_gift_code(gift=facts, secret=settings.SECRET_KEY) if facts.is_open else ""
    if not code:
        return go(_url(facts))
    address = request.build_absolute_uri("/wallet/")
    drawn = PrintedCard(
        shop=visit_of(request).shop.name,
        worth=formats.money(facts.amount),
        code=code,
        address=f"{address}?code={code}",
        notes=(gettext("Redeem it at %(address)s") % {"address": address},),
        greeting=facts.greeting,
    )
    sheet = CardSheet(gettext("A gift"), (drawn,), get_language() or "en", facts.bought_at)
    response = HttpResponse(print_cards(sheet=sheet), content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=False, filename=f"{gettext('gift')}.pdf") or ""
    )
    response.headers["Cache-Control"] = PERSONAL
    return response


@require_POST
@for_listeners
def take_back(request: HttpRequest, gift_id: UUID) -> HttpResponseBase:
    """Put a gift that nobody has redeemed back into the wallet."""
    try:
        facts = take_back_gift(
            gift_id=gift_id, buyer_id=person_of(request), now=visit_of(request).now
        )
    except PaymentError as error:
        messages.warning(request, words_for(error))
        return go("/gifts/")
    worth = formats.money(facts.amount)
    messages.success(request, gettext("%(worth)s is back in your wallet.") % {"worth": worth})
    return go("/gifts/")


def _gift_of(request: HttpRequest, gift_id: UUID) -> GiftFacts:
    try:
        return get_gift(gift_id=gift_id, buyer_id=person_of(request))
    except PaymentError:
        raise Http404 from None


def _url(facts: GiftFacts) -> str:
    return f"/gifts/{facts.id}/"


def _state(facts: GiftFacts) -> str:
    if facts.redeemed_at is not None:
        return "redeemed"
    return "open" if facts.is_open else "taken-back"
