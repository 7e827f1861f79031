"""Reads of papers, and of what still lacks one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from pennywhistle.kit.chunks import chunked
from pennywhistle.kit.money import Money
from pennywhistle.shop.sales.business import BusinessAbroadError, check_taxed_at_home
from pennywhistle.shop.sales.models import BusinessBuyer, Paper, Purchase, Refund, SaleLine
from pennywhistle.shop.sales.papers import (
    RECEIPT_LETTER,
    Buyer,
    PaperContent,
    PaperError,
    PaperKind,
    PaperLine,
    content_of_json,
    paper_lines,
    paper_name,
)
from pennywhistle.shop.sales.queries import line_facts
from pennywhistle.shop.sales.refunds import refund_document
from pennywhistle.shop.sales.rules import LineFacts

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """A paper as it was issued."""

    id: int
    series: str
    number: int
    document: str
    purchase_id: int
    total: Money
    tax: Money
    content: PaperContent
    sha256: str
    issued_at: datetime

    @property
    def name(self) -> str:
        """The number as it is printed."""
        return paper_name(series=self.series, number=self.number)


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper as the recount needs it: its content as stored, and the lines that were sold."""

    series: str
    number: int
    document: str
    purchase_id: int
    total: Money
    tax: Money
    stored: dict[str, Any]
    sha256: str
    issued_at: datetime
    sold: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """How far a series has come; `count` and `last` differ where the books were tampered with."""

    name: str
    count: int
    last: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """Purchases that may lack a paper, in order, and where to look on from."""

    purchase_ids: tuple[int, ...]
    last_id: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Lines of one purchase that were given back in one go, by their documents."""

    refunded_at: datetime
    sale_documents: tuple[str, ...]

    @property
    def document(self) -> str:
        """What makes the credit note about it be written once."""
        return refund_document(sale_document=self.sale_documents[0])


def find_paper(*, document: str) -> PaperFacts | None:
    """The paper about a document, or None. One query."""
    row = Paper.objects.filter(document=document).first()
    return paper_facts(row) if row else None


def list_papers(*, purchase_id: int) -> list[PaperFacts]:
    """The receipt of a purchase, then its credit notes. One query."""
    return [paper_facts(row) for row in Paper.objects.filter(purchase=purchase_id).order_by("id")]


def list_paper_names(*, documents: Collection[str]) -> dict[str, str]:
    """The number of the receipt or credit note that tells of each of these sale lines and refunds, by
    what their transfers are filed under. One query."""
    sold = [f"sale/{each.partition('/')[2]}" for each in documents]
    purchases = SaleLine.objects.filter(document__in=sold).order_by().values("purchase_id")
    names = {}
    for paper in map(paper_facts, Paper.objects.filter(purchase__in=purchases).order_by("id")):
        for line in paper.content.lines:
            is_receipt = paper.content.kind is PaperKind.RECEIPT
            told = line.document if is_receipt else refund_document(sale_document=line.document)
            names[told] = paper.name
    return names


def list_series() -> list[SeriesFacts]:
    """Every series. One query."""
    rows = Paper.objects.values_list("series").annotate(count=Count("pk"), last=Max("number"))
    return [SeriesFacts(*row) for row in rows.order_by("series")]


def list_purchases_without_receipt(*, after_id: int, limit: int) -> Lacking:
    """The next `limit` purchases after `after_id`, and which of them lack one. One query."""
    receipts = Paper.objects.filter(
        purchase=OuterRef("pk"), series__name__startswith=RECEIPT_LETTER
    )
    rows = list(
        Purchase.objects.filter(pk__gt=after_id)
        .annotate(is_numbered=Exists(receipts))
        .order_by("pk")
        .values_list("pk", "is_numbered")[:limit]
    )
    lacking = tuple(purchase_id for purchase_id, is_numbered in rows if not is_numbered)
    return Lacking(lacking, rows[-1][0] if rows else after_id)


def list_purchases_refunded(*, after_id: int, limit: int) -> Lacking:
    """The purchases of the next `limit` refunds after the refund `after_id`. One query."""
    rows = list(
        Refund.objects.filter(pk__gt=after_id)
        .order_by("pk")
        .values_list("pk", "sale_line__purchase_id")[:limit]
    )
    purchases = tuple(dict.fromkeys(purchase_id for _, purchase_id in rows))
    return Lacking(purchases, rows[-1][0] if rows else after_id)


def find_last_purchase_id() -> int:
    """The newest purchase's number, 0 for none. One query."""
    newest: int | None = Purchase.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def find_last_refund_id() -> int:
    """The newest refund's number, 0 for none. One query."""
    newest: int | None = Refund.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def list_given_back(*, purchase_id: int) -> list[GivenBack]:
    """What of a purchase was given back at once, oldest first. One query."""
    rows = Refund.objects.filter(sale_line__purchase=purchase_id).order_by(
        "refunded_at", "sale_line__number"
    )
    together: dict[datetime, list[str]] = {}
    for refunded_at, document in rows.values_list("refunded_at", "sale_line__document"):
        together.setdefault(refunded_at, []).append(document)
    return [GivenBack(instant, tuple(documents)) for instant, documents in together.items()]


def iterate_papers() -> Iterator[StoredPaper]:
    """Every paper by series and number. A query, and one more for `ROWS_AT_ONCE` of them."""
    rows = Paper.objects.order_by("series", "number").iterator(chunk_size=ROWS_AT_ONCE)
    for some in chunked(rows, size=ROWS_AT_ONCE):
        sold: dict[int, list[PaperLine]] = {}
        lines = _lines().filter(purchase__in={row.purchase_id for row in some})
        for line in lines.order_by("purchase", "number"):
            sold.setdefault(line.purchase_id, []).extend(paper_lines([line_facts(line)]))
        for row in some:
            yield StoredPaper(
                series=row.series_id,
                number=row.number,
                document=row.document,
                purchase_id=row.purchase_id,
                total=Money(row.total_micros, row.currency),
                tax=Money(row.tax_micros, row.currency),
                stored=row.content,
                sha256=row.sha256,
                issued_at=row.issued_at,
                sold=tuple(sold.get(row.purchase_id, ())),
            )


def find_buyer(*, person_id: int) -> Buyer | None:
    """Whom a person's papers are made out to, where they buy for a business. One query."""
    row = BusinessBuyer.objects.filter(person=person_id).first()
    return Buyer(row.name, row.address, row.vat_number) if row else None


def receipt_of(*, purchase_id: int) -> PaperContent:
    """What the receipt of a purchase says. Three queries. Raises `PaperError` for no purchase."""
    purchase = Purchase.objects.select_related("quote__storefront").filter(pk=purchase_id).first()
    if purchase is None:
        raise PaperError(f"there is no purchase {purchase_id} to write a receipt for")
    shop = purchase.quote.storefront
    rows = _lines().filter(purchase=purchase_id).order_by("number")
    lines = [line_facts(row) for row in rows]
    return PaperContent(
        kind=PaperKind.RECEIPT,
        currency=purchase.quote.currency,
        shop=shop.name,
        seller=shop.imprint,
        buyer=_made_out_to(purchase, lines),
        territory=purchase.quote.territory,
        dated_at=purchase.purchased_at,
        lines=paper_lines(lines),
        waiver_text=purchase.waiver_text,
        waived_at=purchase.waived_withdrawal_at,
    )


def _made_out_to(purchase: Purchase, lines: Sequence[LineFacts]) -> Buyer | None:
    """The buyer's business, but for a sale that was taxed as a consumer's: it was told later."""
    buyer = find_buyer(person_id=purchase.person_id)
    if buyer is not None and purchase.quote.storefront.collects_vat:
        try:
            check_taxed_at_home(
                vat_number=buyer.vat_number, tax_countries=[line.tax_country for line in lines]
            )
        except BusinessAbroadError:
            return None
    return buyer


def paper_facts(row: Paper) -> PaperFacts:
    """A stored paper as a value. No query."""
    return PaperFacts(
        id=row.pk,
        series=row.series_id,
        number=row.number,
        document=row.document,
        purchase_id=row.purchase_id,
        total=Money(row.total_micros, row.currency),
        tax=Money(row.tax_micros, row.currency),
        content=content_of_json(row.content),
        sha256=row.sha256,
        issued_at=row.issued_at,
    )


def _lines() -> QuerySet[SaleLine]:
    return SaleLine.objects.select_related("purchase", "track__artist", "track__release")
