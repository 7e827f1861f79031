"""When a pay-back's gateway was last asked about it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_bonus_back")]
    operations = [
        migrations.AddField("payback", "asked_at", models.DateTimeField(null=True)),
    ]
