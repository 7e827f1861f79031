"""Transfers that are pending, and those that settle them; the triggers of `guards.py` anew."""

import django.db.models.deletion
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_ledger, lift_ledger


def lift(apps, editor):
    lift_ledger(editor)


def keep(apps, editor):
    keep_ledger(editor)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [
        migrations.RunPython(lift, migrations.RunPython.noop),
        migrations.RemoveConstraint("account", "ledger_unguarded_balance_not_kept"),
        migrations.AddField(
            "account", "reserved_micros", models.BigIntegerField(default=0, editable=False)
        ),
        migrations.AddField(
            "transfer",
            "phase",
            models.CharField(
                choices=[
                    ("posted", "posted"),
                    ("pending", "pending"),
                    ("posts", "posts"),
                    ("voids", "voids"),
                ],
                default="posted",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "transfer",
            "settles",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settled_by",
                to="ledger.transfer",
            ),
        ),
        migrations.AlterField(
            "transfer",
            "reverses",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversed_by",
                to="ledger.transfer",
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                name="ledger_reserved_within_balance",
                condition=models.Q(
                    reserved_micros__gte=0, reserved_micros__lte=models.F("balance_micros")
                ),
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                name="ledger_unguarded_balance_not_kept",
                condition=models.Q(is_guarded=True)
                | models.Q(balance_micros=0, reserved_micros=0),
            ),
        ),
        migrations.AddConstraint(
            "transfer",
            models.CheckConstraint(
                name="ledger_phase_fits_what_it_settles",
                condition=models.Q(phase__in=["posted", "pending"], settles=None)
                | models.Q(phase__in=["posts", "voids"], settles__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            "transfer",
            models.CheckConstraint(
                name="ledger_reversal_is_posted",
                condition=models.Q(reverses=None) | models.Q(phase="posted"),
            ),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
