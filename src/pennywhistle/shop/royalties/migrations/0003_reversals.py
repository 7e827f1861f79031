"""What accrued can be taken back, once, by a row of its own; an issued statement stays as it is."""

import django.db.models.deletion
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_append_only


def install(apps, editor):
    keep_append_only(
        editor, table="royalties_accrualreversal", unique_keys=(("id",), ("accrual_id",))
    )
    period = ("licensor_id", "period_starts_at", "period_ends_at", "currency")
    keep_append_only(editor, table="royalties_statement", unique_keys=(("id",), period))


class Migration(migrations.Migration):
    dependencies = [("royalties", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="AccrualReversal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reversed_at", models.DateTimeField(db_index=True)),
                (
                    "accrual",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="royalties.accrual",
                    ),
                ),
            ],
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
