"""What goes back through a gateway: pay-backs and disputes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pennywhistle.shop.payments.going_back.rules import DisputeStage, PayBackState
from pennywhistle.shop.payments.top_ups.models import TopUp


class PayBack(models.Model):
    """A part of a top-up on its way back to the card. Its id is the reference that we give."""

    id = models.UUIDField(primary_key=True)
    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="pay_backs")
    amount_micros = models.BigIntegerField()
    bonus_micros = models.BigIntegerField(default=0)  # Taken back with it of what the store gave.
    handle = models.CharField(max_length=120, blank=True)  # The gateway's name for it.
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in PayBackState]
    )
    decline_reason = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"])]
        constraints = [
            models.CheckConstraint(
                name="payments_pay_back_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]


class Dispute(models.Model):
    """A top-up that its card's bank takes back, as far as it has come: see `rules.py`.

    `is_refund` where nobody's bank did, but somebody gave the money back at the gateway itself.
    `shortage_micros` is what of it stands uncovered: while it is above zero, nothing is bought.
    """

    gateway = models.CharField(max_length=30)
    reference = models.CharField(max_length=60)  # The gateway's own.
    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="disputes")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disputes"
    )
    currency = models.CharField(max_length=3)
    amount_micros = models.BigIntegerField()
    is_refund = models.BooleanField(default=False)
    fee_micros = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=3)
    later_fee_micros = models.BigIntegerField(default=0)
    frozen_micros = models.BigIntegerField(default=0)
    made_good_micros = models.BigIntegerField(default=0)
    bonus_micros = models.BigIntegerField(default=0)
    shortage_micros = models.BigIntegerField(default=0)
    stage = models.CharField(max_length=8, choices=[(one.value, one.value) for one in DisputeStage])
    reason = models.CharField(max_length=100, blank=True)
    heard_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # When it was won after it had been lost, and what the gateway asked for that.
    overturned_at = models.DateTimeField(null=True)
    overturn_fee_micros = models.BigIntegerField(default=0)
    # When the listener made good what was short.
    repaid_at = models.DateTimeField(null=True)
    # When, and by whom, the listener was let buy again without the rest.
    forgiven_at = models.DateTimeField(null=True)
    forgiven_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                name="payments_dispute_short",
                fields=["person", "currency"],
                condition=Q(shortage_micros__gt=0),
            )
        ]
        constraints = [
            models.UniqueConstraint(name="payments_dispute_once", fields=["gateway", "reference"]),
            models.CheckConstraint(
                name="payments_dispute_parts_fit",
                condition=Q(
                    amount_micros__gt=0,
                    fee_micros__gte=0,
                    frozen_micros__gte=0,
                    made_good_micros__gte=0,
                    shortage_micros__gte=0,
                )
                & Q(
                    amount_micros__gte=F("frozen_micros")
                    + F("made_good_micros")
                    + F("shortage_micros")
                ),
            ),
            models.CheckConstraint(
                name="payments_dispute_repaid_was_short",
                condition=Q(repaid_at=None)
                | Q(
                    shortage_micros=0, amount_micros__gt=F("frozen_micros") + F("made_good_micros")
                ),
            ),
            models.CheckConstraint(
                name="payments_dispute_overturned_is_won",
                condition=Q(overturned_at=None, overturn_fee_micros=0)
                | Q(overturned_at__isnull=False, stage=DisputeStage.WON.value),
            ),
        ]
