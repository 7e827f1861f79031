"""A store that had one price list per shop keeps it, and it can no longer be changed."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from pennywhistle.shop.storefronts.models import PriceList
from pennywhistle.shop.storefronts.queries import get_shopfront
from tests.cast import NOW, assemble, euros

BEFORE = ("storefronts", "0001_initial")


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_a_price_list_from_before_is_in_its_shop_s_currency_with_reduced_files_as_lossless() -> (
    None
):
    assemble()
    before = get_shopfront(domain="testserver", now=NOW).prices
    migrate(BEFORE)
    migrate()
    shop = get_shopfront(domain="testserver", now=NOW)
    assert shop.currencies == ("EUR",)
    assert shop.prices == before
    assert shop.prices.rate_of("reduced") == euros("0.02")
    for change in (
        lambda: PriceList.objects.update(currency="USD"),
        PriceList.objects.all().delete,
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
