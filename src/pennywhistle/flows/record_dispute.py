"""Take in what a gateway says of a dispute: a cardholder's bank that takes a top-up back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import DisputeState
from pennywhistle.shop.payments.going_back.operations import DisputeNews
from pennywhistle.shop.payments.going_back.operations import record_dispute as keep_dispute
from pennywhistle.shop.payments.going_back.rules import DisputeStage, UnknownDisputeError
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import find_top_up, find_top_up_by_handle

# Letters of a gateway's reason that are kept.
REASON_LENGTH_MOST = 100


def record_dispute(*, dispute: DisputeState, gateway_name: str, now: datetime) -> None:
    """Keep where the dispute stands by now, and post what that costs; once, in any order.

    Royalties stay with the licensors: what was sold was sold, unless its lines are refunded too.
    Transaction: one of its own. Raises `UnknownDisputeError` for a charge that is none of ours.
    """
    top_up = _find_top_up(dispute, gateway_name)
    if top_up is None:
        raise UnknownDisputeError(
            f"{gateway_name} speaks of dispute {dispute.reference} over a charge that is no top-up "
            f"of this store ({dispute.charge_reference or dispute.charge_handle})"
        )
    news = DisputeNews(
        gateway=gateway_name,
        reference=dispute.reference,
        stage=DisputeStage(dispute.state),
        amount=dispute.amount,
        fee=dispute.fee,
        reason=dispute.reason[:REASON_LENGTH_MOST],
    )
    keep_dispute(top_up=top_up, news=news, now=now)


def _find_top_up(dispute: DisputeState, gateway_name: str) -> TopUp | None:
    found = find_top_up_by_handle(gateway=gateway_name, handle=dispute.charge_handle)
    if found is not None:
        return found
    try:
        top_up = find_top_up(top_up_id=UUID(dispute.charge_reference))
    except ValueError:
        return None
    return top_up if top_up is not None and top_up.gateway == gateway_name else None
