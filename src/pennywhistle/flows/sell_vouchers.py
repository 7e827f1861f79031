"""Tell that vouchers of a batch were sold: from then on the books owe them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pennywhistle.flows.issue_vouchers import BY_HAND, VOUCHERS_MOST
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.codes.operations import SOLD_AT_ONCE, mark_sold
from pennywhistle.shop.payments.rules import PaymentError

# A name may stand for several batches: at most so many vouchers are told at once, ten batches' worth.
ROUNDS_MOST = 10 * VOUCHERS_MOST // SOLD_AT_ONCE


def sell_vouchers(*, batch: str, now: datetime, codes: Sequence[str] = ()) -> list[Money]:
    """Book what the till took for every voucher of `batch` (or those of `codes` alone) that is not
    told as sold yet, was neither given away nor redeemed, and has not ended; what that is worth, by
    currency.

    Transactions: one for each `SOLD_AT_ONCE` vouchers; killed between them, the next call goes on.
    Raises `PaymentError` where there is none, and for those made by hand without their codes: they
    are of many days, and nobody sells them all at once.
    """
    if len(codes) > VOUCHERS_MOST:
        raise PaymentError(f"at most {VOUCHERS_MOST} codes at once, not {len(codes)}")
    if batch == BY_HAND and not codes:
        raise PaymentError(
            f"vouchers of the batch {BY_HAND!r} were made one by one: `voucher sold` takes their codes"
        )
    sold: dict[str, Money] = {}
    for _ in range(ROUNDS_MOST):
        worth = mark_sold(batch=batch, codes=codes, now=now)
        if worth is None:
            break
        sold[worth.currency] = sold.get(worth.currency, Money.zero(worth.currency)) + worth
    if not sold:
        raise PaymentError(
            f"no such voucher of a batch {batch!r} waits to be told as sold: see the desk's vouchers"
        )
    return [sold[currency] for currency in sorted(sold)]
