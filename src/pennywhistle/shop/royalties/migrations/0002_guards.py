"""What accrued stays as it accrued."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_append_only


def install(apps, editor):
    keep_append_only(
        editor, table="royalties_accrual", unique_keys=(("id",), ("sale_line_id", "right"))
    )


class Migration(migrations.Migration):
    dependencies = [("royalties", "0001_initial"), ("ledger", "0002_guards")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
