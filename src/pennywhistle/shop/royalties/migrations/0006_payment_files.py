"""Licensors' terms, files of payments, and what the bank told of payouts; no row ever changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only

# Each table, and the columns of its unique indexes besides its id.
TABLES = {
    "payoutterms": (("licensor_id", "version"),),
    "payoutfile": (),
    "payoutorder": (("payout_id",), ("file_id", "position")),
    "payoutbooking": (("payout_id",),),
    "payoutreturn": (("payout_id",), ("entry_key",)),
}


def install(apps, editor):
    for table, keys in TABLES.items():
        keep_append_only(editor, table=f"royalties_{table}", unique_keys=(("id",), *keys))


def lift(apps, editor):
    for table in TABLES:
        lift_append_only(editor, table=f"royalties_{table}")


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0004_guards'),
        ('royalties', '0005_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PayoutFile',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=2)),
                ('debtor', models.CharField(max_length=70)),
                ('iban', models.CharField(max_length=34)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('payment_count', models.PositiveIntegerField()),
                ('total_micros', models.BigIntegerField()),
                ('execute_on', models.DateField()),
                ('digest', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='PayoutBooking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_key', models.CharField(max_length=64)),
                ('booked_on', models.DateField()),
                ('payout', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='booking', to='royalties.payout')),
            ],
        ),
        migrations.CreateModel(
            name='PayoutReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_key', models.CharField(max_length=64, unique=True)),
                ('booked_on', models.DateField()),
                ('returned_at', models.DateTimeField()),
                ('payout', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='came_back', to='royalties.payout')),
            ],
        ),
        migrations.CreateModel(
            name='PayoutOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('holder', models.CharField(max_length=70)),
                ('iban', models.CharField(max_length=34)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('text', models.CharField(max_length=140)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='royalties.payoutfile')),
                ('payout', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='order', to='royalties.payout')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('file', 'position'), name='royalties_order_place_once')],
            },
        ),
        migrations.CreateModel(
            name='PayoutTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('holder', models.CharField(max_length=70)),
                ('iban', models.CharField(max_length=34)),
                ('bic', models.CharField(blank=True, max_length=11)),
                ('minimum_micros', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('schedule', models.CharField(choices=[('monthly', 'Monthly'), ('quarterly', 'Quarterly'), ('by-hand', 'By Hand')], max_length=9)),
                ('agreed_at', models.DateTimeField()),
                ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('licensor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payout_terms', to='licensing.licensor')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('licensor', 'version'), name='royalties_terms_version_once'), models.CheckConstraint(condition=models.Q(('minimum_micros__gte', 0)), name='royalties_minimum_not_below_zero')],
            },
        ),
        migrations.RunPython(install, lift),
    ]
