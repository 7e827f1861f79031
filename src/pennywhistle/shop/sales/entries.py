"""What a day's seal says of what was sold, given back, complained of, and put on paper."""

from __future__ import annotations

import json

from pennywhistle.shop.ledger.entries import EntrySource, told_by
from pennywhistle.shop.ledger.seals import instant_text
from pennywhistle.shop.sales.models import FileReport, Paper, Purchase, Refund, SaleLine
from pennywhistle.shop.sales.papers import receipt_document


def _line(row: SaleLine) -> dict[str, str]:
    waived_at = row.purchase.waived_withdrawal_at
    return {
        "kind": "sale-line",
        "document": row.document,
        "sold_at": instant_text(row.purchase.purchased_at),
        "quote": str(row.purchase.quote_id),
        "track": str(row.track_id),
        "recipe": row.recipe,
        "size_bytes": str(row.size_bytes),
        "size_is_exact": "yes" if row.size_is_exact else "no",
        "currency": row.currency,
        "gross_micros": str(row.gross_micros),
        "list_micros": str(row.list_micros),
        "price_kind": row.price_kind,
        "reductions": json.dumps(row.reductions, sort_keys=True, separators=(",", ":")),
        "vat_percent": f"{row.vat_percent:.2f}",
        "tax_micros": str(row.tax_micros),
        "tax_country": row.tax_country,
        "recording_licence": str(row.recording_licence_id),
        "recording_micros": str(row.recording_micros),
        "work_licence": str(row.work_licence_id),
        "work_micros": str(row.work_micros),
        "territory": row.territory,
        "waived_withdrawal_at": instant_text(waived_at) if waived_at else "",
        "waiver_text": row.purchase.waiver_text,
    }


def _refund(row: Refund) -> dict[str, str]:
    return {
        "kind": "refund",
        "sale_line": row.sale_line.document,
        "reason": row.reason,
        "refunded_at": instant_text(row.refunded_at),
    }


def _purchase(row: Purchase) -> dict[str, str]:
    """A purchase, and the offer that it took."""
    return {"document": receipt_document(purchase_id=row.pk)} | _PURCHASE(row)


_PURCHASE = told_by(
    "purchase",
    *("person_id", "purchased_at", "quote_id", "quote__created_at", "quote__expires_at"),
    *("quote__storefront_id", "quote__price_list_id", "quote__currency", "quote__total_micros"),
    *("quote__territory", "quote__promotion_code"),
    hashed=("quote__evidence",),
)
_REFUND_ORDER = told_by("refund", "refunded_by_id", hashed=("note",))
_FILE_REPORT = told_by(
    "file-report", "sale_line__document", "trouble", "reported_at", "held", hashed=("words",)
)


def _paper(row: Paper) -> dict[str, str]:
    return {
        "kind": "paper",
        "series": str(row.series_id),
        "number": str(row.number),
        "document": row.document,
        "currency": row.currency,
        "total_micros": str(row.total_micros),
        "tax_micros": str(row.tax_micros),
        "content_sha256": row.sha256,
        "issued_at": instant_text(row.issued_at),
    }


SALE_LINES = EntrySource(SaleLine, "purchase__purchased_at", _line, ("purchase",))
PURCHASES = EntrySource(Purchase, "purchased_at", _purchase, ("quote",))
# As days of the first form tell them, and in full.
REFUNDS_1 = EntrySource(Refund, "refunded_at", _refund, ("sale_line",))
REFUNDS = EntrySource(
    Refund, "refunded_at", lambda row: _REFUND_ORDER(row) | _refund(row), ("sale_line",)
)
FILE_REPORTS = EntrySource(FileReport, "reported_at", _FILE_REPORT, ("sale_line",))
PAPERS = EntrySource(Paper, "issued_at", _paper)
