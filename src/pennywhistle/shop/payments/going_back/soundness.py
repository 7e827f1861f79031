"""Whether a dispute says only what it can say by now: for the recount. Pure."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.payments.going_back.rules import DisputeFacts, DisputeStage


def is_closed_too_early(*, facts: DisputeFacts) -> bool:
    """Whether a dispute has what only an end brings and none came, or an end and no time of it."""
    if facts.stage in (DisputeStage.WON, DisputeStage.LOST):
        return facts.closed_at is None
    brought = (facts.later_fee, facts.made_good, facts.bonus)
    return facts.closed_at is not None or any(amount.micros for amount in brought)


def is_forgiven_rightly(
    *, facts: DisputeFacts, forgiven_at: datetime | None, forgiven_by: int | None
) -> bool:
    """Whether a dispute was not forgiven, or by somebody, once it was lost with something short.

    Of two instants nothing is asked: the store's clock may have been set in between.
    """
    if forgiven_at is None or forgiven_by is None:
        return forgiven_at is None and forgiven_by is None
    was_lost = facts.stage is DisputeStage.LOST or facts.overturned_at is not None
    is_short = facts.repaid_at is None and facts.uncovered.micros > 0
    return was_lost and facts.closed_at is not None and is_short
