"""The country of an address, from the table in the `iptocc` wheel. No network.

The table is built from the regional registries' statistics:
https://github.com/roniemartinez/IPToCC
"""

from __future__ import annotations

import ipaddress

import iptocc

from pennywhistle.kit.territory import COUNTRIES


def is_local(address: str) -> bool:
    """True for loopback and private addresses, which no country can be told of."""
    parsed = _parse(address)
    return parsed is not None and (parsed.is_private or parsed.is_link_local)


def country_of(address: str) -> str | None:
    """ISO 3166-1 alpha-2, or None where the table does not say."""
    parsed = _parse(address)
    code = iptocc.country_code(str(parsed)) if parsed is not None else None
    return code if code in COUNTRIES else None


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, out of its IPv6 clothes (`::ffff:192.0.2.1`) where it wears them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
