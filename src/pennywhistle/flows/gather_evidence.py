"""What speaks for the country of a buyer: what they declared, and where their address lies."""

from __future__ import annotations

from pennywhistle.adapters.geo.country import country_of, is_local
from pennywhistle.shop.sales.rules import Evidence


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
