"""What a day's seal says of the statements that were issued."""

from __future__ import annotations

from pennywhistle.shop.ledger.entries import EntrySource
from pennywhistle.shop.ledger.seals import instant_text
from pennywhistle.shop.royalties.models import Statement


def _statement(row: Statement) -> dict[str, str]:
    return {
        "kind": "statement",
        "licensor": str(row.licensor_id),
        "currency": row.currency,
        "period_starts_at": instant_text(row.period_starts_at),
        "period_ends_at": instant_text(row.period_ends_at),
        "total_micros": str(row.total_micros),
        "line_count": str(row.line_count),
        "csv_sha256": row.csv_sha256,
        "issued_at": instant_text(row.issued_at),
    }


STATEMENTS = EntrySource(Statement, "issued_at", _statement)
