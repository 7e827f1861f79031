"""What speaks for the country of a buyer: what they declared, and where their address lies."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from pennywhistle.adapters.geo.country import country_of, is_local
from pennywhistle.shop.sales.rules import Evidence

# Proxies that one request may have come through.
PROXIES_MOST = 10


def visitor_address(
    *, nearest: str, forwarded_for: str, trusted: Sequence[IPv4Network | IPv6Network]
) -> str:
    """A visitor's address: the nearest one that is not of a proxy which the operator trusts.

    `nearest` is who spoke to us, `forwarded_for` the header in which proxies say for whom.
    """
    address, forwarded = nearest, forwarded_for.split(",")[-PROXIES_MOST:]
    while forwarded and _is_of(address, trusted):
        address = forwarded.pop().strip() or address
    return address


def _is_of(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def gather_evidence(*, address: str, declared: str, local_country: str) -> list[Evidence]:
    """Evidence from a visitor's address and from the country they declared (either may be empty).

    An address of the shop's own network lies in no table; the operator may say which country it
    stands for (`local_country`, empty for none). No query, no network.
    """
    evidence = []
    if declared:
        evidence.append(Evidence("declared", declared, "said by the buyer"))
    if is_local(address):
        if local_country and not declared:
            evidence.append(Evidence("local-network", local_country, "set by the operator"))
    elif (country := country_of(address)) is not None:
        evidence.append(Evidence("ip", country, address))
    return evidence
