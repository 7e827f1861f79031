"""Take the README's pictures: `make screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.running import running_shop
from tests.needs import find_chromium

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
# (name, path, width, height, colour scheme)
SHOTS = (
    ("shop", "/", 1280, 860, "light"),
    ("release", "/search/?q=kesh", 1280, 860, "light"),
    ("hear", "/search/?q=londonderry", 1280, 1440, "light"),
    ("night", "/", 390, 780, "dark"),
)


def main() -> None:
    """Start a demo shop, and photograph it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running_shop(Path(home) / "shop") as shop:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
            )
            for shot in SHOTS:
                _take(browser, shop.url, *shot)
            browser.close()


def _take(browser: Browser, url: str, name: str, path: str, *look: int | str) -> None:
    width, height, scheme = look
    context = browser.new_context(
        locale="en-IE",
        viewport={"width": int(width), "height": int(height)},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"{url}{path}")
    if name in {"release", "hear"}:
        page.locator("main a[href*='/release/']").first.click()
    if name == "hear":
        _compare(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
    context.close()


def _compare(page: Page) -> None:
    """The last song of the release as a small MP3, once both of its pictures are drawn."""
    page.locator("a.track-compare").last.click()
    page.locator("#recipe-mp3-128").click()
    page.wait_for_url("**recipe=mp3-128**")
    page.wait_for_load_state("networkidle")
    # Again, now that it is known how high both reach.
    page.reload()


if __name__ == "__main__":
    main()
