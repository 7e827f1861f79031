"""Record a licence as its contract says, naming the repertoire by its public identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from pennywhistle.flows.find_unpaid_sales import find_unpaid_sales
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet, UnknownCountryError
from pennywhistle.shop.catalogue.queries import (
    find_track_id_by_isrc,
    get_label_id,
    get_release_in_any_state,
)
from pennywhistle.shop.licensing import operations
from pennywhistle.shop.licensing.rules import (
    PREVIEW_SECONDS,
    PREVIEW_SECONDS_MOST,
    Basis,
    Footing,
    LicensingError,
    Payer,
    Repertoire,
    Right,
    TariffTerms,
    Use,
    check_preview,
)

# How a preview of all of a track is written.
WHOLE = "whole"

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class LicenceRequest:
    """A contract in words, as the command and the desk take it.

    `repertoire` is the label's name, the release's UPC or short name, or the track's ISRC, and empty
    for the whole catalogue. `rate` is a fraction or a percentage (`15/100`, `15%`). `territories`
    is read by `TerritorySet.parse`. `starts_at` and `ends_at` keep the zone that they come in, such as
    `ZoneInfo("Europe/Berlin")`, and mean the first instant at which clocks there show them.
    `basis`, `deed`, `evidence` and `mechanical_by` are `Footing`'s in words.
    `preview_seconds` is a number or `whole`. `floor_per_track` is an amount in `currency`, or empty.
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
    preview_seconds: str = str(PREVIEW_SECONDS)
    basis: str = Basis.CONTRACT.value
    deed: str = ""
    evidence: str = ""
    mechanical_by: str = Payer.STORE.value


@dataclass(frozen=True, slots=True)
class GrantedLicence:
    """What was recorded, and remarks for whoever asked: a licensor not met before, sales unpaid."""

    number: str
    remarks: tuple[str, ...] = ()


def grant_licence(
    *, request: LicenceRequest, granted_by: int | None, now: datetime
) -> GrantedLicence:
    """Record the licence. Transaction: one of its own, in licensing.

    Raises `LicensingError`, `UnknownLabelError`, `UnknownReleaseError`, `UnknownTrackError`,
    `UnknownCountryError`; then nothing is recorded.
    """
    starts, ends = _period(request)
    terms = operations.Grant(
        number=request.number.strip(),
        licensor=request.licensor.strip(),
        licensor_kind=request.licensor_kind,
        right=_word(Right, request.right, "right"),
        repertoire=_repertoire(request),
        uses=frozenset(_word(Use, use, "use") for use in request.uses),
        territories=parse_territories(request.territories),
        starts=starts,
        ends=ends,
        tariff=_tariff(request),
        document_reference=request.document_reference.strip(),
        preview_seconds=parse_preview(request.preview_seconds),
        footing=_footing(request),
    )
    granted = operations.grant(terms=terms, granted_by=granted_by, now=now)
    unpaid = find_unpaid_sales(licence_number=granted.licence.number, now=now)
    remarks = (*_on_the_licensor(terms.licensor, granted), *map(str, unpaid))
    return GrantedLicence(granted.licence.number, remarks)


def parse_rate(text: str) -> Fraction:
    """`15%`, `15/100` or `0.15` as an exact share."""
    bare = text.strip()
    try:
        if bare.endswith("%"):
            return Fraction(bare.removesuffix("%").strip()) / 100
        return Fraction(bare)
    except (ValueError, ZeroDivisionError):
        raise LicensingError(f"{text!r} is not a rate; write 15% or 15/100") from None


def parse_preview(text: str) -> int | None:
    """`30` as seconds, `whole` as None. Raises `LicensingError` for anything else."""
    bare = text.strip().lower()
    if bare == WHOLE:
        return None
    if not (bare.isascii() and bare.isdecimal() and len(bare) <= len(str(PREVIEW_SECONDS_MOST))):
        raise LicensingError(f"the preview {text!r} is not a length; write seconds or {WHOLE}")
    check_preview(int(bare))
    return int(bare)


def _on_the_licensor(name: str, granted: operations.Granted) -> tuple[str, ...]:
    if not granted.is_new_licensor:
        return ()
    known = f"; {granted.similar} is on file as another" if granted.similar else ""
    return (f"{name} is new here: a licensor of its own, with statements of its own{known}",)


def parse_territories(text: str) -> TerritorySet:
    """As `TerritorySet.parse`. Raises `UnknownCountryError`, and `LicensingError` for what is no set."""
    try:
        return TerritorySet.parse(text)
    except UnknownCountryError:
        raise
    except ValueError as error:
        raise LicensingError(
            f"the territories {text!r}: {error}; write worldwide, DE,AT, all-but FR,JP or 2EU but CH"
        ) from None


def _period(request: LicenceRequest) -> tuple[LocalTime, LocalTime | None]:
    starts = LocalTime.of(request.starts_at)
    if request.ends_at is None:
        return starts, None
    ends = LocalTime.of(request.ends_at)
    if ends.zone != starts.zone:
        raise LicensingError(
            f"a licence has one time zone, and not {starts.zone} and {ends.zone}: write both times in it"
        )
    if ends.first_instant <= starts.first_instant:
        raise LicensingError(f"a licence ends after it starts, and not at {ends}, from {starts}")
    return starts, ends


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


def _footing(request: LicenceRequest) -> Footing:
    try:
        basis, payer = Basis(request.basis.strip()), Payer(request.mechanical_by.strip())
    except ValueError as error:
        known = ", ".join([*Basis, *Payer])
        raise LicensingError(f"{error}; there are {known}") from None
    return Footing(basis, request.deed.strip().upper(), request.evidence.strip(), payer)


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
