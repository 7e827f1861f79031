"""Top-ups, and what gateways said of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class VoucherClass(models.TextChoices):
    """What a top-up is to the tax office. Directive 2006/112/EC, article 30a:
    https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:02006L0112-20240101"""

    MULTI_PURPOSE = "multi-purpose"
    SINGLE_PURPOSE = "single-purpose"


class TopUp(models.Model):
    """Money on its way into a wallet, through a gateway. Its id is the reference that we give.

    `handle` is the gateway's name for the charge, empty until it was asked for one. `is_held` tells
    that a pending transfer was posted with it, `voided_at` when that was voided. `fee_micros` is
    None until the gateway says what it kept.
    """

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
    handle = models.CharField(max_length=120, blank=True)
    needs_answer = models.BooleanField(default=False)
    card_country = models.CharField(max_length=2, blank=True)
    voucher_class = models.CharField(
        max_length=14, choices=VoucherClass.choices, default=VoucherClass.MULTI_PURPOSE
    )
    bonus_micros = models.BigIntegerField(default=0)
    fee_micros = models.BigIntegerField(null=True)
    fee_posted_at = models.DateTimeField(null=True)
    is_held = models.BooleanField(default=False)
    voided_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"])]
        constraints = [
            models.CheckConstraint(
                name="payments_top_up_above_zero", condition=Q(amount_micros__gt=0)
            ),
            models.CheckConstraint(
                name="payments_bonus_not_below_zero", condition=Q(bonus_micros__gte=0)
            ),
            models.UniqueConstraint(
                name="payments_handle_once", fields=["gateway", "handle"], condition=~Q(handle="")
            ),
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
