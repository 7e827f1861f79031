"""The triggers of `guards.py`."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_append_only, keep_ledger


def install(apps, editor):
    keep_append_only(
        editor, table="ledger_transfer", unique_keys=(("id",), ("key",), ("reverses_id",))
    )
    keep_ledger(editor)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
