"""Writes of asked prices and promotions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.asked import check_uses
from pennywhistle.shop.pricing.models import AskedPrice, Promotion, PromotionUse
from pennywhistle.shop.pricing.rules import (
    PriceKind,
    PricingError,
    PromotionTerms,
    check_asked,
    check_promotion,
)
from pennywhistle.shop.storefronts.rules import percent_text


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What is asked: for a release bought whole (`whole`), for each track of it (`each`), or for one
    `track` of it. `amount` is None to go back to the price by the megabyte."""

    storefront_id: int
    currency: str
    scope: str
    release_id: int
    track_id: int | None
    kind: PriceKind
    amount: Money | None
    suggested: Money | None = None


def store_price(*, price: NewPrice, asked_by: int | None, now: datetime) -> None:
    """Ask a price from now on. Transaction: the one insert. Raises `PricingError`."""
    amount, suggested = price.amount, price.suggested
    if amount is not None:
        check_asked(kind=price.kind, amount=amount, suggested=suggested)
    if price.kind is PriceKind.NAMED and suggested is None:
        suggested = amount
    AskedPrice.objects.create(
        storefront_id=price.storefront_id,
        currency=price.currency,
        scope=price.scope,
        release_id=price.release_id,
        track_id=price.track_id,
        kind=price.kind.value,
        micros=0 if amount is None else amount.micros,
        suggested_micros=None if suggested is None else suggested.micros,
        valid_from=now,
        asked_by_id=asked_by,
    )


def store_promotion(
    *,
    storefront_id: int,
    terms: PromotionTerms,
    starts_at: datetime,
    ends_at: datetime | None,
    uses_most: int | None,
    uses_per_person_most: int | None,
) -> None:
    """Make a code. Transaction: its own. Raises `PricingError`; a code is made once."""
    check_promotion(terms=terms, starts_at=starts_at, ends_at=ends_at)
    with transaction.atomic():
        row, is_new = Promotion.objects.get_or_create(
            storefront_id=storefront_id,
            code=terms.code,
            defaults={
                "percent": None if terms.percent is None else Decimal(percent_text(terms.percent)),
                "amount_micros": None if terms.amount is None else terms.amount.micros,
                "currency": "" if terms.amount is None else terms.amount.currency,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "uses_most": uses_most,
                "uses_per_person_most": uses_per_person_most,
            },
        )
        if not is_new:
            raise PricingError(f"the code {terms.code} was made before; choose another one")
        row.releases.set(_sorted(terms.release_ids))
        row.labels.set(_sorted(terms.label_ids))


def end_promotion(*, storefront_id: int, code: str, now: datetime) -> None:
    """Stop a code; one that is stopped stays so. Transaction: the one update. Raises `PricingError`."""
    rows = Promotion.objects.filter(storefront_id=storefront_id, code=code)
    if not rows.exists():
        raise PricingError(f"there is no code {code} to stop")
    rows.filter(ended_at=None).update(ended_at=now)


def use_promotion(
    *, storefront_id: int, code: str, person_id: int, quote_id: UUID, now: datetime
) -> None:
    """Count one use of a code by the purchase of a quote, or raise `PromotionRefusedError`.

    The code is held, so that its limits hold among buyers at once; when it holds is for the quote,
    which stands as it was made. Transaction: the caller's.
    """
    row = Promotion.objects.select_for_update().filter(storefront_id=storefront_id, code=code).get()
    check_uses(row=row, person_id=person_id)
    PromotionUse.objects.create(promotion=row, person_id=person_id, quote_id=quote_id, used_at=now)


def _sorted(ids: Iterable[int]) -> list[int]:
    return sorted(ids)
