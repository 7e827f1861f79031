"""The territories of deals, in DDEX's words: `Worldwide`, ISO's countries, TIS's codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pennywhistle.kit import tis
from pennywhistle.kit.territory import (
    COUNTRIES,
    UnknownCountryError,
    check_territory,
    countries_in,
)

WORLDWIDE = "Worldwide"

# In DDEX's own list, and not assigned by ISO 3166-1: kept as read, and nothing is sold there.
_KOSOVO = "XK"
# A part of a country, such as ES-CN: who buys there cannot be told from the rest of the country.
_PART = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")


def is_territory(code: str) -> bool:
    """Whether a deal may name it."""
    if code in (WORLDWIDE, _KOSOVO):
        return True
    if (part := _PART.fullmatch(code)) is not None:
        return part[1] in COUNTRIES
    try:
        return check_territory(code) == code or code.isdecimal()
    except UnknownCountryError:
        return False


@cache
def countries_of(territories: tuple[str, ...]) -> frozenset[str]:
    """The countries that may be sold in where a deal holds in these: no part of a country, and none
    that is no more.
    """
    return frozenset(
        country
        for code in territories
        for country in (COUNTRIES if code == WORLDWIDE else _whole(code))
    )


def countries_left(excluded: Iterable[str]) -> frozenset[str]:
    """The countries that are left where these are excluded; a part takes its whole country away."""
    gone: set[str] = set()
    for code in excluded:
        if code == WORLDWIDE:
            return frozenset()
        if (part := _PART.fullmatch(code)) is not None:
            gone.add(part[1])
        elif code != _KOSOVO:
            gone |= tis.FORMER.get(check_territory(code), frozenset()) or countries_in(code)
    return COUNTRIES - gone


def _whole(code: str) -> frozenset[str]:
    return frozenset() if code == _KOSOVO or "-" in code else countries_in(code)
