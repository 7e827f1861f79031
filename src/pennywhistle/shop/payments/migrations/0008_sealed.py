"""What comes without a transfer of its own is not dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days, lift_out_of_sealed_days

_DATED = {
    "payments_voucher": "issued_at",
    "payments_bankslip": "created_at",
    "payments_bankstatement": "imported_at",
    "payments_gatewaymessage": "received_at",
}


def install(apps, editor):
    for table, column in _DATED.items():
        keep_out_of_sealed_days(editor, table=table, column=column)


def lift(apps, editor):
    for table in _DATED:
        lift_out_of_sealed_days(editor, table=table)


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_from_outside"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, lift)]
