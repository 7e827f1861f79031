"""The till and the receipt in a real browser: the box to tick, the shares, the PDF."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect
from pypdf import PdfReader

from tests.browser.at_rest import come_to_rest
from tests.browser.running import RunningShop
from tests.browser.test_walk import put_the_track_into_the_basket, redeem, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NARROW = ViewportSize(width=320, height=700)


def buy_a_song(page: Page, shop: RunningShop) -> None:
    """Up to the till, and past it with the box ticked."""
    page.goto("/account/signup/")
    sign_up(page)
    redeem(page, shop.run("voucher", "issue", "5.00").stdout.strip())
    page.goto("/search/?q=kesh")
    page.locator("main").get_by_role("link", name="The Kesh", exact=True).click()
    put_the_track_into_the_basket(page)
    page.goto("/basket/")
    page.get_by_role("button", name="To the till").click()
    box = page.get_by_label("I want my download to begin at once")
    expect(box).not_to_be_checked()
    page.set_viewport_size(NARROW)
    button = page.get_by_role("button", name=re.compile("^Buy for"))
    button.click()
    assert "/checkout/" in page.url  # The browser asks for the box, and nothing was bought.
    box.check()
    button.click()
    page.wait_for_url("**/receipt/**")


def check_fits(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing to say."""
    assert page.locator("html").evaluate("html => html.scrollWidth - html.clientWidth") <= 0
    come_to_rest(page)
    assert not Axe().run(page).response["violations"]


def test_what_was_bought_has_a_receipt_that_opens_down_to_the_books(
    page: Page, shop: RunningShop, tmp_path: Path
) -> None:
    buy_a_song(page, shop)
    expect(page.get_by_text(re.compile(r"Receipt R\d{4}-\d{6}$"))).to_be_visible()
    expect(page.get_by_role("heading", name="Where your money went")).to_be_visible()
    bar = page.locator(".shares-bar rect")
    assert bar.count() == page.locator(".shares .shares-key").count() >= 3
    widths = [float(str(rect.get_attribute("width"))) for rect in bar.all()]
    assert abs(sum(widths) - 1000) < 0.1
    page.get_by_text("These entries of the books say so").click()
    entries = page.locator(".shares-entries li")
    expect(entries.first).to_be_visible()
    expect(entries.first).to_contain_text(re.compile(r"^sale/[0-9a-f-]{36}/1/royalty/"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(NARROW)
        check_fits(page)
    pdf = page.request.get(
        str(page.get_by_role("link", name="Receipt as PDF").get_attribute("href"))
    )
    path = tmp_path / "receipt.pdf"
    path.write_bytes(pdf.body())
    text = PdfReader(path).pages[0].extract_text()
    assert "The Kesh" in text
    assert "Where your money went" in text
    assert shop.run("verify-books").returncode == 0


def test_the_till_and_the_receipt_work_without_javascript(
    plain_page: Page, shop: RunningShop
) -> None:
    plain_page.set_viewport_size(NARROW)
    buy_a_song(plain_page, shop)
    expect(plain_page.get_by_text(re.compile(r"^You told us on"))).to_be_visible()
    plain_page.get_by_text("These entries of the books say so").click()
    expect(plain_page.locator(".shares-entries li").first).to_be_visible()
