"""Look up a code that lowers prices, for who has typed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pennywhistle.shop.payments.codes.operations import claim_try, give_back_try
from pennywhistle.shop.payments.codes.tries import (
    TooManyTriesError,
    of_promotions,
    person_subject,
)
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.pricing.asked import is_promotion
from pennywhistle.shop.pricing.rules import PromotionRefusedError, fold_promotion_code


class TooManyPromotionsError(PaymentError):
    """A visitor who types one wrong promotion code after the other."""

    def __init__(self, *, minutes: int) -> None:
        self.minutes = minutes
        super().__init__(f"Too many codes were wrong. Try again in {minutes} minutes.")


def try_promotion(
    *,
    code: str,
    storefront_id: int,
    person_id: int | None,
    tried_from: Sequence[str],
    now: datetime,
    held: str = "",
) -> str:
    """The code as it is kept, where there is such a one here, whether or not it holds now. The one
    that is `held` already (as it is kept) is not tried again.

    Wrong codes are counted of the person, if they signed in, and of `tried_from` (subjects of
    `shop/payments/codes/tries.py`), as with vouchers but apart from those. Transactions: one that
    counts the try, one that takes a good try off again. Raises `PromotionRefusedError`, and
    `TooManyPromotionsError` for who has to wait.
    """
    folded = fold_promotion_code(code)
    if folded == held:
        return held
    people = [] if person_id is None else [person_subject(person_id=person_id)]
    subjects = [of_promotions(subject) for subject in (*people, *tried_from)]
    try:
        claim = claim_try(subjects=subjects, now=now)
    except TooManyTriesError as error:
        raise TooManyPromotionsError(minutes=error.minutes) from error
    if not is_promotion(storefront_id=storefront_id, code=folded):
        raise PromotionRefusedError(folded, "unknown")
    give_back_try(claim=claim)
    return folded
