"""What the recount asks of prices: that each is its list price less what was taken off, and that
each code that lowered one was counted."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.models import PromotionUse
from pennywhistle.shop.pricing.rules import REDUCTION_KINDS
from pennywhistle.shop.sales.models import Purchase
from pennywhistle.shop.sales.rules import LineFacts


def find_price_faults(*, line: LineFacts) -> Iterator[str]:
    """What could not be if the line's price had come about by the rules. No query."""
    listed = line.gross if line.list_price is None else line.list_price
    taken = Money.total((each.amount for each in line.reductions), line.gross.currency)
    if listed - taken != line.gross:
        yield f"its list price {listed} less {taken} is not its price {line.gross}"
    if any(each.amount.micros <= 0 for each in line.reductions):
        yield "a reduction of it takes nothing off"
    kinds = [each.kind for each in line.reductions]
    ordered = [kind for kind in REDUCTION_KINDS for _ in range(kinds.count(kind))]
    is_repeated = any(kinds.count(kind) > 1 for kind in REDUCTION_KINDS if kind != "upgrade")
    if kinds != ordered or is_repeated:
        yield f"its reductions are {', '.join(kinds)}, which is not the order that they have"


def iterate_codes_amiss() -> Iterator[tuple[str, str]]:
    """(where, what) of codes that lowered a purchase and were not counted, or were counted for none.

    Two queries.
    """
    of_quote = PromotionUse.objects.filter(
        quote_id=OuterRef("quote_id"),
        person_id=OuterRef("person_id"),
        used_at=OuterRef("purchased_at"),
        promotion__code=OuterRef("quote__promotion_code"),
        promotion__storefront_id=OuterRef("quote__storefront_id"),
    )
    uncounted = Purchase.objects.exclude(quote__promotion_code="").filter(~Exists(of_quote))
    for quote_id in uncounted.values_list("quote_id", flat=True).iterator(chunk_size=2_000):
        yield f"quote {quote_id}", "the code that lowered it was not counted"
    bought = Purchase.objects.filter(quote_id=OuterRef("quote_id")).exclude(
        quote__promotion_code=""
    )
    for quote_id in PromotionUse.objects.filter(~Exists(bought)).values_list("quote_id", flat=True):
        yield f"quote {quote_id}", "a code is counted as used by it, and it was not bought with one"
