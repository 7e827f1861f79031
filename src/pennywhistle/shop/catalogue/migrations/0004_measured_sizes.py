from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _name_nothing(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    """What was counted before stays as a price. No audio is named by it, so that the worker counts it
    anew before it promises a length."""
    masters = apps.get_model("catalogue", "Master").objects
    sizes = masters.values_list("pk", "measured_sizes").order_by("pk")
    for pk, measured in list(sizes):
        told = {code: {"bytes": size, "audio_key": ""} for code, size in measured.items()}
        masters.filter(pk=pk).update(measured_sizes=told)


def _keep_bytes(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    masters = apps.get_model("catalogue", "Master").objects
    sizes = masters.values_list("pk", "measured_sizes").order_by("pk")
    for pk, measured in list(sizes):
        told = {code: size["bytes"] for code, size in measured.items()}
        masters.filter(pk=pk).update(measured_sizes=told)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_corrections_made")]

    operations = [
        migrations.RenameField("master", "measured_bytes", "measured_sizes"),
        migrations.RunPython(_name_nothing, _keep_bytes),
    ]
