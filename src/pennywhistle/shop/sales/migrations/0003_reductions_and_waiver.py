"""What a price was before it was reduced, why, and that the right of withdrawal was given up."""

from django.db import migrations, models
from django.db.models import F, Q

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only

_KINDS = [(kind, kind) for kind in ("size", "album", "fixed", "named", "upgrade")]
_KEYS = {
    "sales_purchase": (("id",), ("quote_id",)),
    "sales_saleline": (("id",), ("document",), ("purchase_id", "number")),
}


def lift(apps, editor):
    for table in _KEYS:
        lift_append_only(editor, table=table)


def keep(apps, editor):
    for table, keys in _KEYS.items():
        keep_append_only(editor, table=table, unique_keys=keys)


def take_over_prices(apps, editor):
    for name in ("QuoteLine", "SaleLine"):
        apps.get_model("sales", name).objects.update(list_micros=F("gross_micros"))


def _reduced(model):
    shares = F("tax_micros") + F("recording_micros") + F("work_micros")
    table = {"quoteline": "quote_line", "saleline": "sale_line"}[model]
    fits = models.CheckConstraint(
        name=f"sales_{table}_shares_fit",
        condition=Q(gross_micros__gt=0)
        & Q(list_micros__gte=F("gross_micros"))
        & Q(size_bytes__gt=0)
        & Q(tax_micros__gte=0)
        & Q(recording_micros__gte=0)
        & Q(work_micros__gte=0)
        & Q(gross_micros__gte=shares),
    )
    return [
        migrations.RemoveConstraint(model, f"sales_{table}_shares_fit"),
        migrations.AddConstraint(model, fits),
    ]


def _fields(model):
    return [
        migrations.AddField(model, "list_micros", models.BigIntegerField(default=0), False),
        migrations.AddField(
            model, "price_kind", models.CharField(max_length=10, choices=_KINDS, default="size")
        ),
        migrations.AddField(model, "reductions", models.JSONField(default=list)),
    ]


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_guards")]
    operations = [
        migrations.RunPython(lift, keep),
        *_fields("quoteline"),
        *_fields("saleline"),
        migrations.RunPython(take_over_prices, migrations.RunPython.noop),
        *_reduced("quoteline"),
        *_reduced("saleline"),
        migrations.AddField(
            "quote", "promotion_code", models.CharField(max_length=40, blank=True), True
        ),
        migrations.AddField("purchase", "waived_withdrawal_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "purchase", "waiver_text", models.CharField(max_length=20, blank=True), True
        ),
        migrations.AddConstraint(
            "purchase",
            models.CheckConstraint(
                name="sales_purchase_waiver_has_its_words",
                condition=Q(waived_withdrawal_at=None, waiver_text="")
                | (Q(waived_withdrawal_at__isnull=False) & ~Q(waiver_text="")),
            ),
        ),
        migrations.RunPython(keep, lift),
    ]
