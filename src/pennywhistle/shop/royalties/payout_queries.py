"""Reads of payouts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet, Sum

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.royalties.models import Payout
from pennywhistle.shop.royalties.payouts import PayoutFacts, UnknownPayoutError, payout_transfers

PAYOUTS_SHOWN = 200
IDS_AT_ONCE = 500


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


def list_payouts_by_id(*, payout_ids: Collection[UUID]) -> dict[UUID, PayoutFacts]:
    """Those payouts, by id. One query for every `IDS_AT_ONCE` of them."""
    ids = sorted(payout_ids)
    return {
        row.pk: _facts(row)
        for start in range(0, len(ids), IDS_AT_ONCE)
        for row in _rows().filter(pk__in=ids[start : start + IDS_AT_ONCE])
    }


def find_last_made_at(*, licensor_id: int, currency: str) -> datetime | None:
    """When the last payout was made that was not called off and did not come back. One query."""
    rows = Payout.objects.filter(licensor_id=licensor_id, currency=currency, came_back=None)
    at: datetime | None = rows.exclude(end__is_paid=False).aggregate(at=Max("made_at"))["at"]
    return at


def sum_on_the_way(*, licensor_id: int, currency: str) -> Money:
    """What was set aside for a licensor and has not ended. One query."""
    rows = Payout.objects.filter(licensor_id=licensor_id, currency=currency, end=None)
    return Money(rows.aggregate(s=Sum("amount_micros"))["s"] or 0, currency)


def iterate_payout_transfers() -> Iterator[TransferFacts]:
    """Every transfer that payouts ask for. One query."""
    for row in _rows().order_by("made_at", "pk").iterator(chunk_size=2_000):
        yield from payout_transfers(payout=_facts(row))


def _rows() -> QuerySet[Payout]:
    return Payout.objects.select_related("licensor", "end", "order", "booking", "came_back")


def _facts(row: Payout) -> PayoutFacts:
    end, order = getattr(row, "end", None), getattr(row, "order", None)
    booking, came_back = getattr(row, "booking", None), getattr(row, "came_back", None)
    return PayoutFacts(
        id=row.pk,
        licensor_id=row.licensor_id,
        licensor=row.licensor.name,
        amount=Money(row.amount_micros, row.currency),
        made_at=row.made_at,
        ended_at=end.ended_at if end else None,
        is_paid=bool(end and end.is_paid),
        file_id=order.file_id if order else None,
        booked_on=booking.booked_on if booking else None,
        returned_at=came_back.returned_at if came_back else None,
    )
