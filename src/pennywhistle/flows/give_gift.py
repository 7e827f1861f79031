"""Buy a gift out of a wallet, show its code again, take it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pennywhistle.kit.lines import clean_line
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import OverdrawnError
from pennywhistle.shop.payments.codes import operations
from pennywhistle.shop.payments.codes.rules import (
    GiftFacts,
    GiftRefusedError,
    code_sha256,
    gift_code,
)
from pennywhistle.shop.payments.top_ups.rules import TopUpLimits, limits_of


def give_gift(
    *,
    gift_id: UUID,
    buyer_id: int,
    amount: Money,
    greeting: str,
    secret: str,
    now: datetime,
    limits: TopUpLimits | None = None,
) -> GiftFacts:
    """Buy a gift of `amount`, once under that id. Its code is made of the id and `secret`; `limits`
    are those usual for the currency, unless told.

    Transaction: one of its own. Raises `GiftRefusedError`, `WalletShutError`.
    """
    try:
        return operations.buy_gift(
            gift_id=gift_id,
            code=gift_code(gift_id=str(gift_id), secret=secret),
            buyer_id=buyer_id,
            amount=amount,
            greeting=clean_line(greeting),
            limits=limits or limits_of(currency=amount.currency),
            now=now,
        )
    except OverdrawnError as error:
        raise GiftRefusedError(
            "Your wallet does not hold that much. Top it up, or give less."
        ) from error


def show_gift_code(*, gift: GiftFacts, secret: str) -> str:
    """A gift's code, for its buyer; empty where the store's secret has changed since, and nobody can
    tell it any more. Writes nothing."""
    code = gift_code(gift_id=gift.id, secret=secret)
    return code if code_sha256(code) == gift.code_sha256 else ""


def take_back_gift(*, gift_id: UUID, buyer_id: int, now: datetime) -> GiftFacts:
    """Put a gift that nobody has redeemed back into its buyer's wallet; again, nothing changes.

    Transaction: one of its own. Raises `UnknownGiftError`, `GiftRefusedError`.
    """
    return operations.take_back_gift(gift_id=gift_id, buyer_id=buyer_id, now=now)
