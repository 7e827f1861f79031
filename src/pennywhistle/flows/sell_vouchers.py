"""Tell that vouchers of a batch were sold: from then on the books owe them."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.flows.issue_vouchers import VOUCHERS_MOST
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.codes.operations import SOLD_AT_ONCE, mark_sold
from pennywhistle.shop.payments.rules import PaymentError

# A name may stand for several batches: at most so many vouchers are told at once, ten batches' worth.
ROUNDS_MOST = 10 * VOUCHERS_MOST // SOLD_AT_ONCE


def sell_vouchers(*, batch: str, now: datetime) -> list[Money]:
    """Book what the till took for every voucher of `batch` that is not told as sold yet, and was
    neither given away nor redeemed; what that is worth, by currency.

    Transactions: one for each `SOLD_AT_ONCE` vouchers; killed between them, the next call goes on.
    Raises `PaymentError` where there is none.
    """
    sold: dict[str, Money] = {}
    for _ in range(ROUNDS_MOST):
        worth = mark_sold(batch=batch, now=now)
        if worth is None:
            break
        sold[worth.currency] = sold.get(worth.currency, Money.zero(worth.currency)) + worth
    if not sold:
        raise PaymentError(
            f"no voucher of a batch {batch!r} waits to be told as sold: see the desk's vouchers"
        )
    return [sold[currency] for currency in sorted(sold)]
