"""What the desk needs of the storefront that it is opened under."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.request import split_domain_port

from pennywhistle.shop.storefronts.queries import get_storefront
from pennywhistle.shop.storefronts.rules import NoStorefrontError


def name_of(request: HttpRequest) -> str:
    """The storefront's name; empty in a store that has none yet. One query."""
    try:
        return get_storefront(domain=domain_of(request)).name
    except NoStorefrontError:
        return ""


def currency_of(request: HttpRequest) -> str:
    """The storefront's currency; empty in a store that has none yet. One query."""
    try:
        return get_storefront(domain=domain_of(request)).currency
    except NoStorefrontError:
        return ""


def domain_of(request: HttpRequest) -> str:
    """The name under which the desk was opened."""
    return split_domain_port(request.get_host())[0]
