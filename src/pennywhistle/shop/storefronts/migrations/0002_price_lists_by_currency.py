"""A price list per currency, with albums, tiers and bonuses; rates of exchange; neither changes."""

from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only

_KEYS = {
    "storefronts_pricelist": (("id",), ("storefront_id", "currency", "valid_from")),
    "storefronts_exchangerate": (("id",), ("base", "quote", "day")),
}


def take_over(apps, editor):
    storefronts = apps.get_model("storefronts", "Storefront")
    own = storefronts.objects.filter(pk=OuterRef("storefront_id")).values("currency")
    apps.get_model("storefronts", "PriceList").objects.update(
        currency=Subquery(own[:1]), reduced_micros_per_mb=F("lossless_micros_per_mb")
    )


def keep(apps, editor):
    for table, keys in _KEYS.items():
        keep_append_only(editor, table=table, unique_keys=keys)


def lift(apps, editor):
    for table in _KEYS:
        lift_append_only(editor, table=table)


class Migration(migrations.Migration):
    dependencies = [("storefronts", "0001_initial"), ("ledger", "0002_guards")]
    operations = [
        migrations.AddField(
            "pricelist", "currency", models.CharField(max_length=3, default=""), False
        ),
        migrations.AddField(
            "pricelist", "reduced_micros_per_mb", models.BigIntegerField(default=1), False
        ),
        migrations.AddField("pricelist", "album_micros", models.JSONField(default=dict)),
        migrations.AddField("pricelist", "tiers", models.JSONField(default=list)),
        migrations.AddField("pricelist", "bonuses", models.JSONField(default=dict)),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RemoveConstraint("pricelist", "storefronts_one_price_list_at_once"),
        migrations.RemoveConstraint("pricelist", "storefronts_prices_above_zero"),
        migrations.AddConstraint(
            "pricelist",
            models.UniqueConstraint(
                name="storefronts_one_price_list_at_once",
                fields=["storefront", "currency", "valid_from"],
            ),
        ),
        migrations.AddConstraint(
            "pricelist",
            models.CheckConstraint(
                name="storefronts_prices_above_zero",
                condition=Q(lossy_micros_per_mb__gt=0)
                & Q(reduced_micros_per_mb__gt=0)
                & Q(lossless_micros_per_mb__gt=0)
                & Q(floor_micros_per_track__gt=0),
            ),
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("base", models.CharField(max_length=3)),
                ("quote", models.CharField(max_length=3)),
                ("day", models.DateField()),
                ("numerator", models.BigIntegerField()),
                ("denominator", models.BigIntegerField()),
                ("source", models.CharField(max_length=100)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        name="storefronts_one_rate_a_day", fields=["base", "quote", "day"]
                    ),
                    models.CheckConstraint(
                        name="storefronts_rate_above_zero",
                        condition=Q(numerator__gt=0) & Q(denominator__gt=0) & ~Q(source=""),
                    ),
                ],
            },
        ),
        migrations.RunPython(keep, lift),
    ]
