"""What the recount asks of prices: that each is its list price less what was taken off, that each code
that lowered one was counted, and that each upgrade stands on something bought before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from pennywhistle.kit.chunks import chunked
from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.models import PromotionUse
from pennywhistle.shop.pricing.rules import REDUCTION_KINDS
from pennywhistle.shop.sales.models import Purchase, SaleLine
from pennywhistle.shop.sales.rules import LineFacts

# Lines with reductions that are looked at in one go.
LINES_AT_ONCE = 900


@dataclass(frozen=True, slots=True)
class _Sold:
    """A sale line, as far as upgrades go."""

    document: str
    purchase_id: int
    person_id: int
    track_id: int
    is_given_back: bool
    bases: tuple[str, ...]


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


def iterate_upgrades_amiss() -> Iterator[tuple[str, str]]:
    """(where, what) of lines that were sold for the difference to what their buyer did not have.

    A query for all lines with reductions, and one more for `LINES_AT_ONCE` of them.
    """
    lowered = SaleLine.objects.exclude(reductions=[])
    for lines in chunked(_iterate_sold(lowered), size=LINES_AT_ONCE):
        named = {document for line in lines for document in line.bases}
        found = SaleLine.objects.filter(document__in=named)
        bases = {base.document: base for base in _iterate_sold(found)} if named else {}
        for line in lines:
            for document in line.bases:
                if fault := _upgrade_fault(line, bases.get(document)):
                    yield f"sale line {line.document}", f"it upgrades {document}, {fault}"


def _iterate_sold(rows: QuerySet[SaleLine]) -> Iterator[_Sold]:
    told = rows.order_by("id").values_list(
        *("document", "purchase_id", "purchase__person_id", "track_id", "refund", "reductions")
    )
    for document, purchase_id, person_id, track_id, refund, reductions in told.iterator():
        bases = tuple(one["code"] for one in reductions if one["kind"] == "upgrade")
        yield _Sold(document, purchase_id, person_id, track_id, refund is not None, bases)


def _upgrade_fault(line: _Sold, base: _Sold | None) -> str:
    """Why a line cannot have been sold on top of another; nothing where it can."""
    if base is None:
        return "and there is no such sale line"
    if base.person_id != line.person_id:
        return "which somebody else bought"
    if base.track_id != line.track_id:
        return "which is another track"
    if base.purchase_id >= line.purchase_id:
        return "which was not bought before it"
    if base.is_given_back and not line.is_given_back:
        return "which was given back, and it was not"
    return ""
