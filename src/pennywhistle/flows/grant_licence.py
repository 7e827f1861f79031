"""Record a licence as its contract says, naming the repertoire by its public identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.catalogue.queries import (
    find_track_id_by_isrc,
    get_label_id,
    get_release_in_any_state,
)
from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.rules import (
    LicensingError,
    Repertoire,
    Right,
    TariffTerms,
    Use,
)

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class LicenceRequest:
    """A contract in words, as the command and the desk take it.

    `repertoire` is the label's name, the release's UPC or short name, or the track's ISRC, and empty
    for the whole catalogue. `rate` is a fraction or a percentage (`15/100`, `15%`). `territories`
    is read by `TerritorySet.parse`. `floor_per_track` is an amount in `currency`, or empty.
    """

    number: str
    licensor: str
    licensor_kind: str
    right: str
    repertoire_kind: str
    repertoire: str
    uses: tuple[str, ...]
    territories: str
    starts_at: datetime
    ends_at: datetime | None
    rate: str
    base: str
    floor_per_track: str
    currency: str
    document_reference: str
    tariff_code: str = ""
    tariff_version: int = 1


def grant_licence(*, request: LicenceRequest, granted_by: int | None, now: datetime) -> str:
    """Record the licence and return its number. Transaction: one of its own, in licensing.

    Raises `LicensingError`, `UnknownLabelError`, `UnknownReleaseError`, `UnknownTrackError`,
    `UnknownCountryError`; then nothing is recorded.
    """
    terms = operations.Grant(
        number=request.number.strip(),
        licensor=request.licensor.strip(),
        licensor_kind=request.licensor_kind,
        right=_word(Right, request.right, "right"),
        repertoire=_repertoire(request),
        uses=frozenset(_word(Use, use, "use") for use in request.uses),
        territories=TerritorySet.parse(request.territories),
        period=Period(request.starts_at, request.ends_at),
        tariff=_tariff(request),
        document_reference=request.document_reference.strip(),
    )
    return operations.grant(terms=terms, granted_by=granted_by, now=now).number


def parse_rate(text: str) -> Fraction:
    """`15%`, `15/100` or `0.15` as an exact share."""
    bare = text.strip()
    try:
        if bare.endswith("%"):
            return Fraction(bare.removesuffix("%").strip()) / 100
        return Fraction(bare)
    except (ValueError, ZeroDivisionError):
        raise LicensingError(f"{text!r} is not a rate; write 15% or 15/100") from None


def _repertoire(request: LicenceRequest) -> Repertoire:
    name = request.repertoire.strip()
    if request.repertoire_kind == "whole":
        return Repertoire("whole")
    if not name:
        raise LicensingError(f"say which {request.repertoire_kind} the licence speaks of")
    if request.repertoire_kind == "label":
        return Repertoire("label", get_label_id(name=name))
    if request.repertoire_kind == "release":
        return Repertoire("release", get_release_in_any_state(name=name).id)
    if request.repertoire_kind == "track":
        return Repertoire("track", find_track_id_by_isrc(isrc=name))
    raise LicensingError(
        f"the repertoire {request.repertoire_kind!r} is not whole, label, release or track"
    )


def _tariff(request: LicenceRequest) -> TariffTerms:
    floor = request.floor_per_track.strip()
    return TariffTerms(
        code=request.tariff_code.strip() or request.number.strip(),
        version=request.tariff_version,
        rate=parse_rate(request.rate),
        base=request.base,
        floor_per_track=Money.parse(floor, request.currency) if floor else None,
    )


def _word(kind: type[Word], text: str, what: str) -> Word:
    try:
        return kind(text.strip().upper())
    except ValueError:
        known = ", ".join(kind)
        raise LicensingError(f"the {what} {text!r} is not one of {known}") from None
