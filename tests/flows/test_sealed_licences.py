"""Licences, what happened to them and orders to block are sealed with the day on which they came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.ledger.seals import SealedDayError
from pennywhistle.shop.licensing.block_operations import lift_block
from pennywhistle.shop.licensing.models import BlockLift, BlockOrder, Licence, LicenceChange
from tests.cast import NOW, Cast, fill_wallet
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

CLOSED = NOW + timedelta(days=1, hours=1)


@pytest.fixture
def sealed(cast: Cast) -> None:
    """A day on which a licence came and was suspended, a block was ordered and lifted."""
    licence = Licence.objects.get(number="MER-1")
    licence.pk, licence.number, licence.granted_at = None, "MER-9", NOW
    licence.save(force_insert=True)
    LicenceChange.objects.create(
        licence=licence, kind="suspended", effective_at=NOW, recorded_at=NOW, reason="asked"
    )
    order = BlockOrder.objects.create(
        reference="7 O 1/26",
        authority="a court",
        reason="a claim",
        track_id=cast.track_ids[0],
        territories="DE",
        territories_written="DE",
        territory_tables="",
        starts_at=NOW,
        closes_downloads=False,
        recorded_at=NOW,
    )
    BlockLift.objects.create(order=order, lifted_at=NOW, reason="taken back")
    fill_wallet(cast.bob, "1.00", now=NOW)
    seal_books(now=CLOSED)


def found() -> set[str]:
    return {finding.where for finding in verify_books().findings}


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Licence, {"document_reference": "another"}),
        (Licence, {"territories_written": "another"}),
        (Licence, {"evidence": "another"}),
        (Licence, {"starts_at": NOW - timedelta(days=2_000)}),
        (LicenceChange, {"kind": "resumed"}),
        (LicenceChange, {"reason": "another"}),
        (BlockOrder, {"closes_downloads": True}),
        (BlockOrder, {"authority": "another"}),
        (BlockLift, {"reason": "another"}),
    ],
)
def test_what_of_them_is_changed_is_missed_by_the_seal(
    sealed: None, model: Any, values: dict[str, Any]
) -> None:
    assert found() == set()
    with guards_lifted(connection):
        model.objects.filter(pk=model.objects.latest("pk").pk).update(**values)
    assert found() == {f"seal of {NOW.date()}"}


def test_a_licence_that_nothing_was_sold_under_is_missed_where_it_is_deleted(sealed: None) -> None:
    with guards_lifted(connection):
        LicenceChange.objects.all().delete()
        Licence.objects.filter(number="MER-9").delete()
    assert found() == {f"seal of {NOW.date()}"}


def test_the_name_of_a_licensor_is_sealed_with_their_licence(sealed: None) -> None:
    licensor = Licence.objects.get(number="MER-9").licensor
    licensor.name = "Somebody Else"
    licensor.save()
    assert f"seal of {NOW.date()}" in found()


def test_nothing_is_dated_to_a_sealed_day(cast: Cast, sealed: None) -> None:
    with guards_lifted(connection):
        BlockLift.objects.all().delete()
    with transaction.atomic(), pytest.raises(SealedDayError):
        lift_block(reference="7 O 1/26", reason="late", recorded_by=None, now=NOW)


def test_a_licence_alone_has_no_day_sealed(cast: Cast) -> None:
    assert seal_books(now=CLOSED) == []
