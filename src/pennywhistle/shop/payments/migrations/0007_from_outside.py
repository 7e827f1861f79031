"""Refunds made at a gateway, disputes won after they were lost, payouts of gateways, vouchers that
were sold, messages whose bodies are kept for a while alone."""

import hashlib

from django.db import migrations, models
from django.db.models import Q

from pennywhistle.shop.ledger.guards import keep_append_only, keep_fixed, lift_append_only

_DECISION = ("payments_bankdecision", (("id",), ("entry_id",)))

# The columns that stay of each table, and its unique keys: those of before, and what is added.
_FIXED = {
    "payments_dispute": (
        ("id", "gateway", "reference", "top_up_id", "person_id", "currency", "amount_micros"),
        ("is_refund",),
        (("id",), ("gateway", "reference")),
    ),
    "payments_voucher": (
        ("id", "code_sha256", "batch", "amount_micros", "currency", "is_free", "issued_at", "expires_at"),
        (),
        (("id",), ("code_sha256",)),
    ),
    "payments_gatewaymessage": (
        ("id", "gateway", "event_id", "event_type", "received_at"),
        ("body_sha256",),
        (("id",), ("gateway", "event_id")),
    ),
}
MESSAGES_AT_ONCE = 500


def lift(apps, editor):
    for table in (_DECISION[0], *_FIXED):
        lift_append_only(editor, table=table)


def keep(apps, editor):
    keep_append_only(editor, table=_DECISION[0], unique_keys=_DECISION[1])
    for table, (before, added, unique_keys) in _FIXED.items():
        keep_fixed(editor, table=table, columns=before + added, unique_keys=unique_keys)


def keep_as_before(apps, editor):
    keep_append_only(editor, table=_DECISION[0], unique_keys=_DECISION[1])
    for table, (before, _, unique_keys) in _FIXED.items():
        older = (*before, "body") if table == "payments_gatewaymessage" else before
        keep_fixed(editor, table=table, columns=older, unique_keys=unique_keys)


def digest_bodies(apps, editor):
    messages = apps.get_model("payments", "GatewayMessage").objects
    for row in messages.only("pk", "body").iterator(chunk_size=MESSAGES_AT_ONCE):
        digest = hashlib.sha256(row.body.encode()).hexdigest()
        messages.filter(pk=row.pk).update(body_sha256=digest)


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_pay_back_asked")]
    operations = [
        migrations.RunPython(lift, keep_as_before),
        migrations.AddField("dispute", "is_refund", models.BooleanField(default=False)),
        migrations.AddField("dispute", "overturned_at", models.DateTimeField(null=True)),
        migrations.AddField("dispute", "overturn_fee_micros", models.BigIntegerField(default=0)),
        migrations.AddField("dispute", "repaid_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "dispute",
            models.CheckConstraint(
                name="payments_dispute_repaid_was_short",
                condition=Q(repaid_at=None)
                | Q(
                    shortage_micros=0,
                    amount_micros__gt=models.F("frozen_micros") + models.F("made_good_micros"),
                ),
            ),
        ),
        migrations.AddConstraint(
            "dispute",
            models.CheckConstraint(
                name="payments_dispute_overturned_is_won",
                condition=Q(overturned_at=None, overturn_fee_micros=0)
                | Q(overturned_at__isnull=False, stage="won"),
            ),
        ),
        migrations.AddField(
            "bankdecision", "gateway", models.CharField(blank=True, default="", max_length=30),
            preserve_default=False,
        ),
        migrations.AlterField(
            "bankdecision", "outcome",
            models.CharField(
                choices=[
                    ("credited", "Credited"),
                    ("returned", "Returned"),
                    ("ours", "Ours"),
                    ("payout", "Payout"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            "bankdecision",
            models.CheckConstraint(
                name="payments_decision_names_gateway",
                condition=Q(~Q(gateway=""), outcome="payout") | Q(~Q(outcome="payout"), gateway=""),
            ),
        ),
        migrations.AddField("voucher", "sold_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "voucher",
            models.CheckConstraint(
                name="payments_free_voucher_not_sold",
                condition=Q(is_free=False) | Q(sold_at=None),
            ),
        ),
        migrations.AddField(
            "gatewaymessage", "body_sha256", models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(digest_bodies, migrations.RunPython.noop),
        migrations.AddIndex(
            "gatewaymessage",
            models.Index(name="payments_message_body", fields=["processed_at"], condition=~Q(body="")),
        ),
        migrations.RunPython(keep, lift),
    ]
