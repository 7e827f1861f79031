"""What a visitor carries: a basket and a country in the session, a question in the address."""

from __future__ import annotations

from django.http import HttpRequest

from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.rules import fold_promotion_code

# Things in one basket. A release counts as one.
BASKET_MOST = 200

# Letters of one search.
QUERY_MOST = 200

_BASKET = "basket"
_COUNTRY = "country"
_PHONE = "phone"
_CURRENCY = "currency"
_PROMOTION = "promotion"


def query(request: HttpRequest) -> str:
    """What the visitor searches for: at most `QUERY_MOST` letters, none of them a control one."""
    text = request.GET.get("q", "")[:QUERY_MOST]
    return "".join(letter for letter in text if letter.isprintable()).strip()


class BasketFullError(Exception):
    """The basket holds `BASKET_MOST` things already."""


def basket(request: HttpRequest) -> tuple[BasketItem, ...]:
    """The basket's things in the order they were put in."""
    stored = request.session.get(_BASKET, [])
    return tuple(
        BasketItem(kind, int(number), recipe, Money(*named[0]) if named else None)
        for kind, number, recipe, *named in stored
    )


def add(request: HttpRequest, items: list[BasketItem]) -> None:
    """Put things in; what is in already stays once, at the price named last. Raises
    `BasketFullError`."""
    held = {item: item for item in basket(request)}
    for item in items:
        held.pop(item, None)
        held[item] = item
    if len(held) > BASKET_MOST:
        raise BasketFullError(f"a basket holds {BASKET_MOST} things")
    _store(request, tuple(held))


def remove(request: HttpRequest, item: BasketItem) -> None:
    """Take one thing out; what is not in there changes nothing."""
    _store(request, tuple(held for held in basket(request) if held != item))


def empty(request: HttpRequest) -> None:
    """Take everything out, and forget the code that went with it."""
    _store(request, ())
    give_code(request, "")


def _store(request: HttpRequest, items: tuple[BasketItem, ...]) -> None:
    request.session[_BASKET] = [
        [item.kind, item.id, item.recipe]
        + ([[item.named.micros, item.named.currency]] if item.named else [])
        for item in items
    ]


def promotion_code(request: HttpRequest) -> str:
    """The code that lowers prices, as the visitor gave it, or nothing."""
    return str(request.session.get(_PROMOTION, ""))


def give_code(request: HttpRequest, code: str) -> None:
    """Keep a code for this session; nothing to forget it."""
    request.session[_PROMOTION] = fold_promotion_code(code)


def currency(request: HttpRequest) -> str:
    """The currency that the visitor chose, or nothing."""
    return str(request.session.get(_CURRENCY, ""))


def choose_currency(request: HttpRequest, code: str) -> None:
    """Keep the currency for this session."""
    request.session[_CURRENCY] = code


def country(request: HttpRequest) -> str:
    """The country that the visitor said they are in, or nothing."""
    return str(request.session.get(_COUNTRY, ""))


def say_country(request: HttpRequest, code: str) -> None:
    """Keep the country for this session."""
    request.session[_COUNTRY] = code


def phone_prefix(request: HttpRequest) -> str:
    """The first digits of the visitor's telephone number, `+49`, or nothing."""
    return str(request.session.get(_PHONE, ""))


def say_phone_prefix(request: HttpRequest, prefix: str) -> None:
    """Keep them for this session; the rest of the number is kept nowhere."""
    request.session[_PHONE] = prefix
