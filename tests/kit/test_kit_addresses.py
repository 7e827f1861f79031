"""Addresses in whatever clothes."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.addresses import parse_address, subscriber_of


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_in_ipv6_clothes(address: object) -> None:
    assert parse_address(str(address)) == parse_address(f"::ffff:{address}") == address


def test_an_ipv6_address_stays_one() -> None:
    assert parse_address("2001:db8::1") == ip_address("2001:db8::1")


@pytest.mark.parametrize("text", ["", "shop", "192.0.2", "192.0.2.1:80", "[::1]"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


def test_all_addresses_of_one_subscriber_stand_for_one() -> None:
    mine = {subscriber_of("2001:db8:1:2::1"), subscriber_of("2001:db8:1:2:ffff::9")}
    assert mine == {"2001:db8:1:2::/64"}
    assert subscriber_of("2001:db8:1:3::1") not in mine
    assert subscriber_of("::ffff:192.0.2.1") == subscriber_of("192.0.2.1") == "192.0.2.1"
    assert subscriber_of("no address") == "no address"
