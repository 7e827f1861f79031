"""Writes of quotes, purchases, refunds and reports of broken files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.sales.bad_files import Answer, Held, Trouble
from pennywhistle.shop.sales.models import (
    FileReport,
    Quote,
    QuoteLine,
    Refund,
)
from pennywhistle.shop.sales.queries import PurchaseFacts
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import (
    QUOTE_LASTS,
    Offer,
)
from pennywhistle.shop.sales.statements import OfferFacts, insert_purchase


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
                tax_country=line.tax_country,
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


def store_purchase(*, offer: OfferFacts, now: datetime, waiver_text: str = "") -> PurchaseFacts:
    """Turn an offer's lines into sale lines, as frozen. Transaction: the caller's.

    `waiver_text` is the version of the words by which the buyer gave up the right of withdrawal;
    empty where they did not.
    """
    purchase_id, lines = insert_purchase(offer=offer, now=now, waiver_text=waiver_text)
    return PurchaseFacts(
        id=purchase_id,
        quote_id=offer.id,
        purchased_at=now,
        territory=lines[0].territory,
        total=offer.total,
        tax=Money.total((line.tax for line in lines), offer.currency),
        lines=lines,
        waived_withdrawal_at=now if waiver_text else None,
        waiver_text=waiver_text,
    )


def store_refunds(
    *,
    sale_line_ids: Collection[int],
    reason: RefundReason,
    note: str,
    by: int | None,
    now: datetime,
) -> None:
    """Keep that these lines were given back, by the operator `by` or by nobody. Transaction: the
    caller's.

    The database refuses a line that was given back before.
    """
    Refund.objects.bulk_create(
        Refund(
            sale_line_id=sale_line_id,
            reason=reason.value,
            note=note,
            refunded_by_id=by,
            refunded_at=now,
        )
        for sale_line_id in sale_line_ids
    )


def store_report(
    *, sale_line_id: int, trouble: Trouble, words: str, held: Held | None, now: datetime
) -> None:
    """Keep what a listener says of a file. Transaction: the caller's. Raises `SealedDayError`."""
    with sealed_days_told():
        FileReport.objects.create(
            sale_line_id=sale_line_id,
            trouble=trouble.value,
            words=words,
            held=held.value if held else "",
            reported_at=now,
        )


def store_findings(*, report_id: int, findings: dict[str, str], now: datetime) -> None:
    """Keep what was found out about a reported file. Transaction: the one update."""
    FileReport.objects.filter(pk=report_id).update(findings=findings, examined_at=now)


def store_answer(
    *,
    report_id: int,
    answer: Answer,
    words: str,
    may_claim: bool | None,
    by: int,
    now: datetime,
) -> bool:
    """Keep the operator's answer, the first time; False where there is one. Transaction: the one
    update."""
    unanswered = FileReport.objects.filter(pk=report_id, answer="")
    return bool(
        unanswered.update(
            answer=answer.value,
            answer_words=words,
            may_claim=may_claim,
            answered_by_id=by,
            answered_at=now,
        )
    )
