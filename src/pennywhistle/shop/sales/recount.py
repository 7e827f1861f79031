"""Reads of what was sold, as the recount of the books needs them: with quote and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery, Sum

from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.shop.licensing.rules import TrackRef
from pennywhistle.shop.pricing.rules import Reduction
from pennywhistle.shop.sales.models import Purchase, QuoteLine, SaleLine
from pennywhistle.shop.sales.queries import line_facts
from pennywhistle.shop.sales.rules import LineFacts


@dataclass(frozen=True, slots=True)
class SoldFacts:
    """A sale line with what it was sold on; `refunded_at` is None for one that stands."""

    line: LineFacts
    track: TrackRef
    quote_id: UUID
    evidence: list[dict[str, object]]
    quoted_evidence: list[dict[str, object]]
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsumedQuote:
    """A quote that became a purchase; `lines_total` is what its own lines sum to."""

    id: UUID
    total: Money
    lines_total: Money
    line_count: int
    sold_count: int
    created_at: datetime
    expires_at: datetime
    purchased_at: datetime

    def find_faults(self) -> Iterator[str]:
        """What could not be if it was bought as it was offered."""
        if self.total != self.lines_total:
            yield f"its total is {self.total}, its lines sum to {self.lines_total}"
        if self.line_count != self.sold_count:
            yield f"it has {self.line_count} lines, and {self.sold_count} were sold"
        if not self.created_at <= self.purchased_at < self.expires_at:
            yield (
                f"it stood from {self.created_at} to {self.expires_at}, and was bought at "
                f"{self.purchased_at}"
            )


def iterate_sold() -> Iterator[SoldFacts]:
    """Every line sold, from the first on. One query."""
    rows = SaleLine.objects.select_related(
        "purchase__quote", "track__artist", "track__release", "refund"
    ).order_by("id")
    for row in rows.iterator(chunk_size=2_000):
        release = row.track.release
        yield SoldFacts(
            line=line_facts(row),
            track=TrackRef(row.track_id, release.pk, release.label_id),
            quote_id=row.purchase.quote_id,
            evidence=row.evidence,
            quoted_evidence=row.purchase.quote.evidence,
            refunded_at=row.refund.refunded_at if hasattr(row, "refund") else None,
        )


def iterate_consumed_quotes() -> Iterator[ConsumedQuote]:
    """Every quote that was bought, in order of purchase. One query."""
    quoted = QuoteLine.objects.filter(quote_id=OuterRef("quote_id")).order_by().values("quote_id")
    rows = Purchase.objects.select_related("quote").annotate(
        quoted_micros=Subquery(quoted.annotate(s=Sum("gross_micros")).values("s")),
        quoted_count=Subquery(quoted.annotate(n=Count("pk")).values("n")),
        sold_count=Count("lines"),
    )
    for row in rows.order_by("id").iterator(chunk_size=2_000):
        quote = row.quote
        yield ConsumedQuote(
            id=quote.pk,
            total=Money(quote.total_micros, quote.currency),
            lines_total=Money(row.quoted_micros or 0, quote.currency),
            line_count=row.quoted_count or 0,
            sold_count=row.sold_count,
            created_at=quote.created_at,
            expires_at=quote.expires_at,
            purchased_at=row.purchased_at,
        )


def iterate_unreadable_reductions() -> Iterator[tuple[str, int, str]]:
    """(table, id, why) of lines whose reductions are not what `Reduction.of_json` reads. Two
    queries."""
    for model in (QuoteLine, SaleLine):
        rows = model.objects.exclude(reductions=[]).order_by("pk")
        for pk, reductions in rows.values_list("pk", "reductions").iterator(chunk_size=2_000):
            try:
                for stored in reductions:
                    Reduction.of_json(stored, "XXX")
            except (AttributeError, KeyError, MoneyError, TypeError) as error:
                why = f"its reductions cannot be read: {type(error).__name__} {error}"
                yield model._meta.db_table, pk, why
