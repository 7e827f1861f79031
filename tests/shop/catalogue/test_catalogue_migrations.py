"""A store that kept sizes without what had measured them keeps its prices, and promises nothing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.models import Master
from pennywhistle.shop.catalogue.queries import list_masters
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.rules import get_recipe, promised_bytes, size_of
from tests.cast import assemble

BEFORE = ("catalogue", "0003_corrections_made")


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_sizes_that_were_measured_by_nobody_known_stay_prices_and_promise_no_length() -> None:
    assemble()
    sizes = {
        "flac": {"bytes": 5_212_345, "audio_key": "a" * 64},
        "alac": {"bytes": 6, "audio_key": ""},
    }
    Master.objects.update(measured_sizes=sizes)
    migrate(BEFORE)
    migrate()
    for master in list_masters(after_id=0, limit=99):
        assert master.measured == {
            "flac": MeasuredSize(5_212_345, ""),
            "alac": MeasuredSize(6, ""),
        }
        facts, flac = facts_of(master=master), get_recipe(code="flac")
        assert size_of(recipe=flac, master=facts).bytes == 5_212_345
        assert (
            promised_bytes(master_sha256=master.sha256, master=facts, recipe=flac, encoder="any")
            is None
        )
