"""Top-ups, vouchers, and what gateways told us."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class TopUp(models.Model):
    """Money on its way into a wallet, through a gateway. Its id is the reference that we give."""

    class State(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        DECLINED = "declined"

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    gateway = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    decline_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"])]
        constraints = [
            models.CheckConstraint(
                name="payments_top_up_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]


class PaymentEvent(models.Model):
    """One message of a gateway, kept raw and processed once."""

    gateway = models.CharField(max_length=30)
    event_id = models.CharField(max_length=120)
    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="events")
    raw = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="payments_event_once", fields=["gateway", "event_id"])
        ]


class Voucher(models.Model):
    """A code worth money once. Only the code's SHA-256 is kept."""

    code_sha256 = models.CharField(max_length=64, unique=True)
    batch = models.CharField(max_length=60)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payments_voucher_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]
