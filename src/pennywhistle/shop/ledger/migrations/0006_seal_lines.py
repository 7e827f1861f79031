"""A seal holds the hash of the file of its day's lines: those there are already have none.

As SQL, since Django would make the table anew on SQLite, and its triggers would be lost:
https://docs.djangoproject.com/en/5.2/topics/migrations/#sqlite
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_seal_forms")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE ledger_seal ADD COLUMN lines_sha256 varchar(64) NOT NULL DEFAULT ''",
            "ALTER TABLE ledger_seal DROP COLUMN lines_sha256",
            state_operations=[
                migrations.AddField(
                    "seal", "lines_sha256", models.CharField(blank=True, default="", max_length=64)
                )
            ],
        ),
    ]
