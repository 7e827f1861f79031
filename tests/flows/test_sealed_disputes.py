"""What was forgiven, and what gateways answered, is sealed; what a dispute cannot say yet is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.ledger.seal_queries import find_newest_seal
from pennywhistle.shop.ledger.seals import SealedDayError
from pennywhistle.shop.payments.going_back.queries import list_disputes
from pennywhistle.shop.payments.models import Dispute, PaymentEvent, TopUp
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.guards_lifted import guards_lifted
from tests.till import DECIDED, Till

pytestmark = pytest.mark.django_db

FORGIVEN = DECIDED + timedelta(days=1)
CLOSED = FORGIVEN + timedelta(days=2)


@pytest.fixture
def till(cast: Cast, tmp_path: Path) -> Till:
    """Alice has bought from a top-up that is disputed now."""
    till = Till(SandboxGateway(tmp_path / "gateway"), cast.alice)
    top_up = till.top_up("1.00", card="lost")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    till.hear(till.dispute(top_up))
    return till


def lose(till: Till) -> None:
    till.hear(till.dispute(TopUp.objects.get(), at=DECIDED))


def forgive(cast: Cast) -> None:
    (dispute,) = list_disputes()
    forgive_shortage(dispute_id=dispute.id, forgiven_by=cast.otto.pk, now=FORGIVEN)


def found() -> set[str]:
    return {finding.where.split("/")[0] for finding in verify_books().findings}


@pytest.mark.parametrize(
    "said",
    [
        {"forgiven_at": FORGIVEN, "shortage_micros": 0},
        {"forgiven_at": FORGIVEN, "forgiven_by_id": 1, "shortage_micros": 0},
        {"closed_at": FORGIVEN},
        {"later_fee_micros": 1},
        {"bonus_micros": 1},
    ],
)
def test_an_open_dispute_that_says_what_only_its_end_brings_is_named(
    cast: Cast, till: Till, said: dict[str, Any]
) -> None:
    assert found() == set()
    if "forgiven_by_id" in said:
        said = said | {"forgiven_by_id": cast.otto.pk}
    Dispute.objects.update(**said)
    assert found() == {"document dispute"}


@pytest.mark.parametrize("column", ["forgiven_at", "forgiven_by_id"])
def test_that_a_loss_was_forgiven_is_sealed(cast: Cast, till: Till, column: str) -> None:
    lose(till)
    forgive(cast)
    while seal_books(now=CLOSED):
        pass
    newest = find_newest_seal()
    assert newest is not None
    assert newest.facts.day == FORGIVEN.date()
    assert found() == set()
    another = {"forgiven_at": FORGIVEN - timedelta(hours=1), "forgiven_by_id": cast.lena.pk}
    with guards_lifted(connection):
        Dispute.objects.update(**{column: another[column]})
    assert found() == {f"seal of {FORGIVEN.date()}"}


def test_nothing_is_forgiven_on_a_day_that_is_sealed(cast: Cast, till: Till) -> None:
    lose(till)
    fill_wallet(cast.bob, "1.00", now=CLOSED)
    while seal_books(now=CLOSED + timedelta(days=2)):
        pass
    with transaction.atomic(), pytest.raises(SealedDayError):
        forgive(cast)


@pytest.mark.parametrize("column", ["event_id", "raw"])
def test_what_a_gateway_answered_is_sealed(till: Till, column: str) -> None:
    seal_books(now=NOW + timedelta(days=1, hours=1))
    row = PaymentEvent.objects.order_by("pk")[:1]
    with guards_lifted(connection):
        PaymentEvent.objects.filter(pk__in=[one.pk for one in row]).update(**{column: "x"})
    assert found() == {f"seal of {NOW.date()}"}
