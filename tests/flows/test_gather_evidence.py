"""Where a visitor is: a header that lies must not move them into another country."""

from __future__ import annotations

import ipaddress

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from pennywhistle.adapters.geo.country import country_of, is_local
from pennywhistle.doors.storefront.visitor import address_of
from pennywhistle.flows.gather_evidence import gather_evidence

# An address that the regional registry has given to a network in the United States.
AMERICAN = "8.8.8.8"


def said(*, address: str, declared: str = "", local_country: str = "") -> list[tuple[str, object]]:
    evidence = gather_evidence(address=address, declared=declared, local_country=local_country)
    return [(piece.kind, piece.country) for piece in evidence]


def test_a_public_address_speaks_beside_what_was_declared() -> None:
    assert said(address=AMERICAN) == [("ip", "US")]
    assert said(address=AMERICAN, declared="DE") == [("declared", "DE"), ("ip", "US")]


def test_an_address_in_ipv6_clothes_speaks_too() -> None:
    assert said(address=f"::ffff:{AMERICAN}") == [("ip", "US")]
    assert is_local("::ffff:127.0.0.1")


def test_the_shops_own_network_stands_for_its_country_until_something_is_declared() -> None:
    assert said(address="127.0.0.1", local_country="IE") == [("local-network", "IE")]
    assert said(address="10.1.2.3", local_country="IE", declared="FR") == [("declared", "FR")]
    assert said(address="127.0.0.1") == []


@pytest.mark.parametrize("address", ["", "unknown", "999.1.1.1", "<script>"])
def test_what_is_no_address_says_nothing(address: str) -> None:
    assert said(address=address) == []
    assert country_of(address) is None
    assert not is_local(address)


def request_from(address: str, forwarded: str = "") -> HttpRequest:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def test_a_stranger_is_not_believed_about_who_they_speak_for(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert address_of(request_from("203.0.113.9", AMERICAN)) == "203.0.113.9"
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]
    assert address_of(request_from("203.0.113.9", AMERICAN)) == "203.0.113.9"


def test_a_trusted_proxy_is_believed_up_to_the_first_stranger(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]
    assert address_of(request_from("10.0.0.1", AMERICAN)) == AMERICAN
    # What the visitor wrote into the header themselves stands left of what the proxy added.
    assert address_of(request_from("10.0.0.1", f"192.0.2.1, {AMERICAN}, 10.0.0.2")) == AMERICAN
    assert address_of(request_from("10.0.0.1")) == "10.0.0.1"
    assert address_of(request_from("::ffff:10.0.0.1", AMERICAN)) == AMERICAN
