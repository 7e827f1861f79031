"""What is owed per sale line and right, and the statements that say so."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Accrual(models.Model):
    """What one sale line owes to one licensor for one right. Its transfer is in the ledger."""

    sale_line = models.ForeignKey(
        "sales.SaleLine", on_delete=models.PROTECT, related_name="accruals"
    )
    licence = models.ForeignKey("licensing.Licence", on_delete=models.PROTECT, related_name="+")
    licensor = models.ForeignKey(
        "licensing.Licensor", on_delete=models.PROTECT, related_name="accruals"
    )
    right = models.CharField(max_length=10)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    accrued_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["licensor", "accrued_at"])]
        constraints = [
            models.UniqueConstraint(
                name="royalties_once_per_line_and_right", fields=["sale_line", "right"]
            ),
            models.CheckConstraint(
                name="royalties_accrual_not_below_zero", condition=Q(amount_micros__gte=0)
            ),
        ]


class AccrualReversal(models.Model):
    """An accrual taken back, once, because its sale line was refunded. The accrual itself stays."""

    accrual = models.OneToOneField(Accrual, on_delete=models.PROTECT, related_name="reversal")
    reversed_at = models.DateTimeField(db_index=True)


class Statement(models.Model):
    """A statement of a closed period, as it was issued: its total and its bytes' fingerprint."""

    licensor = models.ForeignKey(
        "licensing.Licensor", on_delete=models.PROTECT, related_name="statements"
    )
    period_starts_at = models.DateTimeField()
    period_ends_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total_micros = models.BigIntegerField()
    line_count = models.IntegerField()
    csv_sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="royalties_statement_once",
                fields=["licensor", "period_starts_at", "period_ends_at", "currency"],
            )
        ]


class Payout(models.Model):
    """What was set aside to be paid to a licensor, in whole minor units."""

    id = models.UUIDField(primary_key=True)
    licensor = models.ForeignKey(
        "licensing.Licensor", on_delete=models.PROTECT, related_name="payouts"
    )
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="royalties_payout_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]


class PayoutEnd(models.Model):
    """That a payout left the bank, or that it was called off, once."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="end")
    is_paid = models.BooleanField()
    ended_at = models.DateTimeField()
