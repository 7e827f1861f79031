"""Whether identifiers in a message are what they should be: told, since reading changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stdnum import ean, isrc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from pennywhistle.kit.release_messages import MessageRelease

_ICPN_LENGTHS = (12, 13, 14)


def identifier_warnings(releases: Iterable[MessageRelease]) -> Iterator[str]:
    """A line for each identifier that lacks or that is not valid."""
    for release in releases:
        said = f"release {(release.title or 'without a title')[:60]!r}"
        if release.icpn is None and release.grid is None:
            yield f"{said} has neither an ICPN nor a GRid"
        if release.icpn is not None and not is_icpn(release.icpn):
            yield f"{said}: {release.icpn[:40]!r} is not a valid ICPN (UPC, EAN)"
        if release.grid is not None and not is_grid(release.grid):
            yield f"{said}: {release.grid[:60]!r} is not a valid GRid"
        for track in release.tracks:
            name = f"track {(track.title or 'without a title')[:60]!r}"
            if track.isrc is None:
                yield f"{name} has no ISRC"
            elif not is_isrc(track.isrc):
                yield f"{name}: {track.isrc[:40]!r} is not a valid ISRC"


def is_icpn(text: str) -> bool:
    """12 to 14 digits with the right check digit. https://www.gs1.org/standards/id-keys/gtin"""
    return (
        len(text) in _ICPN_LENGTHS
        and text.isascii()
        and text.isdigit()
        and ean.calc_check_digit(text[:-1]) == text[-1]
    )


def is_isrc(text: str) -> bool:
    """Twelve characters, with or without hyphens. https://www.ifpi.org/isrc_handbook/"""
    try:
        isrc.validate(text)
    except ValidationError:
        return False
    return True


def is_grid(text: str) -> bool:
    """`A1`, ten of an issuer and a release's number and a check character by ISO 7064 Mod 37,36.

    https://www.ifpi.org/resource/grid/ — 18 letters and digits, hyphens apart.
    """
    compact = text.replace("-", "").upper()
    return re.fullmatch(r"A1[0-9A-Z]{16}", compact) is not None and mod_37_36.is_valid(compact)
