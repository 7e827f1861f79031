"""Let a listener buy again whose lost dispute left the store short."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.payments.going_back import operations
from pennywhistle.shop.payments.going_back.queries import get_dispute
from pennywhistle.shop.payments.going_back.rules import DisputeStage, PayBackError


def forgive_shortage(*, dispute_id: int, forgiven_by: int, now: datetime) -> None:
    """Open the wallet again; the loss is in the books already. Forgiven already: nothing changes.

    Transaction: one update. Raises `UnknownDisputeError`, and `PayBackError` while the dispute is
    open: its end is not known yet.
    """
    dispute = get_dispute(dispute_id=dispute_id)
    if dispute.facts.stage is DisputeStage.OPEN:
        raise PayBackError("This dispute is open still: wait for its end, then let them buy again.")
    operations.forgive_shortage(dispute_id=dispute_id, forgiven_by=forgiven_by, now=now)
