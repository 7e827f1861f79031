"""Pay a licensor what the books owe: set it aside, and say what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties import payout_operations
from pennywhistle.shop.royalties.payout_terms import NotDueError
from pennywhistle.shop.royalties.payout_terms_queries import Standing, list_standings
from pennywhistle.shop.royalties.payouts import NothingToPayError, PayoutFacts

# Payouts of one run; the next one goes on.
DUE_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PaidOut:
    """What was set aside, and how many more are due."""

    made: tuple[PayoutFacts, ...]
    more_count: int


def pay_out(*, payout_id: UUID, licensor_name: str, currency: str, now: datetime) -> PayoutFacts:
    """Set aside everything that a licensor is owed in whole minor units; less than one is carried.

    The money is to be sent by hand, or by a file of payments. Running it again with the
    same id makes no second payout. Transaction: one of its own. Raises `UnknownLicensorError`,
    `NothingToPayError`.
    """
    licensor = get_licensor(name=licensor_name)
    return payout_operations.make_payout(
        payout_id=payout_id, licensor_id=licensor.id, currency=currency, now=now
    )


def pay_out_due(*, new_payout_id: Callable[[], UUID], now: datetime) -> PaidOut:
    """Set aside what every licensor is owed whose balance reaches their minimum, and whose schedule
    says now. Transaction: one for each; killed between them, the next run goes on.

    Who is paid by somebody else meanwhile is left out.
    """
    made = []
    due = [each for each in list_standings(now=now) if each.is_due]
    for standing in due[:DUE_AT_ONCE]:
        try:
            made.append(_pay_out_one(standing, new_payout_id(), now))
        except (NotDueError, NothingToPayError):
            continue
    return PaidOut(tuple(made), more_count=max(0, len(due) - DUE_AT_ONCE))


def _pay_out_one(standing: Standing, payout_id: UUID, now: datetime) -> PayoutFacts:
    return payout_operations.make_due_payout(
        payout_id=payout_id, licensor_id=standing.terms.licensor_id, now=now
    )


def end_payout(*, payout_id: UUID, is_paid: bool, now: datetime) -> PayoutFacts:
    """Say that a payout left the bank, or call it off: then it is owed again, as before.

    Transaction: one of its own. Raises `UnknownPayoutError`, and `PayoutError` where it ended the
    other way.
    """
    return payout_operations.end_payout(payout_id=payout_id, is_paid=is_paid, now=now)
