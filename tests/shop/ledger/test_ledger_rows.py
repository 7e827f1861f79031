"""Rows that are inserted together: none stays without the others, whoever catches the error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction

from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.operations import open_account
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.ledger.statements import find_digests, hold_accounts, insert_transfers
from tests.cast import NOW, euros

PAYMENT = TransferFacts("one", "bank", "sales", euros("1.00"), "test", "test/1", NOW)


def insert(*transfers: TransferFacts) -> None:
    accounts = hold_accounts(codes=("bank", "sales"))
    insert_transfers(
        transfers=[(transfer, transfer.digest) for transfer in transfers],
        account_id=lambda code: accounts[code].id,
        transfer_id=lambda key: None,  # noqa: ARG005 - these settle and reverse nothing
    )


@pytest.fixture
def accounts() -> None:
    for code in ("bank", "sales"):
        open_account(code=code, currency="EUR", kind="asset")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("accounts")
def test_no_row_stays_of_those_of_which_one_is_refused() -> None:
    with transaction.atomic():
        with pytest.raises(DatabaseError):
            insert(PAYMENT, replace(PAYMENT, key="two"), PAYMENT)
        # Caught, and the transaction is undone all the same.
    assert not Transfer.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("accounts")
def test_a_savepoint_around_them_keeps_what_came_before() -> None:
    with transaction.atomic():
        insert(PAYMENT)
        with pytest.raises(DatabaseError), transaction.atomic():
            insert(replace(PAYMENT, key="two"), PAYMENT)
    assert list(Transfer.objects.values_list("key", flat=True)) == ["one"]


@pytest.mark.django_db
@pytest.mark.usefixtures("accounts")
def test_rows_are_stored_as_they_are_said_and_in_their_order() -> None:
    odd = replace(PAYMENT, key='qu"ote\\ {5%} ü 歌', posted_at=NOW.replace(microsecond=7))
    many = [
        replace(PAYMENT, key=f"k{n}") for n in range(501)
    ]  # More than one text of PostgreSQL's.
    much = replace(PAYMENT, key="much", amount=replace(PAYMENT.amount, micros=2**63 - 1))
    insert(*many, odd, much)
    rows = Transfer.objects.order_by("id")
    assert [row.key for row in rows] == [facts.key for facts in (*many, odd, much)]
    stored = rows.get(key=odd.key)
    assert stored.posted_at == odd.posted_at
    assert rows.get(key="much").amount_micros == 2**63 - 1
    assert find_digests(keys=[odd.key]) == {odd.key: odd.digest}
