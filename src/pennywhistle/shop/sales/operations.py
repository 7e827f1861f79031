"""Writes of quotes and purchases."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.shop.ledger.operations import open_account
from pennywhistle.shop.sales.models import Purchase, Quote, QuoteLine, SaleLine
from pennywhistle.shop.sales.queries import FROZEN_FIELDS, line_facts
from pennywhistle.shop.sales.rules import (
    QUOTE_LASTS,
    LineFacts,
    Offer,
    QuoteNotYoursError,
    receipts_code,
    sale_document,
    vat_code,
)


def store_quote(*, quote_id: UUID, person_id: int, offer: Offer, now: datetime) -> None:
    """Freeze an offer until `QUOTE_LASTS` from now. Transaction: one of its own."""
    with transaction.atomic():
        quote = Quote.objects.create(
            id=quote_id,
            person_id=person_id,
            storefront_id=offer.storefront_id,
            price_list_id=offer.price_list_id,
            currency=offer.currency,
            total_micros=offer.total.micros,
            territory=offer.territory,
            evidence=[asdict(piece) for piece in offer.evidence],
            promotion_code=offer.promotion_code,
            created_at=now,
            expires_at=now + QUOTE_LASTS,
        )
        QuoteLine.objects.bulk_create(
            QuoteLine(
                quote=quote,
                number=number,
                track_id=line.track_id,
                recipe=line.recipe,
                size_bytes=line.size_bytes,
                size_is_exact=line.size_is_exact,
                gross_micros=line.gross.micros,
                list_micros=(line.list_price or line.gross).micros,
                price_kind=line.price_kind,
                reductions=[reduction.as_json() for reduction in line.reductions],
                vat_percent=line.vat_percent,
                tax_micros=line.tax.micros,
                recording_licence_id=line.recording_licence_id,
                recording_micros=line.recording.micros,
                work_licence_id=line.work_licence_id,
                work_micros=line.work.micros,
            )
            for number, line in enumerate(offer.lines, start=1)
        )


def sweep_quotes(*, expired_before: datetime) -> int:
    """Forget offers that ran out unused; how many. Transaction: one of its own."""
    with transaction.atomic():
        stale = Quote.objects.filter(expires_at__lt=expired_before, purchase=None)
        return stale.delete()[0]


def hold_quote(*, quote_id: UUID, person_id: int) -> Quote:
    """A person's own quote, locked, or `QuoteNotYoursError`. Transaction: the caller's."""
    quote = Quote.objects.select_for_update().filter(pk=quote_id, person_id=person_id).first()
    if quote is None:
        raise QuoteNotYoursError("This offer is not one of yours. Look into your basket again.")
    return quote


def store_purchase(*, quote: Quote, now: datetime) -> list[LineFacts]:
    """Turn a quote's lines into sale lines, as frozen. Transaction: the caller's."""
    purchase = Purchase.objects.create(quote=quote, person_id=quote.person_id, purchased_at=now)
    SaleLine.objects.bulk_create(
        SaleLine(
            purchase=purchase,
            currency=quote.currency,
            territory=quote.territory,
            evidence=quote.evidence,
            document=sale_document(quote_id=quote.pk, number=line.number),
            **{name: getattr(line, name) for name in FROZEN_FIELDS},
        )
        for line in quote.lines.all()
    )
    stored = purchase.lines.select_related("purchase", "track__artist", "track__release")
    return [line_facts(row) for row in stored.order_by("number")]


def open_sales_accounts(*, territory: str, currency: str) -> None:
    """Open the accounts that a sale there moves money through. Transaction: the caller's."""
    open_account(code=receipts_code(currency=currency), currency=currency, kind="income")
    open_account(
        code=vat_code(country=territory, currency=currency), currency=currency, kind="liability"
    )
