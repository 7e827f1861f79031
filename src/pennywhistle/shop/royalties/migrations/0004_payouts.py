"""Payouts: set aside by one row, and ended by another; neither ever changes."""

import django.db.models.deletion
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_append_only


def install(apps, editor):
    keep_append_only(editor, table="royalties_payout", unique_keys=(("id",),))
    keep_append_only(editor, table="royalties_payoutend", unique_keys=(("id",), ("payout_id",)))


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0002_preview_seconds"),
        ("ledger", "0003_phases"),
        ("royalties", "0003_reversals"),
    ]
    operations = [
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("amount_micros", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("made_at", models.DateTimeField(db_index=True)),
                (
                    "licensor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="licensing.licensor",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_micros__gt", 0)),
                        name="royalties_payout_above_zero",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_paid", models.BooleanField()),
                ("ended_at", models.DateTimeField()),
                (
                    "payout",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="royalties.payout",
                    ),
                ),
            ],
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
