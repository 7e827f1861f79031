"""What a visitor says of prices: the price they name, the code they have, the currency they choose."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from pennywhistle.doors.storefront import carrying
from pennywhistle.doors.storefront.answers import go, safe_path
from pennywhistle.doors.storefront.shelves import buyer_of
from pennywhistle.doors.storefront.visitor import Visit, tries_from, visit_of
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.try_promotion import TooManyPromotionsError, try_promotion
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from pennywhistle.shop.pricing.baskets import open_basket, price_basket
from pennywhistle.shop.pricing.rules import (
    CODE_LETTERS_MOST,
    NamedOutOfRangeError,
    PromotionRefusedError,
)

BASKET = "/basket/"


def at_named_price(visit: Visit, item: BasketItem, typed: str) -> BasketItem:
    """The thing at the price that was typed for it; as it is where nothing was, or it is not named.

    Raises `MoneyError` for what is no amount, `NamedOutOfRangeError`.
    """
    if not typed.strip():
        return item
    contents = open_basket(items=[item])
    tracks = [track for held in contents.values() for track in held]
    basket = price_basket(
        contents=contents,
        buyer=buyer_of(visit, tracks),
        promotion=None,
        territory=visit.territory if visit.sells_here else None,
        instant=visit.now,
    )
    terms = next((priced.named for priced in basket.items), None)
    if terms is None:
        return item
    named = Money.parse(formats.typed_amount(typed), visit.shop.currency)
    if not (named.is_whole_minor and terms.least <= named <= terms.most):
        raise NamedOutOfRangeError(least=terms.least, most=terms.most)
    return replace(item, named=named)


@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """Keep a code that lowers prices, or forget it; the basket says what it does.

    One that is none is not kept, and counts against who goes on guessing.
    """
    typed, visit = request.POST.get("code", "")[:CODE_LETTERS_MOST], visit_of(request)
    if typed.strip():
        try:
            typed = try_promotion(
                code=typed,
                storefront_id=visit.shop.id,
                person_id=visit.person_id,
                tried_from=[tries_from(request)],
                now=visit.now,
                held=visit.promotion_code,
            )
        except (PromotionRefusedError, TooManyPromotionsError) as error:
            messages.error(request, words_for(error))
            return go(BASKET)
    carrying.give_code(request, typed)
    return go(BASKET)


@require_POST
def currency(request: HttpRequest) -> HttpResponse:
    """Keep the currency that prices are to be in, for who has no wallet yet."""
    back = safe_path(request, request.POST.get("back", ""), otherwise="/")
    chosen, visit = request.POST.get("currency", ""), visit_of(request)
    if visit.wallet_currency is not None:
        messages.warning(
            request,
            gettext("Your wallet holds %(currency)s, and prices are told in that.")
            % {"currency": visit.wallet_currency},
        )
    elif visit.shop.sells_in(chosen):
        carrying.choose_currency(request, chosen)
    return go(back)
