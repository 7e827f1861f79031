"""What speaks for the country of a buyer: their word, their address, their card, their telephone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import IPv4Network, IPv6Network

from pennywhistle.adapters.geo.country import country_of, is_local
from pennywhistle.kit.addresses import parse_address
from pennywhistle.shop.payments.top_ups.queries import find_card_country
from pennywhistle.shop.sales.phones import country_of_prefix
from pennywhistle.shop.sales.rules import Evidence

Networks = Collection[IPv4Network | IPv6Network]

# Proxies that one request may have come through.
PROXIES_MOST = 10


def visitor_address(*, nearest: str, forwarded_for: str, trusted: Networks) -> str:
    """A visitor's address: the nearest one that is not of a proxy which the operator trusts.

    `nearest` is who spoke to us, `forwarded_for` the header in which proxies say for whom.
    """
    address, forwarded = nearest, forwarded_for.split(",")[-PROXIES_MOST:]
    while forwarded and is_within(address=address, networks=trusted):
        address = forwarded.pop().strip() or address
    return address


def is_within(*, address: str, networks: Networks) -> bool:
    """Whether an address lies in one of `networks`; what is no address does not."""
    parsed = parse_address(address)
    return parsed is not None and any(parsed in network for network in networks)


def gather_evidence(
    *, address: str, declared: str, local_country: str, phone_prefix: str = ""
) -> list[Evidence]:
    """Evidence from a visitor's address, the country they declared and the beginning of their
    telephone number (any may be empty).

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
    if (country := country_of_prefix(phone_prefix)) is not None:
        evidence.append(Evidence("phone", country, phone_prefix))
    return evidence


def with_card(*, evidence: Sequence[Evidence], person_id: int) -> tuple[Evidence, ...]:
    """The evidence, and the country of the card that filled the wallet last, where it is known.

    One query, or none where the card is among the evidence already.
    """
    if any(piece.kind == "card" for piece in evidence):
        return tuple(evidence)
    country = find_card_country(person_id=person_id)
    return (
        (*evidence, Evidence("card", country, "of the newest top-up")) if country else (*evidence,)
    )
