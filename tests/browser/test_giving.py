"""Bank transfers and gifts in a real browser: at 320 pixels, in both themes, and without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.bank_statements import Line, camt
from tests.browser.at_rest import come_to_rest
from tests.browser.running import RunningShop
from tests.browser.test_walk import redeem, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NARROW = ViewportSize(width=320, height=700)


def check_fits(page: Page) -> None:
    """In both themes nothing scrolls sideways, and axe finds nothing to say."""
    page.set_viewport_size(NARROW)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert page.locator("html").evaluate("html => html.scrollWidth - html.clientWidth") <= 0
        come_to_rest(page)
        assert not Axe().run(page).response["violations"]


def test_a_transfer_is_ordered_imported_and_spent_on_a_gift(
    page: Page, shop: RunningShop, tmp_path: Path
) -> None:
    page.goto("/account/signup/")
    sign_up(page)
    page.goto("/wallet/")
    page.get_by_role("button", name="Show the transfer").click()
    expect(page.get_by_role("heading", name="Your bank transfer")).to_be_visible()
    check_fits(page)
    reference = page.locator(".slip-reference").inner_text()
    statement = tmp_path / "statement.xml"
    statement.write_bytes(camt([Line("7.50", f"for songs {reference}")]))
    imported = shop.run("bank", "import", str(statement))
    assert "1 new; 1 credited, 7.50 EUR" in imported.stdout, imported.stderr
    assert "imported before" in shop.run("bank", "import", str(statement)).stdout
    page.reload()
    expect(page.get_by_text("€7.50 has arrived.")).to_be_visible()
    page.goto("/gifts/")
    check_fits(page)
    page.get_by_label("A greeting").fill("For Bob, with love")
    page.get_by_role("button", name="Buy the gift").click()
    expect(page.get_by_text("For Bob, with love")).to_be_visible()
    check_fits(page)
    card = page.request.get(
        str(page.get_by_role("link", name="Print it as a card").get_attribute("href"))
    )
    assert card.body().startswith(b"%PDF")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("€5.00 is back in your wallet.")).to_be_visible()


def test_a_gift_passes_from_one_to_another_without_javascript(
    plain_page: Page, shop: RunningShop
) -> None:
    plain_page.goto("/account/signup/")
    sign_up(plain_page)
    redeem(plain_page, shop.run("voucher", "issue", "5.00").stdout.strip())
    plain_page.goto("/gifts/")
    plain_page.get_by_role("button", name="Buy the gift").click()
    code = plain_page.locator(".gift-code").inner_text()
    assert re.fullmatch(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", code)
    redeem(plain_page, code)
    expect(plain_page.locator(".balance")).to_have_text("€5.00")
    books = shop.run("verify-books")
    assert books.returncode == 0, books.stdout
