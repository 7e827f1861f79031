"""A store that sold before prices could be reduced keeps its sales."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.sales.models import Purchase, SaleLine
from tests.cast import NOW, assemble, fill_wallet, quote

BEFORE = ("sales", "0002_guards")


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_what_was_sold_before_keeps_its_price_as_list_price_and_stays_guarded() -> None:
    cast = assemble()
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    migrate(BEFORE)
    migrate()
    for line in SaleLine.objects.all():
        assert (line.list_micros, line.price_kind) == (line.gross_micros, "size")
        assert (line.reductions, line.tax_country) == ([], "DE")
    assert Purchase.objects.get().waived_withdrawal_at is None
    assert verify_books().findings == ()
    for rows in (SaleLine.objects.all(), Purchase.objects.all()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(id=999)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows._raw_delete(using="default")
