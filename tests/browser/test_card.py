"""Topping up by card in a real Chromium, with localstripe as the card company, whose messages the
shop's own worker hears."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import RunningShop
from tests.local_stripe import (
    ASKS,
    ASKS_AND_DECLINED,
    DECLINED_LATER,
    GOOD,
    REFUSED_AT_ONCE,
    WEBHOOK_SECRET,
    LocalStripe,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MESSAGES_TRIES = 60


@pytest.fixture(autouse=True)
def heard(shop: RunningShop, company: LocalStripe) -> None:
    """The company tells the shop what happens."""
    hook = f"{shop.url}/webhooks/stripe/"
    company.post("/_config/webhooks/shop", url=hook, secret=WEBHOOK_SECRET)


@pytest.fixture
def wallet(page: Page) -> Page:
    """The wallet of somebody new."""
    page.goto("/account/signup/?next=/wallet/")
    page.get_by_label("Email").fill(f"{uuid.uuid4().hex[:12]}@example.org")
    page.locator("input[type=password]").first.fill("reel-and-jig-for-a-penny")
    page.get_by_role("button", name="Sign up").click()
    page.goto("/wallet/")
    return page


def enter(page: Page, number: str, *, is_kept: bool = False) -> None:
    """The company's own field, as localstripe draws it."""
    if page.get_by_label("Another card").count():
        page.get_by_label("Another card").check()
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
    for name, value in card.items():
        page.locator("[data-card-entry]").get_by_placeholder(name, exact=True).fill(value)
    if is_kept:
        page.get_by_label("Keep this card for next time").check()


def send(page: Page) -> None:
    page.locator("[data-card-form]").get_by_role("button", name="Top up").click()


def answer(page: Page, *, is_accepted: bool) -> None:
    said = "Complete authentication" if is_accepted else "Fail authentication"
    page.get_by_role("button", name=said).click()


def expect_balance(page: Page, text: str) -> None:
    page.goto("/wallet/")
    expect(page.locator(".balance")).to_have_text(text)


def test_a_good_card_fills_the_wallet_and_is_not_offered_again(wallet: Page) -> None:
    enter(wallet, GOOD)
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    expect_balance(wallet, "€5.00")
    expect(wallet.get_by_text("ending in 4242")).to_have_count(0)


def test_a_card_that_is_kept_pays_by_one_click_and_can_be_forgotten(wallet: Page) -> None:
    enter(wallet, GOOD, is_kept=True)
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    expect_balance(wallet, "€10.00")
    wallet.get_by_role("button", name="Forget").click()
    expect(wallet.get_by_text("The card is forgotten.")).to_be_visible()
    expect(wallet.get_by_text("ending in 4242")).to_have_count(0)


def test_a_card_refused_at_once_is_told_and_another_one_works(wallet: Page) -> None:
    enter(wallet, REFUSED_AT_ONCE)
    send(wallet)
    expect(wallet.locator("[data-card-trouble]")).to_contain_text("declined")
    enter(wallet, GOOD)
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    expect_balance(wallet, "€5.00")


def test_a_card_declined_when_it_is_charged_is_told(wallet: Page) -> None:
    enter(wallet, DECLINED_LATER)
    send(wallet)
    expect(wallet.locator("[data-card-trouble]")).to_contain_text("The card was declined.")
    expect_balance(wallet, "€0.00")


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_bank_that_asks_gets_its_answer(wallet: Page, is_accepted: bool) -> None:
    enter(wallet, ASKS)
    send(wallet)
    answer(wallet, is_accepted=True)  # When the card is handed over …
    wallet.wait_for_url("**/wallet/answer/**")
    answer(wallet, is_accepted=is_accepted)  # … and when it is charged.
    if is_accepted:
        expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
        expect_balance(wallet, "€5.00")
    else:
        said = wallet.get_by_text("The bank could not make sure that it was you.").first
        expect(said).to_be_visible()
        expect_balance(wallet, "€0.00")


def test_a_card_whose_bank_is_refused_at_the_start_is_not_charged(wallet: Page) -> None:
    enter(wallet, ASKS)
    send(wallet)
    answer(wallet, is_accepted=False)
    expect(wallet.locator("[data-card-trouble]")).to_contain_text("authentication failed")
    expect_balance(wallet, "€0.00")


def test_a_card_declined_after_the_bank_was_answered_is_told(wallet: Page) -> None:
    enter(wallet, ASKS_AND_DECLINED)
    send(wallet)
    answer(wallet, is_accepted=True)
    wallet.wait_for_url("**/wallet/answer/**")
    answer(wallet, is_accepted=True)
    expect(wallet.locator("[data-card-trouble]")).to_contain_text("The card was declined.")
    expect_balance(wallet, "€0.00")


def test_who_leaves_the_bank_waiting_comes_back_to_its_question(wallet: Page) -> None:
    enter(wallet, ASKS)
    send(wallet)
    answer(wallet, is_accepted=True)
    wallet.wait_for_url("**/wallet/answer/**")
    wallet.goto("/wallet/")
    wallet.get_by_role("link", name="Your bank wants an answer from you.").click()
    answer(wallet, is_accepted=True)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    expect_balance(wallet, "€5.00")


def test_a_company_out_of_order_is_not_offered_and_is_back_by_itself(
    wallet: Page, company: LocalStripe
) -> None:
    form = wallet.locator("[data-card-form]")
    enter(wallet, GOOD, is_kept=True)
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    company.be_in_trouble(503)
    try:
        for _ in range(3):
            if form.count():
                send(wallet)
                wallet.wait_for_load_state()
        wallet.goto("/wallet/")
        expect(wallet.get_by_text("A way to pay is out of order at the moment.")).to_be_visible()
        expect(form).to_have_count(0)
        expect(wallet.get_by_label("Card number")).to_be_visible()  # The next way to pay.
    finally:
        company.be_in_trouble(None)
    for _ in range(MESSAGES_TRIES):
        wallet.wait_for_timeout(1_000)
        wallet.goto("/wallet/")
        if form.count():
            break
    expect(form).to_have_count(1)


def test_the_books_say_what_the_company_lists_and_what_it_told(
    wallet: Page, shop: RunningShop
) -> None:
    enter(wallet, GOOD)
    send(wallet)
    expect(wallet.get_by_text("Your wallet is topped up.")).to_be_visible()
    for _ in range(MESSAGES_TRIES):
        told = shop.run("payments", "messages", "--gateway", "stripe").stdout
        if "payment_intent.succeeded  processed" in told:
            break
        wallet.wait_for_timeout(500)
    assert "payment_intent.succeeded  processed" in told
    today = datetime.now(UTC)
    days = [f"{today + timedelta(days=shift):%Y-%m-%d}" for shift in (-1, 2)]
    compared = shop.run(
        "payments", "reconcile", "--gateway", "stripe", "--from", days[0], "--to", days[1]
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr
    assert " 0 differences" in compared.stdout
    replayed = shop.run("payments", "replay", "--gateway", "stripe")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert shop.run("verify-books").returncode == 0
