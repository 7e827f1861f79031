"""What gateways sent, whether each is asked for anything, and the cards that they keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class GatewayMessage(models.Model):
    """One message that a gateway sent and signed: kept as it came before anything is done with it.

    `body` is emptied a while after it was processed (`messages.BODY_KEPT_FOR`); its SHA-256 stays.
    """

    gateway = models.CharField(max_length=30)
    event_id = models.CharField(max_length=120)
    event_type = models.CharField(max_length=60)
    body = models.TextField()
    body_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"]),
            models.Index(
                name="payments_message_body",
                fields=["processed_at"],
                condition=~Q(body=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="payments_message_once", fields=["gateway", "event_id"])
        ]


class GatewayCustomer(models.Model):
    """The name under which a gateway knows a person."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    gateway = models.CharField(max_length=30)
    customer_ref = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="payments_customer_once", fields=["person", "gateway"])
        ]


class SavedCard(models.Model):
    """A card that a gateway keeps for a person: what they know it by, never its number.

    `is_kept` is False where it was entered for one top-up alone and is forgotten after it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    gateway = models.CharField(max_length=30)
    card_ref = models.CharField(max_length=120)
    customer_ref = models.CharField(max_length=120)
    brand = models.CharField(max_length=30, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expires_year = models.PositiveSmallIntegerField(default=0)
    expires_month = models.PositiveSmallIntegerField(default=0)
    country = models.CharField(max_length=2, blank=True)
    is_kept = models.BooleanField(default=True)
    added_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="payments_card_once", fields=["gateway", "card_ref"])
        ]


class GatewayCircuit(models.Model):
    """Whether a gateway is asked for anything: see `circuits.py`. No row is a closed circuit."""

    gateway = models.CharField(max_length=30, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    probes = models.PositiveIntegerField(default=0)
    is_shut = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
