"""Transfers are append-only. The rest of `guards.py` comes with 0003, which replaces the triggers that
this migration once made."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_append_only


def install(apps, editor):
    keep_append_only(
        editor, table="ledger_transfer", unique_keys=(("id",), ("key",), ("reverses_id",))
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
