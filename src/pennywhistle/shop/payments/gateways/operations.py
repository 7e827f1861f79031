"""Writes to what is kept of gateways: their messages, their circuits, the cards they keep."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.payments.gateways.circuits import Circuit, claim_probe
from pennywhistle.shop.payments.gateways.messages import NewMessage, next_try
from pennywhistle.shop.payments.gateways.models import (
    GatewayCircuit,
    GatewayCustomer,
    GatewayMessage,
    SavedCard,
)
from pennywhistle.shop.payments.gateways.queries import circuit_of

_TROUBLE_LENGTH = 300
EMPTIED_AT_ONCE = 1_000


@sealed_days_told()
def keep_message(*, message: NewMessage, now: datetime) -> bool:
    """Keep a gateway's message as it came; False where it came before. Transaction: the one insert.

    Raises `SealedDayError`.
    """
    _, is_new = GatewayMessage.objects.get_or_create(
        gateway=message.gateway,
        event_id=message.event_id,
        defaults={
            "event_type": message.event_type,
            "body": message.body,
            "body_sha256": hashlib.sha256(message.body.encode()).hexdigest(),
            "received_at": now,
            "due_at": now,
        },
    )
    return is_new


def claim_message(*, message_id: int, now: datetime) -> bool:
    """Take a message on: it is due again later, should this try not be heard of any more. False
    where another has taken it. Transaction: one of its own."""
    with transaction.atomic():
        rows = GatewayMessage.objects.select_for_update().filter(pk=message_id, due_at__lte=now)
        message = rows.first()
        if message is None:
            return False
        message.tries += 1
        message.due_at = next_try(tries=message.tries, now=now)
        message.save(update_fields=["tries", "due_at"])
        return True


def finish_message(*, message_id: int, now: datetime) -> None:
    """A message is done with. Transaction: the one update."""
    GatewayMessage.objects.filter(pk=message_id).update(processed_at=now, due_at=None, trouble="")


def fail_message(*, message_id: int, trouble: str) -> None:
    """A try came to nothing: `due_at` says when the next is. Transaction: the one update."""
    GatewayMessage.objects.filter(pk=message_id).update(trouble=trouble[:_TROUBLE_LENGTH])


def replay_messages(*, message_ids: list[int], now: datetime) -> None:
    """Have messages processed again from the first try on. Transaction: the one update."""
    GatewayMessage.objects.filter(pk__in=message_ids).update(due_at=now, tries=0, processed_at=None)


def empty_messages(*, before: datetime) -> int:
    """Take away what messages said that were done with before, or came before and were given up; at
    most `EMPTIED_AT_ONCE` of them; how many. That they came, and the SHA-256 of what they said, stays.
    Transaction: the one update."""
    given_up = Q(processed_at=None, due_at=None, received_at__lt=before)
    old = GatewayMessage.objects.filter(Q(processed_at__lt=before) | given_up).exclude(body="")
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:EMPTIED_AT_ONCE])
    return GatewayMessage.objects.filter(pk__in=ids).update(body="") if ids else 0


def change_circuit(*, gateway: str, change: Callable[[Circuit], Circuit]) -> Circuit:
    """Store what a circuit becomes; the new one. Transaction: one of its own."""
    with transaction.atomic():
        GatewayCircuit.objects.get_or_create(gateway=gateway)
        row = GatewayCircuit.objects.select_for_update().get(gateway=gateway)
        circuit = change(circuit_of(row=row))
        _store(row, circuit)
        return circuit


def claim_due_probe(*, gateway: str, now: datetime) -> bool:
    """Whether this caller tries an open circuit's gateway now. Transaction: one of its own."""
    with transaction.atomic():
        row = GatewayCircuit.objects.select_for_update().filter(gateway=gateway).first()
        claimed = claim_probe(circuit=circuit_of(row=row), now=now) if row else None
        if row is None or claimed is None:
            return False
        _store(row, claimed)
        return True


def _store(row: GatewayCircuit, circuit: Circuit) -> None:
    row.failures = circuit.failures
    row.opened_at = circuit.opened_at
    row.probe_at = circuit.probe_at
    row.probes = circuit.probes
    row.is_shut = circuit.is_shut
    row.reason = circuit.reason[:_TROUBLE_LENGTH]
    row.save()


def keep_customer(*, person_id: int, gateway: str, customer_ref: str) -> str:
    """Keep what a gateway calls a person; the one that was kept first. Transaction: the one insert."""
    row, _ = GatewayCustomer.objects.get_or_create(
        person_id=person_id, gateway=gateway, defaults={"customer_ref": customer_ref}
    )
    return row.customer_ref


def keep_card(*, card: SavedCard) -> tuple[SavedCard, bool]:
    """Keep a card once; the row under its reference, and whether it is new. Transaction: the one
    insert."""
    fields = ("customer_ref", "brand", "last4", "expires_year", "expires_month", "country")
    return SavedCard.objects.get_or_create(
        gateway=card.gateway,
        card_ref=card.card_ref,
        defaults={name: getattr(card, name) for name in fields}
        | {"person_id": card.person_id, "is_kept": card.is_kept, "added_at": card.added_at},
    )


def mark_forgotten(*, card_id: int, now: datetime) -> None:
    """A card is known no longer: what it was known by is wiped. Transaction: the one update."""
    SavedCard.objects.filter(pk=card_id, forgotten_at=None).update(
        forgotten_at=now, is_kept=False, brand="", last4="", expires_year=0, expires_month=0
    )
