"""The store's bank account: transfers that listeners mean to make, and what its statements tell.

All four tables are append-only.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from pennywhistle.shop.payments.top_ups.models import VoucherClass


class BankSlip(models.Model):
    """A bank transfer that a listener means to make, and the reference to write on it.

    It never changes. What came of it is told by the entries that name it, however late, however
    many, and of whatever amount. `bonus_percent` is what the store adds to them.
    """

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bank_slips"
    )
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=25, unique=True)
    bonus_percent = models.CharField(max_length=8, blank=True)
    voucher_class = models.CharField(max_length=14, choices=VoucherClass.choices)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "created_at"])]
        constraints = [
            models.CheckConstraint(
                name="payments_slip_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]


class BankStatement(models.Model):
    """One statement of the store's bank account, as it was imported. It never changes.

    `new_count` and `new_micros` are of those entries that no statement before it had told: how many,
    and their sum, credits less debits.
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    iban = models.CharField(max_length=34)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=35)  # The bank's own.
    opening_micros = models.BigIntegerField()
    closing_micros = models.BigIntegerField()
    closing_on = models.DateField()
    entry_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField()
    new_micros = models.BigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["iban", "closing_on"])]


class BankEntry(models.Model):
    """One movement of the store's bank account. It never changes: `BankDecision` says whose it is.

    `key` is made of what tells it from every other one; `statement` is the first that told it.
    `slip` is the one whose reference it bears.
    """

    key = models.CharField(max_length=64, unique=True)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="entries")
    is_credit = models.BooleanField()
    is_reversal = models.BooleanField()
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    bank_ref = models.CharField(max_length=60, blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    counterparty_iban = models.CharField(max_length=34, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    slip = models.ForeignKey(BankSlip, null=True, on_delete=models.PROTECT, related_name="entries")

    class Meta:
        indexes = [models.Index(fields=["booked_on"])]
        constraints = [
            models.CheckConstraint(
                name="payments_bank_entry_above_zero", condition=Q(amount_micros__gt=0)
            )
        ]


class BankDecision(models.Model):
    """What a credit of the bank account is: a listener's, gone back, the payout of a gateway, or not
    for a wallet at all.

    It is made once and never changes. `gateway` is whose payout it is, empty for all else.
    `decided_by` is None where the reference decided.
    """

    class Outcome(models.TextChoices):
        CREDITED = "credited"
        RETURNED = "returned"
        OURS = "ours"
        PAYOUT = "payout"

    entry = models.OneToOneField(BankEntry, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    gateway = models.CharField(max_length=30, blank=True)
    bonus_micros = models.BigIntegerField(default=0)
    voucher_class = models.CharField(max_length=14, choices=VoucherClass.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payments_decision_names_whom",
                condition=Q(outcome="credited", person__isnull=False, bonus_micros__gte=0)
                | Q(~Q(outcome="credited"), person=None, bonus_micros=0),
            ),
            models.CheckConstraint(
                name="payments_decision_names_gateway",
                condition=Q(~Q(gateway=""), outcome="payout") | Q(~Q(outcome="payout"), gateway=""),
            ),
        ]
