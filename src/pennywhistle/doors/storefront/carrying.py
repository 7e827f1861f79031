"""What a visitor carries: a basket and a country in the session, a question in the address."""

from __future__ import annotations

from django.http import HttpRequest

from pennywhistle.flows.quote_basket import BasketItem

# Things in one basket. A release counts as one.
BASKET_MOST = 200

# Letters of one search.
QUERY_MOST = 200

_BASKET = "basket"
_COUNTRY = "country"


def query(request: HttpRequest) -> str:
    """What the visitor searches for: at most `QUERY_MOST` letters, none of them a control one."""
    text = request.GET.get("q", "")[:QUERY_MOST]
    return "".join(letter for letter in text if letter.isprintable()).strip()


class BasketFullError(Exception):
    """The basket holds `BASKET_MOST` things already."""


def basket(request: HttpRequest) -> tuple[BasketItem, ...]:
    """The basket's things in the order they were put in."""
    stored = request.session.get(_BASKET, [])
    return tuple(BasketItem(kind, int(number), recipe) for kind, number, recipe in stored)


def add(request: HttpRequest, items: list[BasketItem]) -> None:
    """Put things in; what is in already stays once. Raises `BasketFullError`."""
    held = dict.fromkeys((*basket(request), *items))
    if len(held) > BASKET_MOST:
        raise BasketFullError(f"a basket holds {BASKET_MOST} things")
    _store(request, tuple(held))


def remove(request: HttpRequest, item: BasketItem) -> None:
    """Take one thing out; what is not in there changes nothing."""
    _store(request, tuple(held for held in basket(request) if held != item))


def empty(request: HttpRequest) -> None:
    """Take everything out."""
    _store(request, ())


def _store(request: HttpRequest, items: tuple[BasketItem, ...]) -> None:
    request.session[_BASKET] = [[item.kind, item.id, item.recipe] for item in items]


def country(request: HttpRequest) -> str:
    """The country that the visitor said they are in, or nothing."""
    return str(request.session.get(_COUNTRY, ""))


def say_country(request: HttpRequest, code: str) -> None:
    """Keep the country for this session."""
    request.session[_COUNTRY] = code
