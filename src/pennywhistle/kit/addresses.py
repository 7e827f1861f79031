"""Internet addresses as servers tell them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, or None for what is none. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`), as
    servers that listen on both tell it, is what it is inside.
    """
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
