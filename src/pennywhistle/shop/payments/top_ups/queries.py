"""Reads of top-ups."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import TopUpFacts, UnknownTopUpError, top_up_transfers

SETTLED_AT_ONCE = 100
HANDLES_AT_ONCE = 500

# A gateway is asked in every round what became of something so young, and of what is older so often.
ASKED_OFTEN_WITHIN = timedelta(minutes=2)
ASKED_AGAIN_AFTER = timedelta(minutes=1)
UNSETTLED_SHOWN = 10
DECLINE_SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PendingTotal:
    """The top-ups of one currency whose end is not known yet."""

    count: int
    amount: Money
    oldest_at: datetime


def find_card_country(*, person_id: int) -> str | None:
    """Where the card was issued that filled the wallet last, of those that are told. One query."""
    rows = TopUp.objects.filter(person_id=person_id, state=TopUp.State.SUCCEEDED)
    return (
        rows.exclude(card_country="")
        .order_by("-settled_at")
        .values_list("card_country", flat=True)
        .first()
    )


def find_top_up(*, top_up_id: UUID) -> TopUp | None:
    """The top-up of that reference, or None."""
    return TopUp.objects.filter(pk=top_up_id).first()


def get_top_up(*, top_up_id: UUID) -> TopUp:
    """The top-up of that reference, or `UnknownTopUpError`."""
    top_up = find_top_up(top_up_id=top_up_id)
    if top_up is None:
        raise UnknownTopUpError(f"no top-up has the reference {top_up_id}")
    return top_up


def find_top_up_by_handle(*, gateway: str, handle: str) -> TopUp | None:
    """The top-up whose charge the gateway calls so, or None. One query."""
    return TopUp.objects.filter(gateway=gateway, handle=handle).first() if handle else None


def list_top_ups_by_handle(*, gateway: str, handles: Collection[str]) -> dict[str, TopUp]:
    """The top-ups whose charges the gateway calls so. One query for each `HANDLES_AT_ONCE`."""
    chosen = sorted(handles)
    return {
        row.handle: row
        for start in range(0, len(chosen), HANDLES_AT_ONCE)
        for row in TopUp.objects.filter(
            gateway=gateway, handle__in=chosen[start : start + HANDLES_AT_ONCE]
        )
    }


def top_up_facts(*, row: TopUp) -> TopUpFacts:
    """A top-up as what its transfers are made from. No query."""

    def money(micros: int) -> Money:
        return Money(micros, row.currency)

    return TopUpFacts(
        id=str(row.pk),
        person_id=row.person_id,
        gateway=row.gateway,
        amount=money(row.amount_micros),
        has_succeeded=row.state == TopUp.State.SUCCEEDED,
        created_at=row.created_at,
        settled_at=row.settled_at,
        is_held=row.is_held,
        voided_at=row.voided_at,
        bonus=money(row.bonus_micros),
        fee=None if row.fee_micros is None else money(row.fee_micros),
        fee_posted_at=row.fee_posted_at,
    )


def list_unsettled_top_ups(*, person_id: int, now: datetime) -> list[TopUp]:
    """A person's top-ups that are pending, or that a gateway declined late, newest first.

    A decline is told for `DECLINE_SHOWN_FOR`. One that came with the answer to the form is left
    out: the form has said it.
    """
    pending = Q(state=TopUp.State.PENDING)
    declined = Q(state=TopUp.State.DECLINED, settled_at__gt=now - DECLINE_SHOWN_FOR)
    late = Q(settled_at__gt=F("created_at"))
    rows = TopUp.objects.filter(pending | declined & late, person_id=person_id)
    return list(rows.order_by("-created_at")[:UNSETTLED_SHOWN])


def list_pending_top_ups(
    *, created_before: datetime, gateways: Collection[str], now: datetime
) -> list[TopUp]:
    """Top-ups with a charge at one of those gateways whose end is not known yet, the longest unasked
    first; at most `SETTLED_AT_ONCE`, and none too often (`is_due_to_ask`). One query."""
    rows = _pending(created_before, gateways).exclude(handle="").filter(is_due_to_ask(now=now))
    return list(rows.order_by(F("asked_at").asc(nulls_first=True), "created_at")[:SETTLED_AT_ONCE])


def is_due_to_ask(*, now: datetime) -> Q:
    """True of what a gateway may be asked about now: a young row in every round, an older one once
    in `ASKED_AGAIN_AFTER`."""
    return (
        Q(created_at__gt=now - ASKED_OFTEN_WITHIN)
        | Q(asked_at=None)
        | Q(asked_at__lte=now - ASKED_AGAIN_AFTER)
    )


def list_top_ups_without_charge(
    *, created_before: datetime, gateways: Collection[str]
) -> list[TopUp]:
    """Pending top-ups of those gateways for which no charge was begun, as far as we know, oldest
    first; at most `SETTLED_AT_ONCE`. One query."""
    rows = _pending(created_before, gateways).filter(handle="")
    return list(rows.order_by("created_at")[:SETTLED_AT_ONCE])


def _pending(created_before: datetime, gateways: Collection[str]) -> QuerySet[TopUp]:
    return TopUp.objects.filter(
        state=TopUp.State.PENDING, created_at__lt=created_before, gateway__in=gateways
    )


def list_unpriced_top_ups(
    *, settled_after: datetime, asked_before: datetime, gateways: Collection[str]
) -> list[TopUp]:
    """Top-ups of those gateways that have arrived and whose fee is not known yet, the longest
    unasked first; at most `SETTLED_AT_ONCE`. One query."""
    rows = TopUp.objects.filter(
        Q(asked_at=None) | Q(asked_at__lt=asked_before),
        state=TopUp.State.SUCCEEDED,
        fee_micros=None,
        settled_at__gt=settled_after,
        gateway__in=gateways,
    )
    return list(rows.order_by(F("asked_at").asc(nulls_first=True), "created_at")[:SETTLED_AT_ONCE])


def list_top_ups_settled(*, gateway: str, within: Period) -> list[TopUp]:
    """The top-ups of a gateway that arrived in a period. One query."""
    rows = TopUp.objects.filter(
        gateway=gateway, state=TopUp.State.SUCCEEDED, settled_at__gte=within.starts_at
    )
    if within.ends_at is not None:
        rows = rows.filter(settled_at__lt=within.ends_at)
    return list(rows.order_by("settled_at"))


def count_pending_top_ups(*, person_id: int) -> int:
    """How many of a person's top-ups are on their way."""
    return TopUp.objects.filter(person_id=person_id, state=TopUp.State.PENDING).count()


def get_pending_total(*, person_id: int, currency: str) -> Money:
    """What a person's top-ups in a currency come to that are on their way. One query."""
    rows = TopUp.objects.filter(person_id=person_id, currency=currency, state=TopUp.State.PENDING)
    return Money(rows.aggregate(s=Sum("amount_micros"))["s"] or 0, currency)


def count_top_ups_since(*, person_id: int, since: datetime) -> int:
    """How many top-ups a person has begun since then. One query."""
    return TopUp.objects.filter(person_id=person_id, created_at__gt=since).count()


def list_pending_totals() -> list[PendingTotal]:
    """Everybody's pending top-ups, by currency. One query."""
    rows = (
        TopUp.objects.filter(state=TopUp.State.PENDING)
        .values("currency")
        .annotate(n=Count("pk"), micros=Sum("amount_micros"), oldest=Min("created_at"))
        .values_list("currency", "n", "micros", "oldest")
    )
    return [
        PendingTotal(count, Money(micros, currency), oldest)
        for currency, count, micros, oldest in rows.order_by("currency")
    ]


def iterate_top_ups() -> Iterator[TransferFacts]:
    """Every transfer that top-ups must have."""
    for top_up in TopUp.objects.iterator(chunk_size=2_000):
        yield from top_up_transfers(facts=top_up_facts(row=top_up))
