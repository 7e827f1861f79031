"""Writes of papers, and of whom they are made out to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from pennywhistle.shop.sales.models import BusinessBuyer, Paper, PaperSeries
from pennywhistle.shop.sales.paper_queries import PaperFacts, paper_facts
from pennywhistle.shop.sales.papers import Buyer, PaperContent, paper_digest, paper_name


def number_paper(
    *, document: str, purchase_id: int, content: PaperContent, now: datetime
) -> PaperFacts:
    """Issue the paper about `document` under the next number of its series, once.

    A paper that was issued before comes back as it was. Transaction: one of its own, and short: the
    series is held, so that numbers are given one after another and a crash leaves none unused.
    """
    with transaction.atomic(durable=True):
        PaperSeries.objects.bulk_create([PaperSeries(name=content.series)], ignore_conflicts=True)
        series = PaperSeries.objects.select_for_update().get(pk=content.series)
        row = Paper.objects.filter(document=document).first()
        if row is None:
            row = _next_paper(series, document, purchase_id, content, now)
            row.save(force_insert=True)
    return paper_facts(row)


def _next_paper(
    series: PaperSeries, document: str, purchase_id: int, content: PaperContent, now: datetime
) -> Paper:
    last = series.papers.aggregate(last=Max("number"))["last"] or 0
    name, stored = paper_name(series=series.name, number=last + 1), content.as_json()
    return Paper(
        series=series,
        number=last + 1,
        document=document,
        purchase_id=purchase_id,
        total_micros=content.total.micros,
        tax_micros=content.tax.micros,
        currency=content.currency,
        content=stored,
        sha256=paper_digest(name=name, document=document, issued_at=now, content=stored),
        issued_at=now,
    )


def declare_business(*, person_id: int, buyer: Buyer | None, now: datetime) -> None:
    """Keep whom a person's papers are made out to; None is nobody again. Transaction: its own."""
    with transaction.atomic():
        if buyer is None:
            BusinessBuyer.objects.filter(person=person_id).delete()
            return
        BusinessBuyer.objects.update_or_create(
            person_id=person_id,
            defaults={
                "name": buyer.name,
                "address": buyer.address,
                "vat_number": buyer.vat_number,
                "declared_at": now,
            },
        )
