"""The counter: basket, till and purchase."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.storefront import baskets, carrying, choosing, naming, pages, tax_words
from pennywhistle.doors.storefront.answers import (
    PERSONAL,
    ask_to_sign_up,
    for_listeners,
    go,
    person_of,
    safe_path,
    show,
)
from pennywhistle.doors.storefront.shelves import chosen_recipe, recipe_title
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.words import reductions_in_words, words_for
from pennywhistle.flows.buy_basket import buy_basket, check_offer
from pennywhistle.flows.gather_evidence import with_card
from pennywhistle.flows.issue_paper import issue_receipt_or_leave_it
from pennywhistle.flows.prepare_downloads import prepare_downloads
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import MoneyError
from pennywhistle.shop.catalogue.queries import list_tracks
from pennywhistle.shop.payments.going_back.rules import WalletShutError
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.pricing.rules import PricingError
from pennywhistle.shop.sales.business import BusinessAbroadError
from pennywhistle.shop.sales.queries import QuoteFacts, get_quote
from pennywhistle.shop.sales.rules import (
    NotEnoughMoneyError,
    QuoteExpiredError,
    QuoteNotYoursError,
    SaleError,
    TerritoryUnknownError,
)
from pennywhistle.shop.sales.waiver import (
    WAIVER_TEXT,
    WaiverMissingError,
    check_waiver,
    needs_waiver,
)

BASKET = "/basket/"

# Digits of a number that a database may be asked for: below 2⁶³.
_DIGITS_MOST = 18


def basket(request: HttpRequest) -> HttpResponse:
    """What is in the basket, at today's prices; by POST, put something in."""
    if request.method == "POST":
        return _add(request)
    return _basket(request)


@require_safe
def _basket(request: HttpRequest) -> HttpResponse:
    return show(request, "basket", baskets.basket_page(visit_of(request)), cache=PERSONAL)


def _add(request: HttpRequest) -> HttpResponse:
    back = safe_path(request, request.POST.get("back", ""), otherwise=BASKET)
    item = _item(request)
    if not baskets.is_on_the_shelves(item):
        raise Http404(gettext("There is no such thing to put into a basket."))
    try:
        item = naming.at_named_price(visit_of(request), item, request.POST.get("named", ""))
    except (MoneyError, PricingError) as error:
        messages.error(request, words_for(error))
        return go(back)
    try:
        carrying.add(request, [item])
    except carrying.BasketFullError:
        messages.warning(request, gettext("The basket is full. Buy what is in it first."))
        return go(BASKET)
    messages.success(request, gettext("It is in your basket."))
    return go(back)


def _item(request: HttpRequest) -> BasketItem:
    kind, number = request.POST.get("kind", ""), request.POST.get("id", "")
    recipe = chosen_recipe(request.POST.get("recipe", ""))
    is_number = number.isdecimal() and len(number) <= _DIGITS_MOST
    if kind not in {"track", "release"} or not is_number or recipe is None:
        raise Http404(gettext("There is no such thing to put into a basket."))
    return BasketItem(kind, int(number), recipe.code)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take one thing out of the basket."""
    carrying.remove(request, _item(request))
    return go(BASKET)


@require_POST
def checkout(request: HttpRequest) -> HttpResponse:
    """Freeze an offer over the basket, and show it."""
    visit = visit_of(request)
    if visit.person_id is None:
        return ask_to_sign_up(BASKET)
    try:
        quote = quote_basket(
            quote_id=new_id(now=visit.now),
            person_id=visit.person_id,
            items=visit.basket,
            domain=visit.domain,
            evidence=with_card(evidence=visit.evidence, person_id=visit.person_id),
            now=visit.now,
            seller=visit.seller,
            currency=visit.shop.currency,
            promotion_code=visit.promotion_code,
        )
    except TerritoryUnknownError as error:
        messages.error(request, words_for(error))
        return go("/country/?back=/basket/")
    except BusinessAbroadError as error:
        return _ask_for_whom(request, error)
    except (SaleError, PricingError) as error:
        messages.error(request, words_for(error))
        return go(BASKET)
    return go(f"/checkout/{quote.id}/")


def _ask_for_whom(request: HttpRequest, error: BusinessAbroadError) -> HttpResponse:
    messages.error(request, words_for(error))
    return go(f"/business/?back={BASKET}")


@require_safe
@for_listeners
def offer(request: HttpRequest, quote_id: UUID) -> HttpResponseBase:
    """The frozen offer, the wallet, and the button that buys."""
    visit = visit_of(request)
    try:
        quote = get_quote(quote_id=quote_id, person_id=person_of(request))
        if quote.is_consumed:
            messages.info(request, gettext("You have bought this. It is in your library."))
            return go("/library/")
        check_offer(quote_id=quote_id, now=visit.now)
    except BusinessAbroadError as error:
        return _ask_for_whom(request, error)
    except (QuoteNotYoursError, QuoteExpiredError) as error:
        messages.error(request, words_for(error))
        return go(BASKET)
    return show(request, "checkout", _checkout_page(quote, person_of(request)), cache=PERSONAL)


def _checkout_page(quote: QuoteFacts, person_id: int) -> pages.CheckoutPage:
    balance = get_wallet_balance(person_id=person_id, currency=quote.total.currency)
    tracks = {t.id: t for t in list_tracks(track_ids={line.track_id for line in quote.lines})}
    is_asked = needs_waiver(territory=quote.territory)
    return pages.CheckoutPage(
        quote_id=str(quote.id),
        lines=tuple(
            TillLine(
                title=line.title,
                by=line.artist,
                recipe_title=recipe_title(line.recipe),
                size_bytes=line.size_bytes,
                size_is_exact=line.size_is_exact,
                price=line.gross,
                treatment=choosing.treatment_text(tracks[line.track_id], line.recipe),
                list_price=line.list_price if line.reductions else None,
                reductions=reductions_in_words(line.reductions),
            )
            for line in quote.lines
        ),
        total=quote.total,
        tax=quote.tax,
        tax_name=gettext("Tax in it"),
        country=quote.territory,
        expires_at=quote.expires_at,
        balance=balance,
        short_by=quote.total - balance if balance < quote.total else None,
        waiver_version=WAIVER_TEXT if is_asked else "",
        waiver=tax_words.waiver(WAIVER_TEXT) if is_asked else "",
    )


@require_POST
@for_listeners
def buy(request: HttpRequest) -> HttpResponseBase:
    """Buy what the offer says."""
    try:
        quote_id = UUID(request.POST.get("quote", ""))
    except ValueError:
        raise Http404(gettext("There is no such offer.")) from None
    visit, waiver_text = visit_of(request), request.POST.get("waiver", "")
    try:
        quote = get_quote(quote_id=quote_id, person_id=person_of(request))
        check_waiver(territory=quote.territory, waiver_text=waiver_text)
        purchase = buy_basket(
            quote_id=quote_id,
            person_id=person_of(request),
            now=visit.now,
            waiver_text=WAIVER_TEXT if needs_waiver(territory=quote.territory) else "",
        )
    except (NotEnoughMoneyError, WaiverMissingError) as error:
        messages.error(request, words_for(error))
        return go(f"/checkout/{quote_id}/")
    except BusinessAbroadError as error:
        return _ask_for_whom(request, error)
    except (SaleError, PricingError, WalletShutError) as error:
        messages.error(request, words_for(error))
        return go(BASKET)
    issue_receipt_or_leave_it(purchase_id=purchase.id, now=visit.now)
    prepare_downloads(purchase_id=purchase.id, person_id=person_of(request), now=visit.now)
    carrying.empty(request)
    return go(f"/receipt/{purchase.id}/?thanks")
