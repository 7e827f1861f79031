"""A seal says by which version its entries were hashed: those there are already, by the first.

As SQL, since Django would make the table anew on SQLite, and its triggers would be lost:
https://docs.djangoproject.com/en/5.2/topics/migrations/#sqlite
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_seals")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE ledger_seal ADD COLUMN form smallint NOT NULL DEFAULT 1",
            "ALTER TABLE ledger_seal DROP COLUMN form",
            state_operations=[
                migrations.AddField("seal", "form", models.SmallIntegerField(default=1))
            ],
        ),
    ]
