"""Codes worth money: vouchers, gifts, and how often wrong ones were tried."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Voucher(models.Model):
    """A code worth money once. Only the code's SHA-256 is kept.

    `is_free` where the store gives the money away, instead of having sold the paper. `sold_at` is
    when some till told that it was sold; one that is redeemed before has none.
    """

    code_sha256 = models.CharField(max_length=64, unique=True)
    batch = models.CharField(max_length=60)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    is_free = models.BooleanField(default=False)
    issued_at = models.DateTimeField()
    sold_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payments_voucher_above_zero", condition=Q(amount_micros__gt=0)
            ),
            models.CheckConstraint(
                name="payments_free_voucher_not_sold",
                condition=Q(is_free=False) | Q(sold_at=None),
            ),
        ]


class Gift(models.Model):
    """Money that a listener bought out of their wallet for somebody else, behind a code.

    Only the code's SHA-256 is kept: its buyer is shown it again, since it is made of the id and of
    the store's secret key.
    """

    id = models.UUIDField(primary_key=True)
    code_sha256 = models.CharField(max_length=64, unique=True)
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="gifts"
    )
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    greeting = models.CharField(max_length=200, blank=True)
    bought_at = models.DateTimeField()
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    redeemed_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["buyer", "bought_at"])]
        constraints = [
            models.CheckConstraint(
                name="payments_gift_above_zero", condition=Q(amount_micros__gt=0)
            ),
            models.CheckConstraint(
                name="payments_gift_ends_once",
                condition=Q(redeemed_at=None) | Q(taken_back_at=None),
            ),
        ]


class CodeTry(models.Model):
    """How often a person, or an address, has lately sent codes that are none: see `tries.py`."""

    subject = models.CharField(max_length=80, primary_key=True)
    misses = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField()
