"""Each day of the books is sealed once it is over, and takes no transfer any more."""

from django.db import migrations, models

from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days, keep_seals


def install(apps, editor):
    keep_seals(editor)
    keep_out_of_sealed_days(editor, table="ledger_transfer", column="posted_at")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_phases")]
    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                ("transfer_count", models.BigIntegerField()),
                ("transfers_root", models.CharField(max_length=64)),
                ("document_count", models.BigIntegerField()),
                ("documents_root", models.CharField(max_length=64)),
                ("previous", models.CharField(max_length=64)),
                ("chain", models.CharField(max_length=64, unique=True)),
            ],
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
