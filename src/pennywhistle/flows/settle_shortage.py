"""Make good, out of the wallet, what a top-up that went back has left short."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import OverdrawnError
from pennywhistle.shop.payments.going_back.operations import repay_shortages
from pennywhistle.shop.payments.going_back.queries import get_shortage
from pennywhistle.shop.payments.going_back.rules import PayBackError


def settle_shortage(*, person_id: int, currency: str, now: datetime) -> Money:
    """Take what is missing out of the wallet, at its listener's word, so that it is open again; how
    much. Settled already: nothing, and nothing changes.

    Transaction: one of its own. Raises `PayBackError` where the wallet does not hold that much, or a
    dispute has not ended yet.
    """
    try:
        repaid = repay_shortages(person_id=person_id, currency=currency, now=now)
    except OverdrawnError as error:
        raise PayBackError("Your wallet does not hold that much yet. Top it up first.") from error
    if not repaid and get_shortage(person_id=person_id, currency=currency):
        raise PayBackError("Your bank has not decided yet. This waits until it has.")
    return repaid
