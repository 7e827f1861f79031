"""Look up a code that lowers prices, for who has typed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pennywhistle.shop.payments.codes.operations import claim_try, give_back_try
from pennywhistle.shop.payments.codes.tries import of_promotions, person_subject
from pennywhistle.shop.pricing.asked import is_promotion
from pennywhistle.shop.pricing.rules import PromotionRefusedError, fold_promotion_code


def try_promotion(
    *,
    code: str,
    storefront_id: int,
    person_id: int | None,
    tried_from: Sequence[str],
    now: datetime,
) -> str:
    """The code as it is kept, where there is such a one here, whether or not it holds now.

    Wrong codes are counted of the person, if they signed in, and of `tried_from` (subjects of
    `shop/payments/codes/tries.py`), as with vouchers but apart from those. Transactions: one that
    counts the try, one that takes a good try off again. Raises `PromotionRefusedError`, and
    `TooManyTriesError` for who has to wait.
    """
    people = [] if person_id is None else [person_subject(person_id=person_id)]
    subjects = [of_promotions(subject) for subject in (*people, *tried_from)]
    claim_try(subjects=subjects, now=now)
    folded = fold_promotion_code(code)
    if not is_promotion(storefront_id=storefront_id, code=folded):
        raise PromotionRefusedError(folded, "unknown")
    give_back_try(subjects=subjects)
    return folded
