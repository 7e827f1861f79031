"""What was written beside what it means; what a licence stands on; ends become rows of their own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.territory import TerritorySet


def take_over(apps, editor):
    """Territories are expanded by the tables of this day, which are those they were sold by."""
    licences = apps.get_model("licensing", "Licence").objects
    changes = apps.get_model("licensing", "LicenceChange").objects
    for licence in licences.iterator(chunk_size=500):
        chosen = TerritorySet.parse(licence.territories)
        licences.filter(pk=licence.pk).update(
            territories=",".join(sorted(chosen.countries)),
            territories_written=str(chosen),
            territory_tables=chosen.tables,
            starts_written=str(LocalTime.of(licence.starts_at)),
            ends_written=str(LocalTime.of(licence.ends_at)) if licence.ends_at else "",
        )
        if licence.ended_at is not None:
            changes.create(
                licence_id=licence.pk,
                kind="ended",
                effective_at=licence.ended_at,
                recorded_at=licence.ended_at,
                reason=licence.end_reason,
            )


def give_back(apps, editor):
    """Suspensions are lost: what came before knew none."""
    licences = apps.get_model("licensing", "Licence").objects
    ends = apps.get_model("licensing", "LicenceChange").objects.filter(kind="ended")
    for licence in licences.iterator(chunk_size=500):
        end = ends.filter(licence_id=licence.pk).order_by("effective_at").first()
        licences.filter(pk=licence.pk).update(
            territories=licence.territories_written,
            ended_at=end.effective_at if end else None,
            end_reason=end.reason if end else "",
        )


def text(length):
    return models.CharField(max_length=length, default="")


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0002_preview_seconds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("licence", "territories_written", text(1500), False),
        migrations.AddField("licence", "territory_tables", text(80), False),
        migrations.AddField("licence", "starts_written", text(100), False),
        migrations.AddField(
            "licence", "ends_written", models.CharField(max_length=100, blank=True, default=""), False
        ),
        migrations.AddField(
            "licence",
            "basis",
            models.CharField(
                max_length=16,
                default="contract",
                choices=[
                    ("contract", "Contract"),
                    ("public-domain", "Public Domain"),
                    ("creative-commons", "Creative Commons"),
                ],
            ),
        ),
        migrations.AddField(
            "licence", "deed", models.CharField(max_length=20, blank=True, default=""), False
        ),
        migrations.AddField(
            "licence", "evidence", models.CharField(max_length=500, blank=True, default=""), False
        ),
        migrations.AddField(
            "licence",
            "mechanical_by",
            models.CharField(
                max_length=5, default="store", choices=[("store", "Store"), ("label", "Label")]
            ),
        ),
        migrations.CreateModel(
            name="LicenceChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        max_length=10,
                        choices=[
                            ("ended", "Ended"),
                            ("suspended", "Suspended"),
                            ("resumed", "Resumed"),
                        ],
                    ),
                ),
                ("effective_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "licence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="licensing.licence",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(take_over, give_back),
    ]
