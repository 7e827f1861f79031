"""What the store takes back of a bonus when its top-up goes back."""

from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_fixed, lift_append_only

_FIXED = {
    "payments_payback": (
        ("id", "top_up_id", "amount_micros", "bonus_micros", "asked_by_id", "created_at"),
        (("id",),),
    ),
    "payments_dispute": (
        ("id", "gateway", "reference", "top_up_id", "person_id", "currency", "amount_micros"),
        (("id",), ("gateway", "reference")),
    ),
}


def lift(apps, editor):
    for table in _FIXED:
        lift_append_only(editor, table=table)


def keep(apps, editor):
    for table, (columns, unique_keys) in _FIXED.items():
        keep_fixed(editor, table=table, columns=columns, unique_keys=unique_keys)


def keep_as_before(apps, editor):
    for table, (columns, unique_keys) in _FIXED.items():
        older = tuple(column for column in columns if column != "bonus_micros")
        keep_fixed(editor, table=table, columns=older, unique_keys=unique_keys)


def _bonus():
    return models.BigIntegerField(default=0)


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_bank_and_gifts")]
    operations = [
        migrations.RunPython(lift, keep_as_before),
        migrations.AddField("payback", "bonus_micros", _bonus()),
        migrations.AddField("dispute", "bonus_micros", _bonus()),
        migrations.RunPython(keep, lift),
    ]
