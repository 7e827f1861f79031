"""No statement is dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days


def install(apps, editor):
    keep_out_of_sealed_days(editor, table="royalties_statement", column="issued_at")


class Migration(migrations.Migration):
    dependencies = [("royalties", "0004_payouts"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
