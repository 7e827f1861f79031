"""No report of a file is dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days, lift_out_of_sealed_days


def install(apps, editor):
    keep_out_of_sealed_days(editor, table="sales_filereport", column="reported_at")


def lift(apps, editor):
    lift_out_of_sealed_days(editor, table="sales_filereport")


class Migration(migrations.Migration):
    dependencies = [("sales", "0007_reports_fixed"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, lift)]
