"""Writes of payouts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import hold_account, open_accounts, post
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.ledger.rules import NewAccount
from pennywhistle.shop.payments.rules import clearing_code
from pennywhistle.shop.royalties.models import Payout, PayoutEnd
from pennywhistle.shop.royalties.payout_queries import (
    find_last_made_at,
    find_payout,
    get_payout,
    sum_on_the_way,
)
from pennywhistle.shop.royalties.payout_terms import CURRENCY, NotDueError, is_due
from pennywhistle.shop.royalties.payout_terms_queries import find_terms
from pennywhistle.shop.royalties.payouts import (
    PAID_FROM,
    NothingToPayError,
    PayoutError,
    PayoutFacts,
    payable_now,
    payout_transfers,
)
from pennywhistle.shop.royalties.rules import payable_code


def make_payout(*, payout_id: UUID, licensor_id: int, currency: str, now: datetime) -> PayoutFacts:
    """Set aside what a licensor can be paid, once under each id. Transaction: one of its own.

    Made already under that id: that payout. Raises `NothingToPayError`.
    """
    return _make(payout_id, licensor_id, currency, now, check=None)


def make_due_payout(*, payout_id: UUID, licensor_id: int, now: datetime) -> PayoutFacts:
    """Set aside what a licensor is owed if minimum and schedule still say now, once under each id.

    Transaction: one of its own, in which whoever else pays that licensor waits. Raises `NotDueError`,
    `NothingToPayError`.
    """

    def check(amount: Money) -> None:
        terms = find_terms(licensor_id=licensor_id)
        last = find_last_made_at(licensor_id=licensor_id, currency=CURRENCY)
        if terms is None or not is_due(terms=terms, payable=amount, last_made_at=last, now=now):
            raise NotDueError("nothing is due: the minimum or the schedule does not say now")

    return _make(payout_id, licensor_id, CURRENCY, now, check=check)


def _make(
    payout_id: UUID,
    licensor_id: int,
    currency: str,
    now: datetime,
    *,
    check: Callable[[Money], None] | None,
) -> PayoutFacts:
    payable = payable_code(licensor_id=licensor_id, currency=currency)
    bank = clearing_code(gateway=PAID_FROM, currency=currency)
    with transaction.atomic():
        open_accounts(
            accounts=[
                NewAccount(payable, currency, "liability"),
                NewAccount(bank, currency, "asset"),
            ]
        )
        hold_account(code=payable)  # One payout of a licensor at a time.
        if (made := find_payout(payout_id=payout_id)) is not None:
            return made
        amount = payable_now(
            balance=get_balance(code=payable, currency=currency),
            on_the_way=sum_on_the_way(licensor_id=licensor_id, currency=currency),
        )
        if not amount:
            raise NothingToPayError(
                f"nothing can be paid in {currency}: what is owed is on its way already, or less "
                "than one whole unit, which is carried"
            )
        if check is not None:
            check(amount)
        Payout.objects.create(
            id=payout_id,
            licensor_id=licensor_id,
            amount_micros=amount.micros,
            currency=currency,
            made_at=now,
        )
        payout = get_payout(payout_id=payout_id)
        post(transfers=payout_transfers(payout=payout))
    return payout


def end_payout(*, payout_id: UUID, is_paid: bool, now: datetime) -> PayoutFacts:
    """Say that a payout left the bank, or call it off, so that it is owed again.

    Said again: nothing changes. Transaction: one of its own. Raises `UnknownPayoutError`, and
    `PayoutError` where it ended the other way.
    """
    with transaction.atomic():
        # Locked, so that the two ends never meet.
        Payout.objects.select_for_update(no_key=True).filter(pk=payout_id).first()
        payout = get_payout(payout_id=payout_id)
        if payout.ended_at is not None:
            if payout.is_paid != is_paid:
                ended = "paid" if payout.is_paid else "called off"
                raise PayoutError(
                    f"payout {payout_id} was {ended} on {payout.ended_at:%Y-%m-%d}: make another"
                )
            return payout
        PayoutEnd.objects.create(payout_id=payout_id, is_paid=is_paid, ended_at=now)
        payout = get_payout(payout_id=payout_id)
        post(transfers=payout_transfers(payout=payout))
    return payout
