"""Prices that labels ask, and codes that lower prices."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only


def keep(apps, editor):
    keep_append_only(editor, table='pricing_askedprice', unique_keys=(('id',),))
    keep_append_only(editor, table='pricing_promotionuse', unique_keys=(('id',), ('quote_id',)))


def lift(apps, editor):
    for table in ("pricing_askedprice", "pricing_promotionuse"):
        lift_append_only(editor, table=table)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0004_measured_sizes'),
        ('storefronts', '0002_price_lists_by_currency'),
        ('ledger', '0002_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('amount_micros', models.BigIntegerField(null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('uses_most', models.PositiveIntegerField(null=True)),
                ('uses_per_person_most', models.PositiveIntegerField(null=True)),
                ('labels', models.ManyToManyField(related_name='+', to='catalogue.label')),
                ('releases', models.ManyToManyField(related_name='+', to='catalogue.release')),
                ('storefront', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='storefronts.storefront')),
            ],
        ),
        migrations.CreateModel(
            name='PromotionUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quote_id', models.UUIDField(unique=True)),
                ('used_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('promotion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='pricing.promotion')),
            ],
        ),
        migrations.CreateModel(
            name='AskedPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('scope', models.CharField(choices=[('whole', 'Whole'), ('each', 'Each'), ('track', 'Track')], max_length=10)),
                ('kind', models.CharField(choices=[('size', 'Size'), ('fixed', 'Fixed'), ('named', 'Named')], max_length=10)),
                ('micros', models.BigIntegerField()),
                ('suggested_micros', models.BigIntegerField(null=True)),
                ('valid_from', models.DateTimeField()),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.release')),
                ('storefront', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='storefronts.storefront')),
                ('track', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.track')),
            ],
            options={
                'indexes': [models.Index(fields=['release', 'storefront', 'currency'], name='pricing_ask_release_998246_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('scope', 'track'), ('track__isnull', False)), models.Q(models.Q(('scope', 'track'), _negated=True), ('track__isnull', True)), _connector='OR'), name='pricing_asked_of_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'size'), ('micros', 0), ('suggested_micros', None)), models.Q(('kind', 'fixed'), ('micros__gt', 0), ('suggested_micros', None)), models.Q(('kind', 'named'), ('micros__gt', 0), ('suggested_micros__gte', models.F('micros'))), _connector='OR'), name='pricing_asked_something')],
            },
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.UniqueConstraint(fields=('storefront', 'code'), name='pricing_one_promotion_of_a_code'),
        ),
        migrations.AddConstraint(
            model_name='promotion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_micros', None), ('currency', ''), ('percent__gt', 0), ('percent__lte', 100)), models.Q(('amount_micros__gt', 0), ('percent', None), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='pricing_promotion_by_percent_or_amount'),
        ),
        migrations.RunPython(keep, lift),
    ]
