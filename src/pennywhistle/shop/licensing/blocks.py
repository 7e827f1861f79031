"""What a court or an authority has ordered not to be shown or sold somewhere, for some time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.rules import LicensingError, TrackRef

REFERENCE_LETTERS_MOST = 80


class UnknownBlockError(LicensingError):
    """No order of that reference."""


@dataclass(frozen=True, slots=True)
class Block:
    """An order. `[starts_at, ends_at)`, None until it is lifted; of one release or of one track.

    `closes_downloads` is whether what was bought may not be downloaded there any more either.
    """

    reference: str
    authority: str
    reason: str
    release_id: int | None
    track_id: int | None
    territories: TerritorySet
    starts_at: datetime
    ends_at: datetime | None
    closes_downloads: bool = False

    def holds(self, *, territory: str | None, instant: datetime) -> bool:
        """True there and then; where the country cannot be told, if it is ordered everywhere."""
        is_there = territory in self.territories if territory else not self.territories.missing
        return (
            is_there
            and self.starts_at <= instant
            and (self.ends_at is None or instant < self.ends_at)
        )


class Blocks:
    """Orders, by what they speak of."""

    def __init__(self, orders: Iterable[Block] = ()) -> None:
        self._of: dict[tuple[str, int | None], list[Block]] = defaultdict(list)
        for order in sorted(orders, key=lambda one: one.reference):
            kind = "track" if order.track_id is not None else "release"
            self._of[kind, order.track_id or order.release_id].append(order)

    def find(self, *, track: TrackRef, territory: str | None, instant: datetime) -> Block | None:
        """An order that holds of this track there and then: of its release first."""
        if not self._of:
            return None
        for key in (("release", track.release_id), ("track", track.track_id)):
            for order in self._of.get(key, ()):
                if order.holds(territory=territory, instant=instant):
                    return order
        return None
