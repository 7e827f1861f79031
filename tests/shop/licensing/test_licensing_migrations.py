"""A store that kept its licences as words keeps what they meant, and their ends."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from pennywhistle.flows.end_licence import end_licence
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.licensing.queries import get_licence
from tests.cast import NOW, OPENED, assemble
from tests.guards_lifted import guards_lifted

BEFORE = ("licensing", "0002_preview_seconds")


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_licences_from_before_keep_their_countries_their_period_and_their_end() -> None:
    assemble()
    end_licence(number="LAN-1", reason="moved on", now=NOW)
    with guards_lifted(connection):
        Licence.objects.filter(number="MER-1").update(
            territories="DE,FR", territories_written="DE,FR"
        )
    before = [get_licence(number=number) for number in ("LAN-1", "MER-1")]
    migrate(BEFORE)
    migrate()
    after = [get_licence(number=number) for number in ("LAN-1", "MER-1")]
    assert after == before
    lantern, meridian = after
    assert (lantern.ended_at, lantern.end_reason) == (NOW, "moved on")
    assert lantern.terms.territories.missing == {"FR", "JP"}
    assert meridian.terms.territories.countries == {"DE", "FR"}
    assert str(meridian.starts) == f"{OPENED:%Y-%m-%d} UTC"
