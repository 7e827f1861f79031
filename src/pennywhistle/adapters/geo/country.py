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
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_private or parsed.is_loopback or parsed.is_link_local


def country_of(address: str) -> str | None:
    """ISO 3166-1 alpha-2, or None where the table does not say."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    code = iptocc.country_code(address)
    return code if code in COUNTRIES else None
