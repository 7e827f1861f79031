"""Pay a licensor what the books owe: set it aside, and say what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties import payout_operations
from pennywhistle.shop.royalties.payouts import PayoutFacts


def pay_out(*, payout_id: UUID, licensor_name: str, currency: str, now: datetime) -> PayoutFacts:
    """Set aside everything that a licensor is owed in whole minor units; less than one is carried.

    The money is to be sent by hand, or by what reads the list of payouts. Running it again with the
    same id makes no second payout. Transaction: one of its own. Raises `UnknownLicensorError`,
    `NothingToPayError`.
    """
    licensor = get_licensor(name=licensor_name)
    return payout_operations.make_payout(
        payout_id=payout_id, licensor_id=licensor.id, currency=currency, now=now
    )


def end_payout(*, payout_id: UUID, is_paid: bool, now: datetime) -> PayoutFacts:
    """Say that a payout left the bank, or call it off: then it is owed again, as before.

    Transaction: one of its own. Raises `UnknownPayoutError`, and `PayoutError` where it ended the
    other way.
    """
    return payout_operations.end_payout(payout_id=payout_id, is_paid=is_paid, now=now)
