"""Every change of a model has its migration."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def list_missing_migrations(migrated: ProjectState, models: ProjectState) -> list[str]:
    """What the models say and no migration does: `ledger: Add field …`."""
    changes = MigrationAutodetector(migrated, models).changes(graph=MigrationLoader(None).graph)
    return [
        f"{label}: {operation.describe()}"
        for label, migrations in changes.items()
        if apps.get_app_config(label).name.startswith("pennywhistle.")
        for migration in migrations
        for operation in migration.operations
    ]


def test_no_model_is_ahead_of_its_migrations() -> None:
    migrated = MigrationLoader(None).project_state()
    assert list_missing_migrations(migrated, ProjectState.from_apps(apps)) == []


def test_a_model_ahead_of_its_migrations_is_named() -> None:
    migrated = MigrationLoader(None).project_state()
    migrated.remove_field("ledger", "transfer", "digest")
    missing = list_missing_migrations(migrated, ProjectState.from_apps(apps))
    assert missing == ["ledger: Add field digest to transfer"]
