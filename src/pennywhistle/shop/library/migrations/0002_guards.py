"""What someone owns is as they acquired it, or given back."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_unchanged

KEYS = (("id",), ("sale_line_id",), ("person_id", "track_id", "recipe"))


def install(apps, editor):
    keep_unchanged(editor, table="library_owneditem", unique_keys=KEYS)


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
