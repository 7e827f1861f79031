"""Accounts and the transfers between them. The database itself keeps laws 1 and 2: see `guards.py`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from pennywhistle.shop.ledger.rules import Phase


class Account(models.Model):
    """A place where money of one currency stands.

    The ledger knows nothing of music, nor of people: each room names its own accounts by `code`.
    A `guarded` account keeps its balance in the row, and how much of it pending transfers reserve:
    what is left may not fall below zero. The balance of any other is summed from its transfers, so
    that a busy one is never a lock.
    """

    class Kind(models.TextChoices):
        ASSET = "asset"
        LIABILITY = "liability"
        INCOME = "income"
        EXPENSE = "expense"

    code = models.CharField(max_length=120, unique=True)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_guarded = models.BooleanField(default=False)
    balance_micros = models.BigIntegerField(default=0, editable=False)
    reserved_micros = models.BigIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ledger_guarded_balance_not_below_zero", condition=Q(balance_micros__gte=0)
            ),
            models.CheckConstraint(
                name="ledger_reserved_within_balance",
                condition=Q(reserved_micros__gte=0, reserved_micros__lte=F("balance_micros")),
            ),
            models.CheckConstraint(
                name="ledger_unguarded_balance_not_kept",
                condition=Q(is_guarded=True) | Q(balance_micros=0, reserved_micros=0),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Transfer(models.Model):
    """One immutable movement: `amount_micros` leaves the debit account for the credit account.

    What its `phase` makes of that: `rules.Phase`.
    """

    key = models.CharField(max_length=160, unique=True)
    debit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    credit_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()
    reason = models.CharField(max_length=30)
    document = models.CharField(max_length=100, db_index=True)
    posted_at = models.DateTimeField(db_index=True)
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    phase = models.CharField(
        max_length=8,
        choices=[(phase.value, phase.value) for phase in Phase],
        default=Phase.POSTED.value,
    )
    settles = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="settled_by"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ledger_amount_above_zero", condition=Q(amount_micros__gt=0)
            ),
            models.CheckConstraint(
                name="ledger_two_different_accounts",
                condition=~Q(debit_account=F("credit_account")),
            ),
            models.CheckConstraint(
                name="ledger_phase_fits_what_it_settles",
                condition=Q(phase__in=["posted", "pending"], settles=None)
                | Q(phase__in=["posts", "voids"], settles__isnull=False),
            ),
            models.CheckConstraint(
                name="ledger_reversal_is_posted",
                condition=Q(reverses=None) | Q(phase="posted"),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Seal(models.Model):
    """One day of the books, hashed and chained to the day before. `seals.SealFacts` says how."""

    day = models.DateField(unique=True)
    form = models.SmallIntegerField(default=1)
    transfer_count = models.BigIntegerField()
    transfers_root = models.CharField(max_length=64)
    document_count = models.BigIntegerField()
    documents_root = models.CharField(max_length=64)
    lines_sha256 = models.CharField(max_length=64, blank=True, default="")
    previous = models.CharField(max_length=64)
    chain = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.day} {self.chain}"
