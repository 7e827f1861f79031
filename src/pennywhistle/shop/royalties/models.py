"""What is owed per sale line and right, and the statements that say so."""

from __future__ import annotations

from django.conf import settings
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


class PayoutTerms(models.Model):
    """Where and when a licensor is paid, as it was agreed; a change is a new row, of the next version.

    `agreed_by` is None where it was set by command.
    """

    class Schedule(models.TextChoices):
        MONTHLY = "monthly"
        QUARTERLY = "quarterly"
        BY_HAND = "by-hand"

    licensor = models.ForeignKey(
        "licensing.Licensor", on_delete=models.PROTECT, related_name="payout_terms"
    )
    version = models.PositiveIntegerField()
    holder = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    minimum_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    schedule = models.CharField(max_length=9, choices=Schedule.choices)
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="royalties_terms_version_once", fields=["licensor", "version"]
            ),
            models.CheckConstraint(
                name="royalties_minimum_not_below_zero", condition=Q(minimum_micros__gte=0)
            ),
        ]


class PayoutFile(models.Model):
    """A file of payments for the bank: its head, from which the same bytes can be written again.

    `digest` is of it and its payments: it tells a changed row.
    """

    id = models.UUIDField(primary_key=True)
    version = models.CharField(max_length=2)  # Of pain.001.001.
    debtor = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    payment_count = models.PositiveIntegerField()
    total_micros = models.BigIntegerField()
    execute_on = models.DateField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_index=True)


class PayoutOrder(models.Model):
    """A payout as it stands in one file, and in no other: to whom, and with what words."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="order")
    file = models.ForeignKey(PayoutFile, on_delete=models.PROTECT, related_name="orders")
    position = models.PositiveIntegerField()
    holder = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    text = models.CharField(max_length=140)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="royalties_order_place_once", fields=["file", "position"])
        ]


class PayoutBooking(models.Model):
    """The entry of the bank account that a payout left by, alone or with the whole of its file."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="booking")
    entry_key = models.CharField(max_length=64)
    booked_on = models.DateField()


class PayoutReturn(models.Model):
    """The entry of the bank account by which a payout came back: it is owed again."""

    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="came_back")
    entry_key = models.CharField(max_length=64, unique=True)
    booked_on = models.DateField()
    returned_at = models.DateTimeField()
