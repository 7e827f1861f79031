"""Make a batch of voucher codes. The codes are told once; the store keeps their fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.codes import operations
from pennywhistle.shop.payments.codes.rules import check_batch
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.storefronts.queries import list_currencies

# The batch of vouchers that are made one by one, on many days.
BY_HAND = "by hand"

# Codes of one batch.
VOUCHERS_MOST = 10_000


def issue_vouchers(
    *,
    codes: Sequence[str],
    batch: str,
    amount: Money,
    now: datetime,
    expires_at: datetime | None = None,
    is_free: bool = False,
) -> None:
    """Keep `codes`, each worth `amount` once: sold, or given away where `is_free`. Running it again
    with the same ones changes nothing.

    Transaction: one of its own. Raises `PaymentError`.
    """
    if not 1 <= len(codes) <= VOUCHERS_MOST:
        raise PaymentError(f"a batch holds 1 to {VOUCHERS_MOST} vouchers, not {len(codes)}")
    if amount.micros <= 0 or not amount.is_whole_minor:
        raise PaymentError(f"a voucher is worth whole cents above zero, not {amount}")
    check_batch(currency=amount.currency, sold_in=list_currencies(), expires_at=expires_at, now=now)
    operations.store_vouchers(
        codes=codes,
        batch=batch,
        amount=amount,
        now=now,
        expires_at=expires_at,
        is_free=is_free,
    )
