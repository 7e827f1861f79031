"""Reads of orders to block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.blocks import Block, Blocks
from pennywhistle.shop.licensing.models import BlockOrder
from pennywhistle.shop.licensing.rules import TrackRef

# Orders that the desk and the command list.
BLOCKS_LISTED_MOST = 500


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """An order as it is listed: `target` names its release or track, `lift_reason` why it was lifted."""

    block: Block
    target: str
    recorded_at: datetime
    lift_reason: str


def get_blocks() -> Blocks:
    """Every order, lifted ones up to when they were. One query."""
    return Blocks(_block(row) for row in BlockOrder.objects.select_related("lift"))


def find_block(*, track: TrackRef, territory: str | None, instant: datetime) -> Block | None:
    """An order that holds of this track there and then. One query."""
    return get_blocks().find(track=track, territory=territory, instant=instant)


def list_blocks() -> list[BlockFacts]:
    """The newest orders. One query."""
    rows = BlockOrder.objects.select_related("lift", "release", "track").order_by("-id")
    return [
        BlockFacts(
            block=_block(row),
            target=str(row.release or row.track),
            recorded_at=row.recorded_at,
            lift_reason=row.lift.reason if hasattr(row, "lift") else "",
        )
        for row in rows[:BLOCKS_LISTED_MOST]
    ]


def _block(row: BlockOrder) -> Block:
    ends = [row.ends_at, row.lift.lifted_at if hasattr(row, "lift") else None]
    return Block(
        reference=row.reference,
        authority=row.authority,
        reason=row.reason,
        release_id=row.release_id,
        track_id=row.track_id,
        territories=TerritorySet.kept(
            written=row.territories_written,
            countries=row.territories,
            tables=row.territory_tables,
        ),
        starts_at=row.starts_at,
        ends_at=min((end for end in ends if end is not None), default=None),
        closes_downloads=row.closes_downloads,
    )
