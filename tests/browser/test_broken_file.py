"""A broken file in a real browser without JavaScript: reported, paid back, and answered on the desk."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.running import RunningShop
from tests.browser.test_till_and_receipt import NARROW, buy_a_song, check_fits

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# The demo's operator.
OPERATOR, PASSWORD = "operator@example.org", "mind-the-till-please"


def test_a_broken_file_is_paid_back_by_one_button_and_answered_by_the_shop(
    plain_page: Page, chromium: Browser, shop: RunningShop
) -> None:
    listener = plain_page
    buy_a_song(listener, shop)
    listener.goto("/library/")
    listener.get_by_role("link", name=re.compile("This file is broken")).click()
    listener.get_by_role("button", name="Report the file").click()
    expect(listener.get_by_text("Choose what is wrong with the file")).to_be_visible()
    listener.get_by_label("It crackles, skips or hums").check()
    listener.get_by_label(re.compile("Where, and in which player")).fill("At 1:20, on my phone.")
    listener.get_by_role("button", name="Report the file").click()
    expect(listener.get_by_text(re.compile("Thank you. .* is back in your wallet"))).to_be_visible()
    expect(listener.locator(".wallet-link")).to_contain_text("€5.00")
    expect(listener.get_by_role("heading", name="Files you reported")).to_be_visible()
    assert listener.get_by_role("link", name=re.compile("This file is broken")).count() == 0
    answer(chromium, shop)
    listener.reload()
    expect(listener.get_by_text("The shop says: It plays here.")).to_be_visible()
    assert shop.run("verify-books").returncode == 0


def answer(chromium: Browser, shop: RunningShop) -> None:
    """The operator finds the report on the desk's first page, and answers it."""
    context = chromium.new_context(base_url=shop.url, locale="en-IE", viewport=NARROW)
    page = context.new_page()
    page.goto("/account/login/?next=/desk/")
    page.fill("input[name=login]", OPERATOR)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.get_by_role("link", name=re.compile("that a listener calls broken")).click()
    check_fits(page)
    page.locator("tbody a").first.click()
    expect(page.get_by_text("At 1:20, on my phone.")).to_be_visible()
    page.get_by_label("Nothing is wrong with the file").check()
    page.get_by_label(re.compile("A word to the listener")).fill("It plays here.")
    check_fits(page)
    page.get_by_role("button", name="Answer the report").click()
    expect(page.get_by_text("Answered.")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    context.close()
