"""Licences and what happened to them do not change in the database either."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only

_KEYS = {
    "licensing_licence": (("id",), ("number",)),
    "licensing_licencechange": (("id",),),
}


def keep(apps, editor):
    for table, keys in _KEYS.items():
        keep_append_only(editor, table=table, unique_keys=keys)


def lift(apps, editor):
    for table in _KEYS:
        lift_append_only(editor, table=table)


class Migration(migrations.Migration):
    dependencies = [("licensing", "0003_as_written")]
    operations = [
        migrations.RemoveField("licence", "ended_at"),
        migrations.RemoveField("licence", "end_reason"),
        migrations.RunPython(keep, lift),
    ]
