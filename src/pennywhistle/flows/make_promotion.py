"""Make a code that lowers prices, and stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.flows.set_prices import parse_percent
from pennywhistle.kit.money import Money
from pennywhistle.shop.catalogue.queries import get_label_id, get_release_in_any_state
from pennywhistle.shop.pricing import operations
from pennywhistle.shop.pricing.rules import (
    USES_MOST,
    PricingError,
    PromotionTerms,
    fold_promotion_code,
)
from pennywhistle.shop.storefronts.queries import get_shopfront


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """A code in words. `takes_off` is `10%`, or an amount in `currency` over all that it covers.

    `releases` are UPCs or short names, `labels` names; without either it covers everything that is
    not priced by its label.
    """

    code: str
    takes_off: str
    starts_at: datetime
    ends_at: datetime | None = None
    currency: str = ""
    uses_most: int | None = None
    uses_per_person_most: int | None = None
    releases: Sequence[str] = ()
    labels: Sequence[str] = ()


def make_promotion(*, request: PromotionRequest, domain: str, now: datetime) -> PromotionTerms:
    """Make it, once. Transaction: one of its own.

    Raises `PricingError`, `StorefrontError`, `MoneyError`, `UnknownReleaseError`,
    `UnknownLabelError`.
    """
    shop = get_shopfront(domain=domain, now=now, currency=request.currency)
    if request.currency and shop.currency != request.currency:
        raise PricingError(f"{shop.name} does not sell in {request.currency}")
    for limit in (request.uses_most, request.uses_per_person_most):
        if limit is not None and not 0 < limit <= USES_MOST:
            raise PricingError(f"a code is used 1 to {USES_MOST:,} times, not {limit}")
    off = request.takes_off.strip()
    is_percent = off.endswith("%")
    terms = PromotionTerms(
        code=fold_promotion_code(request.code),
        percent=parse_percent(off) if is_percent else None,
        amount=None if is_percent else Money.parse(off, shop.currency),
        release_ids=frozenset(get_release_in_any_state(name=name).id for name in request.releases),
        label_ids=frozenset(get_label_id(name=name) for name in request.labels),
    )
    operations.store_promotion(
        storefront_id=shop.id,
        terms=terms,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        uses_most=request.uses_most,
        uses_per_person_most=request.uses_per_person_most,
    )
    return terms


def end_promotion(*, code: str, domain: str, now: datetime) -> None:
    """Stop a code. Offers that were made with it stand. Transaction: one update.

    Raises `PricingError`.
    """
    shop = get_shopfront(domain=domain, now=now)
    operations.end_promotion(storefront_id=shop.id, code=fold_promotion_code(code), now=now)
