"""Receipts made out to a business: its number by its form, of the shop's own country alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.declare_business import declare_business
from pennywhistle.shop.sales.business import (
    BusinessAbroadError,
    BusinessError,
    ReverseChargeError,
    VatNumberError,
    check_business,
    check_taxed_at_home,
)
from pennywhistle.shop.sales.models import BusinessBuyer, Purchase, Quote
from pennywhistle.shop.sales.paper_queries import receipt_of
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.sales.waiver import WAIVER_TEXT
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.doors.storefront.test_storefront_walk import browser_of, buy, put, see, to_the_till

IRISH, GREEK = Seller("IE"), Seller("GR")
QUILL = {"name": "Quill & Reed Ltd", "address": "1 Quay Street, Galway"}


def check(number: str, seller: Seller = IRISH) -> str:
    return check_business(**QUILL, vat_number=number, seller=seller).vat_number


@pytest.mark.parametrize("number", ["IE6388047V", "ie 6388047 v", " IE-6388047-V "])
def test_a_number_of_the_shops_country_is_kept_in_its_shortest_form(number: str) -> None:
    assert check(number) == "IE6388047V"


def test_greece_writes_its_numbers_with_a_prefix_of_its_own() -> None:
    assert check("EL094259216", GREEK) == "EL094259216"
    with pytest.raises(ReverseChargeError):
        check("EL094259216")


@pytest.mark.parametrize("number", ["", "IE6388047W", "6388047V", "GB980780684", "US1234567"])
def test_what_is_no_number_of_the_eu_is_refused(number: str) -> None:
    with pytest.raises(VatNumberError):
        check(number)


def test_a_business_of_another_country_is_refused_rather_than_taxed_wrongly() -> None:
    with pytest.raises(ReverseChargeError, match="without tax"):
        check("DE136695976")
    with pytest.raises(ReverseChargeError):
        check("IE6388047V", Seller())


@given(number=st.text(max_size=25))
def test_whatever_is_typed_is_kept_or_refused_in_words(number: str) -> None:
    try:
        check(number)
    except BusinessError as error:
        assert error.field == "vat_number"


def test_what_cannot_be_seen_comes_onto_no_paper() -> None:
    seen = {
        "name": "Quill\u202e & Reed\u2028 Ltd\x07",
        "address": "1 Quay\u2066 Street\r\nGalway\u202e",
    }
    buyer = check_business(**seen, vat_number="IE6388047V", seller=IRISH)
    assert (buyer.name, buyer.address) == ("Quill & Reed Ltd", "1 Quay Street\nGalway")


@pytest.mark.parametrize("lacks", ["name", "address"])
def test_a_business_needs_its_name_and_its_address(lacks: str) -> None:
    with pytest.raises(BusinessError) as refusal:
        check_business(**QUILL | {lacks: " "}, vat_number="IE6388047V", seller=IRISH)
    assert refusal.value.field == lacks


@pytest.mark.django_db(transaction=True)
def test_a_receipt_is_made_out_to_the_business_until_it_is_forgotten(
    cast: Cast, settings: Settings
) -> None:
    settings.SELLER = IRISH
    fill_wallet(cast.alice, "5.00")
    alice = browser_of(cast.alice)
    alice.post("/country/", {"country": "IE"})
    refused = alice.post("/business/", {**QUILL, "vat_number": "IE123"})
    assert "not a VAT number" in see(refused, status=422)
    alice.post("/business/", {**QUILL, "vat_number": "IE6388047V"})
    put(alice, "track", cast.track_ids[0])
    page = unescape(see(alice.get(buy(alice).split("?")[0])))
    assert "Quill & Reed Ltd, 1 Quay Street, Galway, IE6388047V" in page
    link = re.search(r'href="(/receipt/[^"]+.pdf)"', page)
    assert link is not None
    text = PdfReader(io.BytesIO(alice.get(link[1]).content)).pages[0].extract_text()
    assert "IE6388047V" in text
    assert "Quill & Reed Ltd" in text
    assert "IE6388047V" in see(alice.get("/business/"))
    alice.post("/business/", {"forget": "yes"})
    assert not BusinessBuyer.objects.exists()
    put(alice, "track", cast.track_ids[1])
    assert "Quill" not in see(alice.get(buy(alice).split("?")[0]))


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_has_not_told_where_it_is_takes_no_business(cast: Cast) -> None:
    alice = browser_of(cast.alice)
    assert "no receipts out to businesses" in see(alice.get("/business/"))
    assert Client().get("/business/").status_code == 303


@pytest.mark.django_db(transaction=True)
def test_a_business_that_buys_from_another_country_is_asked_for_whom(
    cast: Cast, settings: Settings
) -> None:
    settings.SELLER = IRISH
    fill_wallet(cast.alice, "5.00")
    alice = browser_of(cast.alice)
    alice.post("/country/", {"country": "DE"})
    put(alice, "track", cast.track_ids[0])
    offer = to_the_till(alice)
    alice.post("/business/", {**QUILL, "vat_number": "IE6388047V"})
    bought = {"quote": offer.strip("/").split("/")[-1], "waiver": WAIVER_TEXT}
    sends: list[Callable[[], Any]] = [
        lambda: alice.post("/buy/", bought),
        lambda: alice.get(offer),
        lambda: alice.post("/checkout/"),
    ]
    for send in sends:
        answer = send()
        assert answer.headers["Location"] == "/business/?back=/basket/"
        assert "made out to a business in Ireland" in see(alice.get(answer.headers["Location"]))
    assert not Purchase.objects.exists()
    assert Quote.objects.count() == 1
    alice.post("/business/", {"forget": "yes"})
    assert buy(alice).startswith("/receipt/")


@pytest.mark.parametrize(
    ("number", "taxed", "is_taken"),
    [
        ("", {"DE"}, True),
        ("", {""}, True),
        ("IE6388047V", {"IE"}, True),
        ("EL094259216", {"GR"}, True),
        ("IE6388047V", {"DE"}, False),
        ("IE6388047V", {""}, False),
        ("IE6388047V", {"IE", "DE"}, False),
    ],
)
def test_a_business_is_sold_to_where_its_country_takes_the_tax(
    number: str, taxed: set[str], *, is_taken: bool
) -> None:
    try:
        check_taxed_at_home(vat_number=number, tax_countries=taxed)
    except BusinessAbroadError as error:
        assert not is_taken
        assert error.country == number[:2]
    else:
        assert is_taken


def test_a_business_that_was_told_after_the_sale_is_on_no_receipt_of_it(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    bought = buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    for number, is_printed in (("IE6388047V", False), ("DE136695976", True)):
        declare_business(
            person_id=cast.alice.pk,
            **QUILL,
            vat_number=number,
            seller=Seller(number[:2]),
            now=NOW,
        )
        assert (receipt_of(purchase_id=bought.id).buyer is not None) is is_printed
