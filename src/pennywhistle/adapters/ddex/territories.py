"""The territories of deals: as a message writes them, and what is left where it excludes some."""

from __future__ import annotations

from lxml import etree

from pennywhistle.adapters.ddex.xml import refused, text_of
from pennywhistle.kit.deal_territories import countries_left, is_territory


def read_territories(terms: etree._Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where a deal holds, and what it excludes. Where it only excludes, all other countries hold."""
    listed = _codes(terms, "TerritoryCode")
    excluded = _codes(terms, "ExcludedTerritoryCode")
    if listed and excluded:
        raise refused(terms, "a deal says where it holds or where it does not, and not both")
    return (tuple(sorted(countries_left(excluded))) if excluded else listed), excluded


def _codes(terms: etree._Element, name: str) -> tuple[str, ...]:
    found = terms.findall(name)
    for node in found:
        text = text_of(node)
        if not is_territory(text):
            raise refused(node, f"{name} {text[:40]!r} is no territory")
    return tuple(dict.fromkeys(map(text_of, found)))
