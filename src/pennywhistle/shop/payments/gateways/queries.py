"""Reads of what is kept of gateways: their messages, their circuits, the cards they keep."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from pennywhistle.shop.payments.gateways.circuits import Circuit
from pennywhistle.shop.payments.gateways.models import (
    GatewayCircuit,
    GatewayCustomer,
    GatewayMessage,
    SavedCard,
)

MESSAGES_AT_ONCE = 100
CARDS_SHOWN = 10
MESSAGES_SHOWN = 50
MESSAGES_REPLAYED = 10_000

# Messages with their bodies, each up to `MESSAGE_BYTES_MOST`.
_ROWS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message as it is kept. `due_at` is None where it is done with or given up."""

    id: int
    gateway: str
    event_id: str
    event_type: str
    body: str
    received_at: datetime
    tries: int
    due_at: datetime | None
    processed_at: datetime | None
    trouble: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A kept card as its person knows it, and as its gateway does."""

    id: int
    gateway: str
    card_ref: str
    customer_ref: str
    brand: str
    last4: str
    expires_year: int
    expires_month: int
    country: str
    is_kept: bool


def circuit_of(*, row: GatewayCircuit) -> Circuit:
    """A circuit as its row says. No query."""
    return Circuit(
        gateway=row.gateway,
        failures=row.failures,
        opened_at=row.opened_at,
        probe_at=row.probe_at,
        probes=row.probes,
        is_shut=row.is_shut,
        reason=row.reason,
    )


def list_circuits() -> dict[str, Circuit]:
    """Every circuit that ever failed, by gateway. One query."""
    return {row.gateway: circuit_of(row=row) for row in GatewayCircuit.objects.order_by("gateway")}


def list_due_messages(*, now: datetime, gateways: Collection[str]) -> list[MessageFacts]:
    """Messages that are to be processed, oldest first; at most `MESSAGES_AT_ONCE`. One query."""
    rows = GatewayMessage.objects.filter(due_at__lte=now, gateway__in=gateways)
    return [_message(row) for row in rows.order_by("due_at", "pk")[:MESSAGES_AT_ONCE]]


def list_messages(
    *,
    gateway: str = "",
    event_id: str = "",
    received_from: datetime | None = None,
    received_before: datetime | None = None,
    only_failed: bool = False,
    only_whole: bool = False,
    limit: int = MESSAGES_SHOWN,
) -> list[MessageFacts]:
    """Messages, newest first; `only_whole` leaves out those whose bodies are gone. One query."""
    chosen = Q()
    if gateway:
        chosen &= Q(gateway=gateway)
    if event_id:
        chosen &= Q(event_id=event_id)
    if received_from is not None:
        chosen &= Q(received_at__gte=received_from)
    if received_before is not None:
        chosen &= Q(received_at__lt=received_before)
    if only_whole:
        chosen &= ~Q(body="")
    if only_failed:
        chosen &= Q(processed_at=None, due_at=None)
    return [_message(row) for row in GatewayMessage.objects.filter(chosen).order_by("-pk")[:limit]]


def count_failed_messages() -> int:
    """Messages that were given up. One query."""
    return GatewayMessage.objects.filter(processed_at=None, due_at=None).count()


def find_customer(*, person_id: int, gateway: str) -> str | None:
    """What a gateway calls a person, or None. One query."""
    rows = GatewayCustomer.objects.filter(person_id=person_id, gateway=gateway)
    return rows.values_list("customer_ref", flat=True).first()


def list_cards(*, person_id: int) -> list[CardFacts]:
    """The cards that are kept for a person, newest first. One query."""
    rows = SavedCard.objects.filter(person_id=person_id, is_kept=True, forgotten_at=None)
    return [_card(row) for row in rows.order_by("-added_at", "-pk")[:CARDS_SHOWN]]


def find_card(*, card_id: int, person_id: int) -> CardFacts | None:
    """A card of that person which is not forgotten, or None. One query."""
    row = SavedCard.objects.filter(pk=card_id, person_id=person_id, forgotten_at=None).first()
    return _card(row) if row else None


def list_cards_to_forget(*, added_before: datetime, gateways: Collection[str]) -> list[CardFacts]:
    """Cards that were entered for one top-up alone, and are still known; at most
    `MESSAGES_AT_ONCE`. One query."""
    rows = SavedCard.objects.filter(
        is_kept=False, forgotten_at=None, added_at__lt=added_before, gateway__in=gateways
    )
    return [_card(row) for row in rows.order_by("pk")[:MESSAGES_AT_ONCE]]


def _card(row: SavedCard) -> CardFacts:
    return CardFacts(
        id=row.pk,
        gateway=row.gateway,
        card_ref=row.card_ref,
        customer_ref=row.customer_ref,
        brand=row.brand,
        last4=row.last4,
        expires_year=row.expires_year,
        expires_month=row.expires_month,
        country=row.country,
        is_kept=row.is_kept,
    )


def iterate_wrong_messages(*, young_from: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Messages whose body, while it is kept, is not the one that came: which, and what is wrong. Kept is
    what is to be processed yet, and, where that is told, what came at `young_from` or later. One query."""
    rows = GatewayMessage.objects.order_by("pk")
    for row in rows.iterator(chunk_size=_ROWS_AT_ONCE):
        where = f"message {row.event_id} of {row.gateway}"
        if row.body_sha256 == hashlib.sha256(row.body.encode()).hexdigest():
            continue
        if row.body:
            yield where, "its body is not the one that came: its fingerprint does not fit"
        elif row.due_at is not None:
            yield where, "its body is gone, and it is to be processed yet"
        elif young_from is not None and row.received_at >= young_from:
            yield where, "its body is gone before its time (PENNYWHISTLE_MESSAGES_KEPT_DAYS)"


def _message(row: GatewayMessage) -> MessageFacts:
    return MessageFacts(
        id=row.pk,
        gateway=row.gateway,
        event_id=row.event_id,
        event_type=row.event_type,
        body=row.body,
        received_at=row.received_at,
        tries=row.tries,
        due_at=row.due_at,
        processed_at=row.processed_at,
        trouble=row.trouble,
    )
