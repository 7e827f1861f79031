"""Many with one code at once: it lowers as many purchases as it may, and no more."""

from __future__ import annotations

import uuid
from functools import partial

import pytest

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.payments.codes.models import CodeTry
from pennywhistle.shop.payments.codes.tries import address_subject
from pennywhistle.shop.pricing.models import PromotionUse
from pennywhistle.shop.sales.models import Purchase
from tests.cast import GERMANY, NOW, OPENED, PASSWORD, Cast, assemble, euros, fill_wallet
from tests.flows.test_money_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS, USES = 12, 3


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


def test_a_code_that_may_be_used_three_times_is_used_three_times_by_twelve_at_once(
    cast: Cast,
) -> None:
    request = PromotionRequest(code="FEW", takes_off="50%", starts_at=OPENED, uses_most=USES)
    make_promotion(request=request, domain="testserver", now=OPENED)
    offers = []
    for number in range(BUYERS):
        person = create_person(email=f"{number}@example.org", password=PASSWORD)
        fill_wallet(person, "1.00")
        offer = quote_basket(
            quote_id=new_id(now=NOW),
            person_id=person.pk,
            items=[BasketItem("track", cast.track_ids[0], "mp3-192")],
            domain="testserver",
            evidence=GERMANY,
            now=NOW,
            promotion_code="FEW",
        )
        offers.append((offer.id, person.pk))
    ends = at_once(
        [
            partial(buy_basket, quote_id=quote_id, person_id=person_id, now=NOW)
            for quote_id, person_id in offers
        ]
    )
    assert ends == {"done": USES, "PromotionRefusedError": BUYERS - USES}
    assert PromotionUse.objects.count() == Purchase.objects.count() == USES
    assert verify_books().findings == ()


def test_good_codes_of_many_at_one_address_are_all_taken_at_once_and_count_as_no_tries(
    cast: Cast,
) -> None:
    # The address's own row comes before each person's in one order, and after it in the other.
    at = address_subject(digest="one house")
    for _ in range(3):
        people = [
            create_person(email=f"{uuid.uuid4().hex}@example.org", password=PASSWORD)
            for _ in range(BUYERS // 2)
        ]
        codes = [uuid.uuid4().hex for _ in range(BUYERS)]
        issue_vouchers(codes=codes, batch="house", amount=euros("1.00"), now=NOW)
        redeem = partial(redeem_voucher, domain="testserver", now=NOW, tried_from=[at])
        ends = at_once(
            [
                partial(redeem, code=code, person_id=person.pk)
                for code, person in zip(codes, people * 2, strict=True)
            ]
        )
        assert ends == {"done": BUYERS}
    assert not CodeTry.objects.filter(misses__gt=0).exists()
    assert verify_books().findings == ()
