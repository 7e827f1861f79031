"""Balances of many accounts at once are those of each, and kinds of accounts sum to nothing."""

from __future__ import annotations

import random

import pytest

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import open_account, post
from pennywhistle.shop.ledger.queries import (
    count_transfers,
    get_balance,
    list_balances,
    list_trial_balance,
)
from pennywhistle.shop.ledger.rules import TransferFacts
from tests.cast import NOW

pytestmark = pytest.mark.django_db

KINDS = ("asset", "liability", "income", "expense")


def post_at_random(seed: int, *, count: int) -> list[str]:
    """Transfers between accounts of two currencies; the accounts' codes."""
    chance = random.Random(seed)
    codes = [f"{kind}/{currency}" for kind in KINDS for currency in ("EUR", "JPY")]
    for code in codes:
        kind, currency = code.split("/")
        open_account(code=code, currency=currency, kind=kind)
    for number in range(count):
        currency = chance.choice(["EUR", "JPY"])
        debit, credit = chance.sample([code for code in codes if code.endswith(currency)], 2)
        post(
            transfers=[
                TransferFacts(
                    key=f"t/{seed}/{number}",
                    debit=debit,
                    credit=credit,
                    amount=Money(chance.randint(1, 10**9), currency),
                    reason="test",
                    document="test",
                    posted_at=NOW,
                )
            ]
        )
    return codes


@pytest.mark.parametrize("seed", range(5))
def test_many_balances_at_once_are_those_of_each(seed: int) -> None:
    codes = post_at_random(seed, count=20)
    at_once = list_balances(codes=[*codes, "never/opened"])
    assert "never/opened" not in at_once
    for code in codes:
        currency = code[-3:]
        assert at_once.get(code, Money.zero(currency)) == get_balance(code=code, currency=currency)


@pytest.mark.parametrize("seed", range(5))
def test_a_trial_balance_has_as_many_debits_as_credits(seed: int) -> None:
    post_at_random(seed, count=20)
    assert count_transfers() == 20
    for currency in ("EUR", "JPY"):
        totals = [total for total in list_trial_balance() if total.currency == currency]
        assert [total.account_count for total in totals] == [1] * len(KINDS)
        debits = Money.total((total.debits for total in totals), currency)
        assert debits == Money.total((total.credits for total in totals), currency)


def test_books_without_accounts_have_no_trial_balance() -> None:
    assert list_trial_balance() == []
    assert list_balances(codes=[]) == {}
