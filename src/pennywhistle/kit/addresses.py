"""Internet addresses as servers tell them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# One subscriber of IPv6 has a /64 at least: https://www.rfc-editor.org/rfc/rfc6177
SUBSCRIBER_BITS = 64


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


def subscriber_of(text: str) -> str:
    """What stands for whoever is behind an address: it itself, of IPv6 its /64, since each may choose
    the rest of it anew for every call. What is no address stands for itself."""
    parsed = parse_address(text)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), SUBSCRIBER_BITS), strict=False))
    return text if parsed is None else str(parsed)
