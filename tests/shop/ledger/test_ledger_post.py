"""Posting: once by its key, all or none, and never below zero."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.ledger.operations import open_account, post
from pennywhistle.shop.ledger.queries import get_balance, list_transfers, sum_movements
from pennywhistle.shop.ledger.rules import (
    KeyReusedError,
    LedgerError,
    OverdrawnError,
    SettledError,
    TransferFacts,
    UnknownAccountError,
)
from tests.cast import NOW, euros

GUARDED = ("wallet/a", "wallet/b", "wallet/c")
OPEN = ("bank", "sales")
PAYMENT = TransferFacts("one", "bank", "sales", euros("1.00"), "test", "test/1", NOW)


def open_all(prefix: str = "") -> None:
    for code in GUARDED:
        open_account(code=prefix + code, currency="EUR", kind="liability", is_guarded=True)
    for code in OPEN:
        open_account(code=prefix + code, currency="EUR", kind="asset")


@pytest.mark.django_db
def test_posting_the_same_transfer_again_changes_nothing() -> None:
    open_all()
    for batch in ([PAYMENT], [PAYMENT], [PAYMENT, PAYMENT], [replace(PAYMENT, key="two")] * 2):
        post(transfers=batch)
    assert get_balance(code="sales", currency="EUR") == euros("2.00")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other",
    [
        replace(PAYMENT, amount=euros("1.01")),
        replace(PAYMENT, debit="sales", credit="bank"),
        replace(PAYMENT, reason="other"),
        replace(PAYMENT, document="other"),
        replace(PAYMENT, posted_at=NOW.replace(microsecond=1)),
    ],
)
def test_a_key_names_one_transfer_for_good(other: TransferFacts) -> None:
    open_all()
    with pytest.raises(KeyReusedError):
        post(transfers=[PAYMENT, other])
    post(transfers=[PAYMENT])
    with pytest.raises(KeyReusedError):
        post(transfers=[other])
    assert Transfer.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        replace(PAYMENT, credit="bank"),
        replace(PAYMENT, amount=euros("0")),
        replace(PAYMENT, amount=euros("-1")),
        replace(PAYMENT, amount=Money.parse("1.00", "USD")),
    ],
)
def test_what_is_no_transfer_is_refused(wrong: TransferFacts) -> None:
    open_all()
    with pytest.raises(LedgerError):
        post(transfers=[replace(PAYMENT, key="good"), wrong])
    assert Transfer.objects.count() == 0


@pytest.mark.django_db
def test_an_account_that_was_never_opened_is_named() -> None:
    open_all()
    with pytest.raises(UnknownAccountError, match="nowhere"):
        post(transfers=[replace(PAYMENT, credit="nowhere")])


@pytest.mark.django_db
def test_an_account_keeps_the_currency_that_it_was_opened_with() -> None:
    open_all()
    with pytest.raises(LedgerError, match="sales is open as"):
        open_account(code="sales", currency="USD", kind="asset")
    with pytest.raises(LedgerError, match="wallet/a is open as"):
        open_account(code="wallet/a", currency="EUR", kind="liability", is_guarded=False)


@pytest.mark.django_db(transaction=True)
def test_transfers_are_posted_inside_a_transaction() -> None:
    open_all()
    with pytest.raises(LedgerError, match="inside a transaction"):
        post(transfers=[PAYMENT])


@pytest.mark.django_db
def test_a_reversal_names_what_it_reverses_and_reverses_it_once() -> None:
    open_all()
    back = replace(PAYMENT, key="back", debit="sales", credit="bank", reverses_key="one")
    post(transfers=[PAYMENT])
    post(transfers=[back])
    assert list_transfers(document="test/1")[1].facts == back
    with pytest.raises(SettledError, match="reversed already"):
        post(transfers=[replace(back, key="back again")])


moves = st.lists(
    st.tuples(
        st.sampled_from(GUARDED + OPEN), st.sampled_from(GUARDED + OPEN), st.integers(1, 50)
    ).filter(lambda move: move[0] != move[1]),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(moves, max_size=12))
def test_balances_are_the_recount_of_their_transfers_and_no_wallet_is_overdrawn(
    batches: list[list[tuple[str, str, int]]],
) -> None:
    prefix = f"{uuid.uuid4()}/"
    open_all(prefix)
    model: Counter[str] = Counter()
    for number, batch in enumerate(batches):
        after, overdraws = model.copy(), False
        for debit, credit, micros in batch:
            after[debit] -= micros
            after[credit] += micros
            overdraws |= debit in GUARDED and after[debit] < 0
        transfers = [
            TransferFacts(
                f"{prefix}{number}/{place}",
                prefix + debit,
                prefix + credit,
                Money(micros, "EUR"),
                "random",
                f"{prefix}{number}",
                NOW,
            )
            for place, (debit, credit, micros) in enumerate(batch)
        ]
        try:
            with transaction.atomic():
                post(transfers=transfers)
                post(transfers=transfers)
        except OverdrawnError:
            assert overdraws
        else:
            assert not overdraws
            model = after
    for code in GUARDED + OPEN:
        stored = get_balance(code=prefix + code, currency="EUR")
        assert stored.micros == model[code]
        assert sum_movements(code=prefix + code, currency="EUR").micros == model[code]
    assert sum(model.values()) == 0
