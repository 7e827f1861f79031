"""One demo shop and one Chromium for all walks; each walk comes in as somebody new."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.bank_statements import IBAN
from tests.browser.running import RunningShop, running_shop
from tests.local_stripe import LocalStripe, local_stripe
from tests.needs import find_chromium, find_test_database_url

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

BANK = {"PENNYWHISTLE_BANK_IBAN": IBAN, "PENNYWHISTLE_BANK_HOLDER": "Otto Operator"}

NO_TROUBLE = ("status of 402", "status of 422", "htmx:sendAbort", "htmx:afterRequest")


@pytest.fixture(scope="session")
def company() -> Iterator[LocalStripe]:
    """A card company for the shop."""
    with local_stripe() as it:
        yield it


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, company: LocalStripe) -> Iterator[RunningShop]:
    """A demo shop that takes cards and bank transfers, on the database server that the suite runs
    on."""
    home, more = tmp_path_factory.mktemp("shop"), company.settings | BANK
    server = find_test_database_url()
    if server is None:
        with running_shop(home, more=more) as running:
            yield running
        return
    name = f"browser_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            parts = urlsplit(server)
            url = urlunsplit(parts._replace(path=f"/{name}"))
            with running_shop(home, database_url=url, more=more) as it:
                yield it
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


# Not for the whole session: its event loop runs for as long as it is open, and other tests of the
# same process need one of their own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's own Chromium."""
    browser = playwright.chromium.launch(
        executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS, headless=True
    )
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser, shop: RunningShop, tmp_path: Path) -> Iterator[Page]:
    """A new visitor's page. An error in the console or in a script fails the walk.

    A form or a card that was refused (422, 402) is none: Chromium notes every answer that is not a success. Nor is
    a request that a later press took the place of, which htmx notes.
    """
    context = chromium.new_context(base_url=shop.url, accept_downloads=True)
    visitor = context.new_page()
    troubles: list[str] = []
    visitor.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    visitor.on(
        "console",
        lambda message: (
            troubles.append(message.text)
            if message.type == "error" and not any(note in message.text for note in NO_TROUBLE)
            else None
        ),
    )
    yield visitor
    context.close()
    assert not troubles, troubles


@pytest.fixture
def plain_page(chromium: Browser, shop: RunningShop) -> Iterator[Page]:
    """A new visitor's page with JavaScript switched off."""
    context = chromium.new_context(
        base_url=shop.url, accept_downloads=True, java_script_enabled=False
    )
    yield context.new_page()
    context.close()
