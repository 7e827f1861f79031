"""Licences, what happens to them, and orders to block are not dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days, lift_out_of_sealed_days

_DATED = {
    "licensing_licence": "granted_at",
    "licensing_licencechange": "recorded_at",
    "licensing_blockorder": "recorded_at",
    "licensing_blocklift": "lifted_at",
}


def install(apps, editor):
    for table, column in _DATED.items():
        keep_out_of_sealed_days(editor, table=table, column=column)


def lift(apps, editor):
    for table in _DATED:
        lift_out_of_sealed_days(editor, table=table)


class Migration(migrations.Migration):
    dependencies = [("licensing", "0005_blocks"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, lift)]
