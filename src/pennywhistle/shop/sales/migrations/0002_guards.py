"""What was sold stays as it was sold."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_append_only


def install(apps, editor):
    keep_append_only(editor, table="sales_purchase", unique_keys=(("id",), ("quote_id",)))
    keep_append_only(
        editor,
        table="sales_saleline",
        unique_keys=(("id",), ("document",), ("purchase_id", "number")),
    )


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial"), ("ledger", "0002_guards")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
