"""Move the worth of a voucher or a gift into a wallet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from pennywhistle.shop.payments.codes import operations
from pennywhistle.shop.payments.codes.operations import Redeemed
from pennywhistle.shop.payments.codes.rules import UnknownCodeError
from pennywhistle.shop.payments.codes.tries import person_subject
from pennywhistle.shop.payments.queries import find_wallet_currency
from pennywhistle.shop.storefronts.queries import get_shopfront

# Doors take what came of it from here.
__all__ = ["CODE_LETTERS_MOST", "Redeemed", "redeem_voucher"]

# A code is sixteen letters and digits with signs between them; what is longer is none.
CODE_LETTERS_MOST = 64


def redeem_voucher(
    *, code: str, person_id: int, domain: str, now: datetime, tried_from: Sequence[str] = ()
) -> Redeemed:
    """Redeem a code once, into the person's wallet; who has none yet gets one in the currency of the
    code, if the storefront sells in it.

    The same person may send it again: nothing moves twice. Wrong codes are counted of the person,
    and of `tried_from` (subjects of `tries.py`). Transactions: one that counts the try, one that
    redeems, one that takes a good try off again. Raises `VoucherRefusedError`, `TooManyTriesError`,
    and then nothing moved.
    """
    wallet = find_wallet_currency(person_id=person_id)
    shop = get_shopfront(domain=domain, now=now)
    accepted = (wallet,) if wallet else shop.currencies
    subjects = [person_subject(person_id=person_id), *tried_from]
    claim = operations.claim_try(subjects=subjects, now=now)
    is_known = True
    try:
        return _redeem(code[:CODE_LETTERS_MOST], person_id, accepted, now)
    except UnknownCodeError:
        is_known = False
        raise
    finally:
        if is_known:
            operations.give_back_try(claim=claim)


def _redeem(code: str, person_id: int, accepted: Collection[str], now: datetime) -> Redeemed:
    try:
        return operations.redeem(code=code, person_id=person_id, accepted=accepted, now=now)
    except UnknownCodeError:
        return operations.redeem_gift(code=code, person_id=person_id, accepted=accepted, now=now)
