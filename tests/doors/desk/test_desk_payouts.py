"""Licensors are paid from the desk: terms, what is due, the file, and the statement that ends it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.royalties.payout_queries import list_payouts
from tests.bank_statements import IBAN, Line, camt
from tests.cast import Cast
from tests.doors.desk.conftest import See
from tests.flows.test_pay_out import sell_an_album

pytestmark = pytest.mark.django_db

TERMS = {
    "licensor": "Meridian Society",
    "holder": "Meridian Gesellschaft für Töne",
    "iban": "AT48 3200 0000 1234 5864",
    "minimum": "0",
    "schedule": "monthly",
}


@pytest.fixture(autouse=True)
def account(settings: Settings) -> Iterator[None]:
    """The store has a bank account."""
    settings.BANK_IBAN, settings.BANK_HOLDER = IBAN, "Otto Operator"
    get_outfit.cache_clear()
    yield
    get_outfit.cache_clear()


def test_a_licensor_is_agreed_with_set_aside_ordered_and_paid(
    otto: Client, cast: Cast, see: See
) -> None:
    sell_an_album(cast)
    assert "No terms yet" in see(otto, "/desk/payouts/")
    assert otto.post("/desk/payouts/terms/", TERMS).status_code == 303
    page = see(otto, "/desk/payouts/")
    assert "Gesellschaft fuer Toene" in page
    assert "AT48…5864" in page
    assert "AT483200000012345864" not in page
    assert otto.post("/desk/payouts/make/").status_code == 303
    assert "1 payout was set aside" in see(otto, "/desk/payouts/")
    answer = otto.post("/desk/payouts/file/")
    assert answer["Content-Type"] == "application/xml"
    assert answer["Cache-Control"] == "private, no-store"
    assert b"AT483200000012345864" in answer.content
    page = see(otto, "/desk/payouts/")
    (again,) = re.findall(r'href="(/desk/payouts/[0-9a-f-]+\.xml)"', page)
    assert otto.get(again).content == answer.content
    (payout,) = list_payouts()
    wrong, right = (
        Line(f"-{amount}", end_to_end=payout.reference, ref=amount)
        for amount in ("9.99", f"{payout.amount.decimal:.2f}")
    )
    file = io.BytesIO(camt([wrong, right]))
    file.name = "statement.xml"
    otto.post("/desk/bank/import/", {"file": file})
    assert "9.99 EUR left" in see(otto, "/desk/bank/")
    page = see(otto, "/desk/payouts/")
    assert "paid" in page
    assert "23 Nov 2026" in page
    assert verify_books().findings == ()


def test_what_cannot_be_done_is_told(otto: Client, cast: Cast, see: See) -> None:
    for wrong, says in (
        ({"iban": "AT48 3200 0000 1234 5865"}, "No bank has given out this IBAN"),
        ({"minimum": "0.001"}, "whole cents"),
        ({"holder": ""}, "required"),
    ):
        answer = otto.post("/desk/payouts/terms/", {**TERMS, **wrong})
        assert answer.status_code == 422
        assert says in answer.content.decode()
    otto.post("/desk/payouts/file/")
    assert "No payout waits for a file" in see(otto, "/desk/payouts/")
    nothing = "/desk/payouts/00000000-0000-0000-0000-000000000001.xml"
    assert otto.get(nothing).status_code == 404


def test_payouts_are_the_operators_alone(lena: Client, alice: Client, see: See) -> None:
    see(lena, "/desk/payouts/", status=403)
    assert lena.post("/desk/payouts/make/").status_code == 403
    see(alice, "/desk/payouts/", status=403)
