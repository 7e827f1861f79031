"""Lines given back, and files that their buyers call broken."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pennywhistle.shop.ledger.guards import keep_append_only, lift_append_only


def install(apps, editor):
    keep_append_only(editor, table="sales_refund", unique_keys=(("id",), ("sale_line_id",)))


def lift(apps, editor):
    lift_append_only(editor, table="sales_refund")


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0003_reductions_and_waiver'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('bad-file', 'bad-file'), ('withdrawal', 'withdrawal'), ('mistake', 'mistake'), ('goodwill', 'goodwill')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('refunded_at', models.DateTimeField(db_index=True)),
                ('refunded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sale_line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='sales.saleline')),
            ],
        ),
        migrations.CreateModel(
            name='FileReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trouble', models.CharField(choices=[('will-not-open', 'will-not-open'), ('cut-off', 'cut-off'), ('noise', 'noise'), ('silent', 'silent'), ('wrong-song', 'wrong-song'), ('other', 'other')], max_length=13)),
                ('words', models.CharField(blank=True, max_length=500)),
                ('reported_at', models.DateTimeField(db_index=True)),
                ('held', models.CharField(blank=True, choices=[('trust-ended', 'trust-ended'), ('shortage', 'shortage'), ('upgraded', 'upgraded'), ('too-late', 'too-late'), ('too-many', 'too-many'), ('too-much', 'too-much'), ('too-large-a-share', 'too-large-a-share')], max_length=17)),
                ('examined_at', models.DateTimeField(null=True)),
                ('findings', models.JSONField(default=dict)),
                ('answer', models.CharField(blank=True, choices=[('mended', 'mended'), ('withdrawn', 'withdrawn'), ('nothing-wrong', 'nothing-wrong')], max_length=13)),
                ('answer_words', models.CharField(blank=True, max_length=300)),
                ('may_claim', models.BooleanField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sale_line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='file_report', to='sales.saleline')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='sales_report_answered_by_someone')],
            },
        ),
        migrations.RunPython(install, lift),
    ]
