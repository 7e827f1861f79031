"""What gateways answered, and what was forgiven, is not dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.seal_guards import (
    keep_mark_out_of_sealed_days,
    keep_out_of_sealed_days,
    lift_mark_out_of_sealed_days,
    lift_out_of_sealed_days,
)


def install(apps, editor):
    keep_out_of_sealed_days(editor, table="payments_paymentevent", column="received_at")
    keep_mark_out_of_sealed_days(editor, table="payments_dispute", column="forgiven_at")


def lift(apps, editor):
    lift_out_of_sealed_days(editor, table="payments_paymentevent")
    lift_mark_out_of_sealed_days(editor, table="payments_dispute", column="forgiven_at")


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_sealed"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, lift)]
