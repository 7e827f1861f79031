"""What comes without a transfer of its own is dated to no sealed day, and stays as it was sealed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.bank_statements import Statement
from pennywhistle.shop.ledger.models import Seal
from pennywhistle.shop.ledger.seals import SEAL_LATE_MOST, SealedDayError
from pennywhistle.shop.payments.banking.operations import keep_statement, write_slip
from pennywhistle.shop.payments.gateways.messages import NewMessage
from pennywhistle.shop.payments.gateways.operations import keep_message
from pennywhistle.shop.payments.models import BankSlip, BankStatement, GatewayMessage, Voucher
from tests.cast import NOW, Cast, euros, fill_wallet
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db

CLOSED = datetime(2026, 11, 25, 1, tzinfo=UTC)


def print_vouchers(cast: Cast) -> None:
    issue_vouchers(codes=["on paper"], batch="b", amount=euros("1.00"), now=NOW)


def order_transfer(cast: Cast) -> None:
    write_slip(
        slip_id=uuid.uuid4(),
        person_id=cast.alice.pk,
        amount=euros("1.00"),
        reference="RF18539007547034",
        bonus_percent="",
        voucher_class="multi-purpose",
        now=NOW,
    )


def import_statement(cast: Cast) -> None:
    nothing = euros("0.00")
    statement = Statement("DE89370400440532013000", "s1", nothing, nothing, NOW.date(), ())
    keep_statement(statement=statement, file_sha256="0" * 64, now=NOW)


def hear_gateway(cast: Cast) -> None:
    keep_message(message=NewMessage("sandbox", "event-1", "charge", '{"a": 1}'), now=NOW)


DEEDS = [print_vouchers, order_transfer, import_statement, hear_gateway]


def found() -> list[str]:
    return [finding.where for finding in verify_books().findings]


@pytest.mark.parametrize("deed", DEEDS)
def test_it_is_sealed_and_no_more_of_it_is_dated_to_that_day(
    cast: Cast, deed: Callable[[Cast], None]
) -> None:
    deed(cast)
    (seal,) = seal_books(now=CLOSED)
    assert (seal.transfers.count, seal.documents.count) == (0, 1)
    for model in (Voucher, BankSlip, BankStatement, GatewayMessage):
        with guards_lifted(connection):
            model.objects.all().delete()
    assert found() == [f"seal of {NOW.date()}"]
    with pytest.raises(SealedDayError, match="closed in the books"):
        deed(cast)


def test_a_message_whose_body_was_let_go_is_as_it_was_sealed(cast: Cast) -> None:
    hear_gateway(cast)
    GatewayMessage.objects.update(processed_at=NOW, due_at=None)
    seal_books(now=CLOSED)
    GatewayMessage.objects.update(body="")
    assert found() == []


def test_a_message_that_is_to_be_processed_yet_is_named_where_its_body_is_gone(cast: Cast) -> None:
    hear_gateway(cast)
    GatewayMessage.objects.update(body="")
    assert found() == ["message event-1 of sandbox"]


@pytest.mark.parametrize(("days", "is_named"), [(30, True), (30 + 1, False)])
def test_a_message_that_was_emptied_before_its_time_is_named(
    cast: Cast, days: int, is_named: bool
) -> None:
    hear_gateway(cast)
    GatewayMessage.objects.update(processed_at=NOW, due_at=None, body="")
    seal_books(now=CLOSED)
    report = verify_books(now=NOW + timedelta(days=days), messages_kept_for=timedelta(days=30))
    where = [finding.where for finding in report.findings]
    assert where == (["message event-1 of sandbox"] if is_named else [])


def test_a_message_whose_body_was_changed_is_named_on_the_same_day(cast: Cast) -> None:
    hear_gateway(cast)
    GatewayMessage.objects.update(body='{"a": 2}')
    assert found() == ["message event-1 of sandbox"]


def test_a_message_whose_body_was_changed_with_its_fingerprint_is_missed_by_the_seal(
    cast: Cast,
) -> None:
    hear_gateway(cast)
    seal_books(now=CLOSED + timedelta(days=1))
    with guards_lifted(connection):
        GatewayMessage.objects.update(
            body="x", body_sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        )
    assert found() == [f"seal of {NOW.date()}"]


def test_a_seal_that_was_deleted_is_missed_once_it_should_have_been_made_again(cast: Cast) -> None:
    for days in range(2):
        fill_wallet(cast.bob, "1.00", now=NOW + timedelta(days=days))
    seal_books(now=CLOSED + timedelta(days=1))
    late = CLOSED + timedelta(days=1) + SEAL_LATE_MOST
    assert verify_books(now=late).findings == ()
    with guards_lifted(connection):
        Seal.objects.filter(day__gt=NOW.date()).delete()
    assert verify_books(now=late - timedelta(microseconds=1)).findings == ()
    (missing,) = verify_books(now=late).findings
    assert missing.where == f"seal of {NOW.date() + timedelta(days=1)}"
    assert "pennywhistle seal days" in missing.what
    with guards_lifted(connection):
        Seal.objects.all().delete()
    (first,) = verify_books(now=late).findings
    assert first.where == f"seal of {NOW.date()}"
