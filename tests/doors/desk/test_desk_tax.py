"""The desk tells what is owed where, how near the thresholds are, and what papers there are."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.flows.issue_paper import issue_receipt
from pennywhistle.flows.record_rate import record_rate
from pennywhistle.kit.clock import Quarter, utc_now
from pennywhistle.shop.sales.models import Purchase, SaleLine
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.storefronts.models import Storefront
from tests.cast import Cast
from tests.doors.desk.conftest import See
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def irish(settings: Settings) -> None:
    settings.SELLER = Seller("IE")


def test_the_quarters_tax_is_told_by_country_and_as_a_file(
    sold: Cast, otto: Client, see: See
) -> None:
    issue_receipt(purchase_id=Purchase.objects.get().pk, now=utc_now())
    quarter = Quarter.of(utc_now())
    page = unescape(see(otto, "/desk/taxes/"))
    assert f"Tax of {quarter}" in page
    assert "One Stop Shop" in page
    assert "Germany" in page
    assert "This quarter is not over" in page
    assert "Receipts" in page
    assert "-000001" in page
    answer = otto.get(f"/desk/taxes/{quarter}.csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["return"], row["country"], row["vat_eur"]) == ("oss", "DE", "0.06")
    assert f"vat-{quarter}.csv" in answer.headers["Content-Disposition"]


def test_sales_that_the_thresholds_do_not_count_are_told(
    sold: Cast, otto: Client, see: See
) -> None:
    with guards_lifted(connection):
        SaleLine.objects.update(currency="SEK")
    assert "are not counted, for no rate is on file" in see(otto, "/desk/taxes/")
    record_rate(
        base="SEK", quote="EUR", amount="0.0915", day=utc_now().date(), source="Central Bank"
    )
    assert "sales in SEK are counted at 0.0915 EUR" in see(otto, "/desk/taxes/")


def test_an_earlier_quarter_is_one_link_away_and_the_future_is_not(
    cast: Cast, otto: Client, see: See
) -> None:
    now = Quarter.of(utc_now())
    page = see(otto, "/desk/taxes/")
    assert f"?quarter={now.before}" in page
    assert f"?quarter={now.next}" not in page
    page = see(otto, f"/desk/taxes/?quarter={now.before}")
    assert "Nothing was sold and nothing was given back" in page
    assert f"?quarter={now}" in page
    assert f"Tax of {now}" in see(otto, f"/desk/taxes/?quarter={now.next}")
    assert f"Tax of {now}" in see(otto, "/desk/taxes/?quarter=nonsense")
    assert otto.get("/desk/taxes/nonsense.csv").status_code == 404


def test_a_store_that_does_not_say_where_it_is_is_asked_to(
    sold: Cast, otto: Client, see: See, settings: Settings
) -> None:
    settings.SELLER = Seller()
    page = unescape(see(otto, "/desk/taxes/"))
    assert page.count("PENNYWHISTLE_SELLER_COUNTRY") == 2
    assert otto.get(f"/desk/taxes/{Quarter.of(utc_now())}.csv").status_code == 404


def test_a_small_seller_and_a_shop_of_one_country_are_told_what_follows(
    sold: Cast, otto: Client, see: See, settings: Settings
) -> None:
    settings.SELLER = Seller("DE", is_small=True)
    Storefront.objects.update(territories="DE")
    page = unescape(see(otto, "/desk/taxes/"))
    assert "turn PENNYWHISTLE_SMALL_SELLER off before that" in page
    assert "sells in one country alone" in page


def test_labels_and_listeners_see_no_taxes(cast: Cast, lena: Client, alice: Client) -> None:
    for browser in (lena, alice):
        assert browser.get("/desk/taxes/").status_code == 403
        assert browser.get("/desk/taxes/2026-Q4.csv").status_code == 403


def test_a_quarter_of_long_ago_is_empty(cast: Cast, otto: Client, see: See) -> None:
    long_ago = Quarter.of(utc_now() - timedelta(days=2_000))
    assert "Nothing was sold" in see(otto, f"/desk/taxes/?quarter={long_ago}")
