"""Where a visitor is: a header that lies must not move them into another country."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from pennywhistle.adapters.geo.country import country_of, is_local
from pennywhistle.doors.storefront.visitor import address_of
from pennywhistle.flows.gather_evidence import gather_evidence, with_card
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.territory import COUNTRIES
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.sales.phones import country_of_prefix, find_phone_prefix
from pennywhistle.shop.sales.rules import Evidence
from tests.cast import NOW, assemble

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


def test_the_beginning_of_a_telephone_number_speaks_and_the_number_is_not_kept() -> None:
    evidence = gather_evidence(
        address=AMERICAN,
        declared="DE",
        local_country="",
        phone_prefix=find_phone_prefix("+49 30 1"),
    )
    assert evidence[-1] == Evidence("phone", "DE", "+49")


@pytest.mark.parametrize(
    ("number", "prefix", "country"),
    [
        ("+49 30 1234567", "+49", "DE"),
        ("0049-30-123", "+49", "DE"),
        ("+353 1 234", "+353", "IE"),
        ("+358 9", "+358", "FI"),
        ("(+43) 1", "+43", "AT"),
        ("030 1234567", "", None),
        ("+1 212 555", "", None),
        ("+7 495 1", "", None),
        ("+٤٩ 30", "", None),
        ("hello", "", None),
        ("", "", None),
    ],
)
def test_a_number_tells_its_country_where_its_code_is_one_countrys(
    number: str, prefix: str, country: str | None
) -> None:
    assert find_phone_prefix(number) == prefix
    assert country_of_prefix(prefix) == country


@given(text=st.text(max_size=20))
def test_whatever_is_typed_tells_a_country_or_nothing(text: str) -> None:
    prefix = find_phone_prefix(text)
    country = country_of_prefix(prefix)
    assert (country in COUNTRIES) if prefix else (country is None)


def test_the_card_that_filled_the_wallet_last_speaks(db: None) -> None:
    cast = assemble()
    said = (Evidence("declared", "DE"),)
    assert with_card(evidence=said, person_id=cast.alice.pk) == said
    for number, country in enumerate(("FR", "DE", "")):
        TopUp.objects.create(
            id=new_id(now=NOW),
            person=cast.alice,
            amount_micros=5_000_000,
            currency="EUR",
            gateway="sandbox",
            state="succeeded",
            card_country=country,
            created_at=NOW,
            settled_at=NOW + timedelta(days=number),
        )
    (_, card) = with_card(evidence=said, person_id=cast.alice.pk)
    assert (card.kind, card.country) == ("card", "DE")
    assert with_card(evidence=(card,), person_id=cast.alice.pk) == (card,)
    assert with_card(evidence=said, person_id=cast.bob.pk) == said
