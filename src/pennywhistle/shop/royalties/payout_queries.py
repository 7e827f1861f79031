"""Reads of payouts."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet, Sum

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.royalties.models import Payout
from pennywhistle.shop.royalties.payouts import PayoutFacts, UnknownPayoutError, payout_transfers

PAYOUTS_SHOWN = 200


def find_payout(*, payout_id: UUID) -> PayoutFacts | None:
    """The payout of that id, or None. One query."""
    row = _rows().filter(pk=payout_id).first()
    return _facts(row) if row else None


def get_payout(*, payout_id: UUID) -> PayoutFacts:
    """The payout of that id, or `UnknownPayoutError`. One query."""
    payout = find_payout(payout_id=payout_id)
    if payout is None:
        raise UnknownPayoutError(f"no payout has the id {payout_id}; `payout list` shows them")
    return payout


def list_payouts(*, licensor_id: int | None = None) -> list[PayoutFacts]:
    """The newest payouts, of one licensor or of all. One query."""
    rows = _rows() if licensor_id is None else _rows().filter(licensor_id=licensor_id)
    return [_facts(row) for row in rows.order_by("-made_at", "-pk")[:PAYOUTS_SHOWN]]


def sum_on_the_way(*, licensor_id: int, currency: str) -> Money:
    """What was set aside for a licensor and has not ended. One query."""
    rows = Payout.objects.filter(licensor_id=licensor_id, currency=currency, end=None)
    return Money(rows.aggregate(s=Sum("amount_micros"))["s"] or 0, currency)


def iterate_payout_transfers() -> Iterator[TransferFacts]:
    """Every transfer that payouts ask for. One query."""
    for row in _rows().order_by("made_at", "pk").iterator(chunk_size=2_000):
        yield from payout_transfers(payout=_facts(row))


def _rows() -> QuerySet[Payout]:
    return Payout.objects.select_related("licensor", "end")


def _facts(row: Payout) -> PayoutFacts:
    end = getattr(row, "end", None)
    return PayoutFacts(
        id=row.pk,
        licensor_id=row.licensor_id,
        licensor=row.licensor.name,
        amount=Money(row.amount_micros, row.currency),
        made_at=row.made_at,
        ended_at=end.ended_at if end else None,
        is_paid=bool(end and end.is_paid),
    )
