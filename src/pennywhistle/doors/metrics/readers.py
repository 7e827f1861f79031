"""Who may read the figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pennywhistle.flows.gather_evidence import Networks, is_within, visitor_address

# By which a proxy shows itself.
_FORWARDED_FOR = "x-forwarded-for"
_PROXY_HEADERS = (_FORWARDED_FOR, "forwarded", "x-real-ip", "via")


def may_read(
    *, peer: str, headers: Mapping[str, str], readers: Networks, trusted_proxies: Networks
) -> bool:
    """Whether a request comes from one of `readers`.

    `peer` is who holds the connection. Behind a trusted proxy it is whom that speaks for. What any
    other proxy hands on is refused: it would make every visitor a neighbour of the store.
    """
    if not is_within(address=peer, networks=trusted_proxies):
        is_reader = is_within(address=peer, networks=readers)
        return is_reader and not any(name in headers for name in _PROXY_HEADERS)
    address = visitor_address(
        nearest=peer, forwarded_for=headers.get(_FORWARDED_FOR, ""), trusted=trusted_proxies
    )
    return is_within(address=address, networks=readers)
