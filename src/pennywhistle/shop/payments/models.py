"""Top-ups, vouchers, kept cards, and what gateways told us."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pennywhistle.shop.payments.going_back import DisputeStage, PayBackState


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


class GatewayMessage(models.Model):
    """One message that a gateway sent and signed: kept as it came before anything is done with it."""

    gateway = models.CharField(max_length=30)
    event_id = models.CharField(max_length=120)
    event_type = models.CharField(max_length=60)
    body = models.TextField()
    received_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"])]
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


class Voucher(models.Model):
    """A code worth money once. Only the code's SHA-256 is kept.

    `is_free` where the store gives the money away, instead of having sold the paper.
    """

    code_sha256 = models.CharField(max_length=64, unique=True)
    batch = models.CharField(max_length=60)
    amount_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    is_free = models.BooleanField(default=False)
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
    """A top-up that its card's bank takes back, as far as it has come: see `going_back.py`.

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


# The bank's tables stand in a file of their own, and are this room's like those above.
from pennywhistle.shop.payments import bank_models as _bank_models  # noqa: E402, F401
