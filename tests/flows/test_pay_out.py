"""Payouts in the books: set aside once, gone once, or owed again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.pay_out import end_payout, pay_out
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.royalties.payout_queries import list_payouts, sum_on_the_way
from pennywhistle.shop.royalties.payouts import (
    NothingToPayError,
    PayoutError,
    PayoutFacts,
    UnknownPayoutError,
)
from pennywhistle.shop.royalties.rules import payable_code
from tests.cast import NOW, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db

SOCIETY = "Meridian Society"
FIRST, SECOND = UUID(int=1), UUID(int=2)
LATER = NOW + timedelta(days=3)


def sell_an_album(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast, BasketItem("release", cast.release_id, "mp3-192"))
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)


def owed() -> Money:
    code = payable_code(licensor_id=get_licensor(name=SOCIETY).id, currency="EUR")
    return get_balance(code=code, currency="EUR")


def make(payout_id: UUID = FIRST) -> PayoutFacts:
    return pay_out(payout_id=payout_id, licensor_name=SOCIETY, currency="EUR", now=LATER)


def test_a_payout_takes_the_whole_cents_and_carries_the_rest(cast: Cast) -> None:
    sell_an_album(cast)
    before = owed()
    made = make()
    assert made.amount.is_whole_minor
    assert 0 <= (before - made.amount).micros < 10_000
    assert owed() == before  # Until the bank has sent it, it is owed.
    assert make() == made  # Asked again under the same id, it is the same one.
    end_payout(payout_id=FIRST, is_paid=True, now=LATER)
    assert owed() == before - made.amount
    assert verify_books().findings == ()


def test_what_is_on_its_way_is_not_paid_twice(cast: Cast) -> None:
    sell_an_album(cast)
    make()
    with pytest.raises(NothingToPayError, match="on its way"):
        make(SECOND)
    assert [payout.id for payout in list_payouts()] == [FIRST]


def test_a_payout_called_off_is_owed_again_and_stays_in_the_books(cast: Cast) -> None:
    sell_an_album(cast)
    before, made = owed(), make()
    for _ in range(2):  # Said twice, it is called off once.
        assert not end_payout(payout_id=FIRST, is_paid=False, now=LATER).is_paid
    licensor_id = get_licensor(name=SOCIETY).id
    assert (owed(), sum_on_the_way(licensor_id=licensor_id, currency="EUR").micros) == (before, 0)
    assert make(SECOND).amount == made.amount
    assert verify_books().findings == ()


def test_a_payout_ends_one_way(cast: Cast) -> None:
    sell_an_album(cast)
    make()
    end_payout(payout_id=FIRST, is_paid=True, now=LATER)
    with pytest.raises(PayoutError, match="was paid on"):
        end_payout(payout_id=FIRST, is_paid=False, now=LATER)
    with pytest.raises(UnknownPayoutError):
        end_payout(payout_id=SECOND, is_paid=True, now=LATER)
