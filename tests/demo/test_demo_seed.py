"""What the demo says at its start is so, also at its second."""

from __future__ import annotations

import pytest

from pennywhistle.demo.seed import DOMAIN, LISTENER, issue_demo_voucher, list_sign_ins
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.shop.accounts.operations import create_person
from tests.cast import NOW, PASSWORD, Cast, fill_wallet

pytestmark = pytest.mark.django_db


def test_the_listeners_wallet_is_told_as_it_is_now(cast: Cast) -> None:
    listener = create_person(email=LISTENER, password=PASSWORD)
    fill_wallet(listener, "4.87")
    sees = {each.email: each.sees for each in list_sign_ins()}
    assert sees[LISTENER] == "4.87 EUR in the wallet"


def test_another_voucher_is_made_when_the_last_one_was_redeemed(cast: Cast) -> None:
    first = issue_demo_voucher(now=NOW)
    assert first is not None
    assert issue_demo_voucher(now=NOW) is None
    redeem_voucher(code=first, person_id=cast.alice.pk, domain=DOMAIN, now=NOW)
    second = issue_demo_voucher(now=NOW)
    assert second not in {None, first}
