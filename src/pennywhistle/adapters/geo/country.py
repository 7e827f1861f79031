"""The country of an address, from the table in the `iptocc` wheel. No network.

The table is built from the regional registries' statistics:
https://github.com/roniemartinez/IPToCC
"""

from __future__ import annotations

import iptocc

from pennywhistle.kit.addresses import parse_address
from pennywhistle.kit.territory import COUNTRIES


def is_local(address: str) -> bool:
    """True for loopback and private addresses, which no country can be told of."""
    parsed = parse_address(address)
    return parsed is not None and (parsed.is_private or parsed.is_link_local)


def country_of(address: str) -> str | None:
    """ISO 3166-1 alpha-2, or None where the table does not say."""
    parsed = parse_address(address)
    code = iptocc.country_code(str(parsed)) if parsed is not None else None
    return code if code in COUNTRIES else None
