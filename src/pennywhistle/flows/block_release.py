"""Record what a court or an authority has ordered not to be shown or sold, and lift it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.flows.grant_licence import parse_territories
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.shop.catalogue.queries import find_track_id_by_isrc, get_release_in_any_state
from pennywhistle.shop.licensing import block_operations
from pennywhistle.shop.licensing.blocks import Block
from pennywhistle.shop.licensing.rules import LicensingError


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """An order in words: of a release by its UPC or short name, or of a track by its ISRC, not both.

    Times keep the zone that they come in, as a licence's do; `starts_at` None is now.
    """

    reference: str
    authority: str
    reason: str
    territories: str
    release: str = ""
    isrc: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    closes_downloads: bool = False


def block_release(*, request: BlockRequest, recorded_by: int | None, now: datetime) -> None:
    """Record the order: from its start on nothing it names is shown, heard, quoted or sold there.

    Transaction: one of its own. Raises `LicensingError`, `UnknownReleaseError`, `UnknownTrackError`,
    `UnknownCountryError`; then nothing is recorded.
    """
    if bool(request.release.strip()) == bool(request.isrc.strip()):
        raise LicensingError("an order names a release or a track: say one of them")
    release_id = track_id = None
    if request.release.strip():
        release_id = get_release_in_any_state(name=request.release.strip()).id
    else:
        track_id = find_track_id_by_isrc(isrc=request.isrc.strip())
    block = Block(
        reference=request.reference.strip(),
        authority=request.authority.strip(),
        reason=" ".join(request.reason.split()),
        release_id=release_id,
        track_id=track_id,
        territories=parse_territories(request.territories),
        starts_at=LocalTime.of(request.starts_at).first_instant if request.starts_at else now,
        ends_at=LocalTime.of(request.ends_at).first_instant if request.ends_at else None,
        closes_downloads=request.closes_downloads,
    )
    block_operations.store_block(block=block, recorded_by=recorded_by, now=now)


def unblock_release(*, reference: str, reason: str, recorded_by: int | None, now: datetime) -> None:
    """Lift an order from now on. Transaction: one of its own.

    Raises `UnknownBlockError`, and `LicensingError` where it is lifted already.
    """
    block_operations.lift_block(
        reference=reference.strip(),
        reason=" ".join(reason.split()),
        recorded_by=recorded_by,
        now=now,
    )
