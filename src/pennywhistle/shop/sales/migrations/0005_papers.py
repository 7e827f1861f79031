"""To which country tax is owed, receipts with numbers, and whom a business has them made out to."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT, Q

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only
from pennywhistle.shop.sales.guards import keep_gapless, lift_gapless

_LINE_KEYS = (("id",), ("document",), ("purchase_id", "number"))


def lift(apps, editor):
    lift_append_only(editor, table="sales_saleline")


def keep(apps, editor):
    keep_append_only(editor, table="sales_saleline", unique_keys=_LINE_KEYS)


def keep_papers(apps, editor):
    keep_append_only(
        editor,
        table="sales_paper",
        unique_keys=(("id",), ("document",), ("series_id", "number")),
    )
    keep_gapless(editor)


def lift_papers(apps, editor):
    lift_append_only(editor, table="sales_paper")
    lift_gapless(editor)


def owe_where_it_was_sold(apps, editor):
    for name, territory in (("QuoteLine", "quote__territory"), ("SaleLine", "territory")):
        model = apps.get_model("sales", name)
        taxed = model.objects.filter(tax_micros__gt=0)
        for country in set(taxed.values_list(territory, flat=True)):
            taxed.filter(**{territory: country}).update(tax_country=country)


def _taxed(model):
    field = models.CharField(max_length=2, blank=True)
    return migrations.AddField(model, "tax_country", field, True)


def _owed(model, table):
    return migrations.AddConstraint(
        model,
        models.CheckConstraint(
            name=f"sales_{table}_tax_has_country",
            condition=Q(tax_micros=0) | ~Q(tax_country=""),
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("sales", "0004_refunds_and_reports")]
    operations = [
        migrations.RunPython(lift, keep),
        _taxed("quoteline"),
        _taxed("saleline"),
        migrations.RunPython(owe_where_it_was_sold, migrations.RunPython.noop),
        _owed("quoteline", "quote_line"),
        _owed("saleline", "sale_line"),
        migrations.RunPython(keep, lift),
        migrations.CreateModel(
            "BusinessBuyer",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("address", models.CharField(max_length=300)),
                ("vat_number", models.CharField(max_length=20)),
                ("declared_at", models.DateTimeField()),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=CASCADE, related_name="business", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "PaperSeries",
            [("name", models.CharField(max_length=12, primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            "Paper",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.CharField(max_length=100, unique=True)),
                ("total_micros", models.BigIntegerField()),
                ("tax_micros", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("content", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField(db_index=True)),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="papers", to="sales.purchase"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="papers", to="sales.paperseries"
                    ),
                ),
            ],
            {
                "constraints": [
                    models.UniqueConstraint(name="sales_paper_number", fields=["series", "number"])
                ]
            },
        ),
        migrations.RunPython(keep_papers, lift_papers),
    ]
