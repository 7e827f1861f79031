"""Move a voucher's worth into a wallet."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.payments import operations
from pennywhistle.shop.payments.operations import Redeemed
from pennywhistle.shop.storefronts.queries import get_storefront


def redeem_voucher(*, code: str, person_id: int, domain: str, now: datetime) -> Redeemed:
    """Redeem a code once, into the wallet of the storefront's currency; what it was worth.

    The same person may send it again: nothing moves twice. Transaction: one of its own. Raises `VoucherRefusedError`, and then nothing moved.
    """
    currency = get_storefront(domain=domain).currency
    return operations.redeem(code=code, person_id=person_id, wallet_currency=currency, now=now)
