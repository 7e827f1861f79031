"""A quote is as it was made, or forgotten; no paper is dated to a day that is sealed."""

from django.db import migrations

from pennywhistle.shop.ledger.guards import keep_unchanged, lift_append_only
from pennywhistle.shop.ledger.seal_guards import keep_out_of_sealed_days, lift_out_of_sealed_days

LINE_KEYS = (("id",), ("quote_id", "number"), ("quote_id", "track_id", "recipe"))


def install(apps, editor):
    keep_unchanged(editor, table="sales_quote", unique_keys=(("id",),))
    keep_unchanged(editor, table="sales_quoteline", unique_keys=LINE_KEYS)
    keep_out_of_sealed_days(editor, table="sales_paper", column="issued_at")


def lift(apps, editor):
    for table in ("sales_quote", "sales_quoteline"):
        lift_append_only(editor, table=table)
    lift_out_of_sealed_days(editor, table="sales_paper")


class Migration(migrations.Migration):
    dependencies = [("sales", "0005_papers"), ("ledger", "0004_seals")]
    operations = [migrations.RunPython(install, lift)]
