"""The recount looks at what an upgrade stands on: the same buyer's, the same track, and still theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.sales.models import Refund, SaleLine
from pennywhistle.shop.sales.price_recount import iterate_upgrades_amiss
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.guards_lifted import guards_lifted


@pytest.fixture
def lines(cast: Cast) -> tuple[SaleLine, SaleLine]:
    """A song in one recipe, and the better one that was bought for the difference."""
    fill_wallet(cast.alice, "5.00")
    for recipe in ("mp3-192", "flac"):
        offer = quote(cast, BasketItem("track", cast.track_ids[0], recipe))
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)
    base, upgraded = SaleLine.objects.order_by("id")
    assert upgraded.reductions[0]["code"] == base.document
    return base, upgraded


@contextmanager
def changed(row: Model, **fields: Any) -> Iterator[None]:
    """The row as it should not be, and as it was again."""
    before = {name: getattr(row, name) for name in fields}
    rows = type(row)._default_manager.filter(pk=row.pk)
    with guards_lifted(connection):
        rows.update(**fields)
    yield
    with guards_lifted(connection):
        rows.update(**before)


def found() -> str:
    return "; ".join(what for _, what in iterate_upgrades_amiss())


def test_an_upgrade_that_stands_on_what_its_buyer_had_is_sound(
    lines: tuple[SaleLine, SaleLine],
) -> None:
    assert found() == ""
    assert verify_books().findings == ()


def test_an_upgrade_that_stands_on_nothing_of_its_buyer_s_is_named(
    cast: Cast, lines: tuple[SaleLine, SaleLine]
) -> None:
    base, upgraded = lines
    (told,) = upgraded.reductions
    for code, said in (
        ("sale/x/1", "and there is no such sale line"),
        (upgraded.document, "which was not bought before it"),
    ):
        with changed(upgraded, reductions=[{**told, "code": code}]):
            assert found() == f"it upgrades {code}, {said}"
    with changed(base, track_id=cast.track_ids[1]):
        assert "which is another track" in found()
    with changed(base.purchase, person_id=cast.bob.pk):
        assert "which somebody else bought" in found()
    with guards_lifted(connection):
        Refund.objects.create(sale_line=base, reason="goodwill", refunded_at=NOW)
    assert "which was given back, and it was not" in found()
    told_by_all = " ".join(finding.what for finding in verify_books().findings)
    assert "which was given back, and it was not" in told_by_all
