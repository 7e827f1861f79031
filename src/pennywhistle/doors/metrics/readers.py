"""Who may read the figures. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Networks = Collection[IPv4Network | IPv6Network]

# By which a proxy shows itself.
_FORWARDED_FOR = "x-forwarded-for"
_PROXY_HEADERS = (_FORWARDED_FOR, "forwarded", "x-real-ip", "via")
# Proxies that one request may have come through.
_PROXIES_MOST = 10


def may_read(
    *, peer: str, headers: Mapping[str, str], readers: Networks, trusted_proxies: Networks
) -> bool:
    """Whether a request comes from one of `readers`.

    `peer` is who holds the connection. Behind a trusted proxy it is whom that speaks for. What any
    other proxy hands on is refused: it would make every visitor a neighbour of the store.
    """
    forwarded = headers.get(_FORWARDED_FOR, "").split(",")[-_PROXIES_MOST:]
    if not _is_in(peer, trusted_proxies):
        return not any(name in headers for name in _PROXY_HEADERS) and _is_in(peer, readers)
    address = peer
    while forwarded and _is_in(address, trusted_proxies):
        address = forwarded.pop().strip() or address
    return _is_in(address, readers)


def _is_in(text: str, networks: Networks) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
