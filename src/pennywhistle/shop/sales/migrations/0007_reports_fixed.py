"""What a listener said of a file stays as it was said."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_fixed, lift_append_only


def install(apps, editor):
    keep_fixed(
        editor,
        table="sales_filereport",
        columns=("sale_line_id", "trouble", "words", "reported_at", "held"),
        unique_keys=(("id",), ("sale_line_id",)),
    )


def lift(apps, editor):
    lift_append_only(editor, table="sales_filereport")


class Migration(migrations.Migration):
    dependencies = [("sales", "0006_guards")]
    operations = [migrations.RunPython(install, lift)]
