"""Reads of quotes and purchases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.rules import PriceKind, Reduction
from pennywhistle.shop.sales.lines import (
    FROZEN_FIELDS,
    TrackNames,
    line_from,
    reductions_from,
)
from pennywhistle.shop.sales.models import Purchase, Quote, QuoteLine, SaleLine
from pennywhistle.shop.sales.rules import LineFacts, QuoteNotYoursError

LINES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class QuoteLineFacts:
    """One line of an offer as the checkout shows it."""

    number: int
    track_id: int
    title: str
    artist: str
    release: str
    recipe: str
    size_bytes: int
    size_is_exact: bool
    gross: Money
    tax: Money
    list_price: Money
    price_kind: PriceKind
    reductions: tuple[Reduction, ...]


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """An offer as the checkout shows it."""

    id: UUID
    total: Money
    tax: Money
    territory: str
    expires_at: datetime
    is_consumed: bool
    lines: tuple[QuoteLineFacts, ...]
    promotion_code: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """A purchase as a receipt shows it."""

    id: int
    quote_id: UUID
    purchased_at: datetime
    territory: str
    total: Money
    tax: Money
    lines: tuple[LineFacts, ...]
    waived_withdrawal_at: datetime | None = None
    waiver_text: str = ""


@dataclass(frozen=True, slots=True)
class SalesTotal:
    """What was sold in one currency within a period."""

    purchase_count: int
    line_count: int
    gross: Money


def get_quote(*, quote_id: UUID, person_id: int) -> QuoteFacts:
    """A person's own offer, or `QuoteNotYoursError`. Two queries."""
    quote = find_quote(quote_id=quote_id, person_id=person_id)
    if quote is None:
        raise QuoteNotYoursError("This offer is not one of yours. Look into your basket again.")
    return quote


def find_quote(*, quote_id: UUID, person_id: int) -> QuoteFacts | None:
    """A person's own offer, or None. Two queries."""
    quote = (
        Quote.objects.filter(pk=quote_id, person_id=person_id).select_related("purchase").first()
    )
    if quote is None:
        return None
    rows = quote.lines.select_related("track__artist", "track__release")
    lines = tuple(
        QuoteLineFacts(
            number=row.number,
            track_id=row.track_id,
            title=row.track.title,
            artist=row.track.artist.name,
            release=row.track.release.title,
            recipe=row.recipe,
            size_bytes=row.size_bytes,
            size_is_exact=row.size_is_exact,
            gross=Money(row.gross_micros, quote.currency),
            tax=Money(row.tax_micros, quote.currency),
            list_price=Money(row.list_micros, quote.currency),
            price_kind=PriceKind(row.price_kind),
            reductions=reductions_from(row.reductions, quote.currency),
        )
        for row in rows
    )
    return QuoteFacts(
        id=quote.pk,
        total=Money(quote.total_micros, quote.currency),
        tax=Money.total((line.tax for line in lines), quote.currency),
        territory=quote.territory,
        expires_at=quote.expires_at,
        is_consumed=hasattr(quote, "purchase"),
        lines=lines,
        promotion_code=quote.promotion_code,
    )


def find_purchase(*, purchase_id: int, person_id: int) -> PurchaseFacts | None:
    """A person's own purchase, or None. Two queries."""
    row = Purchase.objects.filter(pk=purchase_id, person_id=person_id).first()
    return _purchase(row) if row else None


def find_purchase_of_quote(*, quote_id: UUID) -> PurchaseFacts | None:
    """The purchase that consumed a quote, or None. Two queries."""
    row = Purchase.objects.filter(quote_id=quote_id).first()
    return _purchase(row) if row else None


def get_spent(*, person_id: int, currency: str) -> Money:
    """What a person has spent in a currency, ever, without what was given back. One query."""
    rows = SaleLine.objects.filter(purchase__person_id=person_id, currency=currency, refund=None)
    return Money(rows.aggregate(micros=Sum("gross_micros"))["micros"] or 0, currency)


def find_last_sale_under(*, licence_id: int) -> datetime | None:
    """When something was last sold under a licence, of either right. One query."""
    named = Q(recording_licence_id=licence_id) | Q(work_licence_id=licence_id)
    newest = SaleLine.objects.filter(named).aggregate(at=Max("purchase__purchased_at"))
    at: datetime | None = newest["at"]
    return at


def list_sales_totals(*, within: Period, label_ids: Sequence[int] | None) -> list[SalesTotal]:
    """Sales within a period by currency, without what was given back since; of these labels' music,
    or of all for None. One query."""
    rows = (
        _within(_lines_of_labels(label_ids).filter(refund=None), within)
        .values("currency")
        .annotate(
            purchases=Count("purchase", distinct=True),
            lines=Count("pk"),
            micros=Sum("gross_micros"),
        )
        .values_list("currency", "purchases", "lines", "micros")
    )
    return [
        SalesTotal(purchases, lines, Money(micros, currency))
        for currency, purchases, lines, micros in rows.order_by("currency")
    ]


def list_newest_lines(
    *, label_ids: Sequence[int] | None, limit: int = LINES_SHOWN
) -> list[LineFacts]:
    """The newest lines sold of these labels' music, or of all for None. One query."""
    rows = _lines_of_labels(label_ids).select_related("purchase", "track__artist", "track__release")
    return [line_facts(row) for row in rows.order_by("-id")[:limit]]


def _lines_of_labels(label_ids: Sequence[int] | None) -> QuerySet[SaleLine]:
    rows = SaleLine.objects.all()
    return rows if label_ids is None else rows.filter(track__release__label_id__in=label_ids)


def _within(rows: QuerySet[SaleLine], period: Period) -> QuerySet[SaleLine]:
    rows = rows.filter(purchase__purchased_at__gte=period.starts_at)
    if period.ends_at is not None:
        rows = rows.filter(purchase__purchased_at__lt=period.ends_at)
    return rows


def line_facts(row: SaleLine) -> LineFacts:
    """A stored line as a value. Costs three queries unless its relations are loaded."""
    track = row.track
    return line_from(
        row,
        id=row.pk,
        document=row.document,
        person_id=row.purchase.person_id,
        names=TrackNames(track.title, track.artist.name, track.release.title, track.isrc),
        purchased_at=row.purchase.purchased_at,
    )


def _purchase(row: Purchase) -> PurchaseFacts:
    stored = row.lines.select_related("purchase", "track__artist", "track__release")
    lines = tuple(line_facts(line) for line in stored)
    currency = lines[0].gross.currency
    return PurchaseFacts(
        id=row.pk,
        quote_id=row.quote_id,
        purchased_at=row.purchased_at,
        territory=lines[0].territory,
        total=Money.total((line.gross for line in lines), currency),
        tax=Money.total((line.tax for line in lines), currency),
        lines=lines,
        waived_withdrawal_at=row.waived_withdrawal_at,
        waiver_text=row.waiver_text,
    )


def iterate_lines_unlike_their_quote() -> Iterator[str]:
    """Documents of sale lines that say something else than the quote they were bought by. One
    query."""
    quoted = QuoteLine.objects.filter(
        quote_id=OuterRef("purchase__quote_id"),
        quote__person_id=OuterRef("purchase__person_id"),
        quote__currency=OuterRef("currency"),
        quote__territory=OuterRef("territory"),
        **{name: OuterRef(name) for name in FROZEN_FIELDS},
    )
    rows = SaleLine.objects.filter(~Exists(quoted)).order_by("id")
    yield from rows.values_list("document", flat=True).iterator(chunk_size=2_000)
