"""Orders to block, and their lifting: rows that are added and never changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only

_KEYS = {
    "licensing_blockorder": (("id",), ("reference",)),
    "licensing_blocklift": (("id",), ("order_id",)),
}


def keep(apps, editor):
    for table, keys in _KEYS.items():
        keep_append_only(editor, table=table, unique_keys=keys)


def lift(apps, editor):
    for table in _KEYS:
        lift_append_only(editor, table=table)


def key():
    return (
        "id",
        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
    )


def link(to, null=True, **more):
    return models.ForeignKey(
        null=null, on_delete=django.db.models.deletion.PROTECT, to=to, **more
    )


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0004_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="BlockOrder",
            fields=[
                key(),
                ("reference", models.CharField(max_length=80, unique=True)),
                ("authority", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=300)),
                ("territories", models.CharField(max_length=1500)),
                ("territories_written", models.CharField(max_length=1500)),
                ("territory_tables", models.CharField(max_length=80)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("closes_downloads", models.BooleanField()),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", link(settings.AUTH_USER_MODEL, related_name="+")),
                ("release", link("catalogue.release")),
                ("track", link("catalogue.track")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="licensing_block_names_one_thing",
                        condition=Q(release=None, track__isnull=False)
                        | Q(release__isnull=False, track=None),
                    ),
                    models.CheckConstraint(
                        name="licensing_block_ends_after_it_starts",
                        condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="BlockLift",
            fields=[
                key(),
                ("lifted_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lift",
                        to="licensing.blockorder",
                    ),
                ),
                ("recorded_by", link(settings.AUTH_USER_MODEL, related_name="+")),
            ],
        ),
        migrations.RunPython(keep, lift),
    ]
