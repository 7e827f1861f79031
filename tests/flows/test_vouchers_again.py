"""The same codes once more: issued, tried."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.shop.payments.codes.models import Voucher
from pennywhistle.shop.payments.codes.rules import CodeTakenError, UnknownCodeError
from pennywhistle.shop.payments.codes.tries import ADDRESS_MISSES_FREE, TooManyTriesError
from tests.cast import NOW, Cast, euros
from tests.flows.test_gifts_and_codes import redeem

pytestmark = pytest.mark.django_db


def test_the_same_codes_issued_again_change_nothing_and_with_another_worth_are_refused(
    cast: Cast,
) -> None:
    ends_at = NOW + timedelta(days=9)
    for at in (NOW, NOW + timedelta(hours=1)):
        issue_vouchers(
            codes=["one", "two"], batch="fair", amount=euros("5.00"), now=at, expires_at=ends_at
        )
    with pytest.raises(CodeTakenError, match="already"):
        issue_vouchers(codes=["two", "new"], batch="fair", amount=euros("6.00"), now=NOW)
    assert set(Voucher.objects.values_list("amount_micros", "issued_at")) == {(5_000_000, NOW)}
    assert Voucher.objects.count() == 2


def test_a_good_code_forgets_the_wrong_ones_before_it_of_its_person_alone(cast: Cast) -> None:
    codes = [uuid.uuid4().hex for _ in range(ADDRESS_MISSES_FREE)]
    issue_vouchers(codes=codes, batch="fair", amount=euros("1.00"), now=NOW)
    for code in codes:
        with pytest.raises(UnknownCodeError):
            redeem(cast.alice, "no code", address="here")
        if code != codes[-1]:
            redeem(cast.alice, code, address="here")
    with pytest.raises(TooManyTriesError):
        redeem(cast.bob, codes[-1], address="here")
