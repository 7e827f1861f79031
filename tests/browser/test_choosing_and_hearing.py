"""Choosing, comparing and the library in a real Chromium: by eye, by ear, by keyboard, by axe."""

from __future__ import annotations

import itertools
import re
import uuid
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.running import RunningShop

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RELEASE = "/release/the-tallow-lane-band-lamplight-rosin/"
WAITS_MOST = 100
WAIT_MS = 200
# On a desk by day, on a phone by night.
LOOKS = [(1280, "light"), (320, "dark")]


def comparison(page: Page) -> str:
    """The way from the release to the comparison of its first song."""
    page.goto(RELEASE)
    address = page.locator("a.track-compare").first.get_attribute("href")
    assert address
    return address.split("?")[0]


def wait_until_both_are_there(page: Page) -> int:
    """Until both are decoded; by how many samples one came later than the other."""
    for _ in range(WAITS_MOST):
        lag = page.locator("[data-audition]").get_attribute("data-lag")
        if lag is not None:
            return int(lag)
        page.wait_for_timeout(WAIT_MS)
    raise AssertionError(page.locator("[data-audition-said]").inner_text())


@pytest.mark.parametrize("code", ["mp3-v2", "opus-48", "aac-128"])
def test_both_are_heard_at_the_same_place(page: Page, code: str) -> None:
    page.goto(f"{comparison(page)}?recipe={code}")
    play = page.locator("[data-audition-play]")
    play.focus()
    page.keyboard.press("Enter")
    assert wait_until_both_are_there(page) == 0
    said, sides = page.locator("[data-audition-said]"), page.locator("[data-audition-side]")
    expect(said).to_contain_text("The recording itself")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(sides.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(said).not_to_contain_text("The recording itself")
    expect(play).to_have_class(re.compile("is-playing"))
    page.locator("[data-audition-place]").fill("12")
    expect(page.locator("[data-audition-time]")).to_have_text(re.compile(r"0:1\d"))


def test_whoever_guesses_is_told_how_often_they_were_right(page: Page) -> None:
    page.goto(f"{comparison(page)}?recipe=mp3-128")
    page.get_by_role("button", name="Guess which is which").click()
    page.locator("[data-audition-play]").click()
    wait_until_both_are_there(page)
    expect(page.locator("[data-audition-side]").first).to_have_text("One")
    said, rights = page.locator("[data-audition-said]"), []
    for round_number in range(1, 13):
        page.locator("[data-audition-answer='0']").click()
        found = re.search(r"(\d+) of (\d+) so far", said.inner_text())
        assert found
        rights.append(int(found.group(1)))
        assert int(found.group(2)) == round_number
    # Who always says the same is right now and then: 12 like throws come once in 2,048 times.
    assert 0 <= rights[-1] <= len(rights)
    assert all(later - earlier in (0, 1) for earlier, later in itertools.pairwise(rights))
    page.get_by_role("button", name="Show which is which").click()
    expect(page.locator("[data-audition-side]").first).to_have_text("The recording itself")


def test_a_guess_before_anything_was_heard_does_not_count(page: Page) -> None:
    page.goto(f"{comparison(page)}?recipe=mp3-128")
    page.get_by_role("button", name="Guess which is which").click()
    said, answer = page.locator("[data-audition-said]"), page.locator("[data-audition-answer='0']")
    answer.click()
    expect(said).to_have_text("Press Play first, and switch between the two.")
    page.locator("[data-audition-play]").click()
    wait_until_both_are_there(page)
    expect(said).to_contain_text("You hear: One")
    answer.click()
    expect(said).to_contain_text("of 1 so far")
    page.locator("[data-audition-play]").click()  # Pauses, in the round that has begun.
    answer.click()
    expect(said).to_contain_text("of 2 so far")
    answer.click()
    expect(said).to_contain_text("Press Play first")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "cannot make this music right now"),
        (410, "no longer at this address"),
        (0, "connection"),
    ],
)
def test_what_stands_in_the_way_is_told_as_it_is(
    chromium: Browser, shop: RunningShop, status: int, words: str
) -> None:
    context = chromium.new_context(base_url=shop.url)
    page = context.new_page()
    page.goto(f"{comparison(page)}?recipe=mp3-128")

    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status, body="no")
        else:
            route.abort()

    page.route("**/bytes/**", refuse)
    said, play = page.locator("[data-audition-said]"), page.locator("[data-audition-play]")
    play.click()
    expect(said).to_contain_text(words)
    page.unroute("**/bytes/**")
    play.click()
    wait_until_both_are_there(page)
    expect(said).to_contain_text("You hear: The recording itself")
    context.close()


def test_another_quality_is_compared_in_place(page: Page) -> None:
    page.goto(f"{comparison(page)}?recipe=mp3-128")
    page.locator("#recipe-mp3-320").click()
    expect(page.locator("[data-audition-side]").nth(1)).to_have_text("MP3 320")
    expect(page.locator("#recipe-mp3-320")).to_be_focused()
    page.locator("[data-audition-play]").click()
    assert wait_until_both_are_there(page) == 0
    page.locator("#format-flac").click()
    expect(page.get_by_role("heading", name="Nothing to tell apart")).to_be_visible()


def slowly(page: Page, addresses: str) -> None:
    """Let requests to these addresses take their time."""

    def hold(route: Route) -> None:
        page.wait_for_timeout(1_500)
        route.continue_()

    page.route(addresses, hold)


def test_of_two_quick_presses_the_last_one_counts(page: Page) -> None:
    page.goto(f"{RELEASE}?recipe=mp3-128")
    slowly(page, "**recipe=opus-*")
    for family in ("opus", "flac"):
        page.locator(f"#format-{family}").click(no_wait_after=True)
    expect(page.get_by_role("heading", name="Tracks in FLAC")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(2_000)  # Longer than the first answer takes.
    expect(page.locator("#format-flac")).to_have_attribute("aria-current", "true")
    expect(page.locator("#whole strong")).to_have_text("FLAC")


def test_what_is_put_in_while_another_file_is_chosen_is_counted(
    chromium: Browser, shop: RunningShop
) -> None:
    context = chromium.new_context(base_url=shop.url)
    page = context.new_page()
    page.goto(f"{RELEASE}?recipe=mp3-128")
    slowly(page, "**/basket/")
    page.locator("#whole .ticket-button").click(no_wait_after=True)
    page.locator("#format-flac").click(no_wait_after=True)
    expect(page.locator("#basket-link .count")).to_contain_text("1", timeout=20_000)
    expect(page.locator("#format-flac")).to_have_attribute("aria-current", "true")
    context.close()


def test_pictures_of_both_are_seen(page: Page) -> None:
    page.goto(f"{comparison(page)}?recipe=mp3-96")
    for picture in page.locator("img.spectrum-image").all():
        picture.scroll_into_view_if_needed()
        for _ in range(WAITS_MOST):
            if picture.evaluate("image => image.complete && image.naturalWidth") == 720:
                break
            page.wait_for_timeout(WAIT_MS)
        else:
            raise AssertionError("no picture came")


def test_without_javascript_both_are_links(plain_page: Page) -> None:
    page = plain_page
    page.goto(f"{comparison(page)}?recipe=mp3-128")
    expect(page.locator("[data-audition-desk]")).to_be_hidden()
    links = page.locator(".audition-plain a")
    expect(links).to_have_count(2)
    for link in links.all():
        address = link.get_attribute("href")
        assert address
        assert page.request.get(address).headers["content-type"].startswith("audio/")


def buy_a_release(page: Page, shop: RunningShop) -> None:
    """A new listener with money buys the whole release as FLAC."""
    page.goto("/account/signup/")
    page.get_by_label("Email").fill(f"{uuid.uuid4().hex[:12]}@example.org")
    page.locator("input[type=password]").first.fill("reel-and-jig-for-a-penny")
    page.get_by_role("button", name="Sign up").click()
    page.goto("/wallet/")
    page.get_by_label("Code", exact=True).fill(shop.run("voucher", "issue", "20.00").stdout.strip())
    page.get_by_role("button", name="Redeem").click()
    page.goto(f"{RELEASE}?recipe=flac")
    page.locator("#whole .ticket-button").click()
    expect(page.locator("#whole .ticket-held")).to_be_visible()
    page.goto("/basket/")
    page.get_by_role("button", name="To the till").click()
    page.get_by_label("I want my download to begin at once").check()
    page.get_by_role("button", name=re.compile("^Buy for")).click()
    page.wait_for_url("**/receipt/**")


def test_a_release_is_fetched_as_one_zip_and_proven(
    page: Page, shop: RunningShop, tmp_path: Path
) -> None:
    buy_a_release(page, shop)
    expect(page.get_by_role("link", name=re.compile("all as ZIP"))).to_be_visible()
    page.goto("/library/")
    page.locator("details.proof summary").first.click()
    proof = page.locator("details.proof code").first
    expect(proof).to_be_visible()
    assert re.fullmatch(r"[0-9a-f]{64}", proof.inner_text())
    assert not Axe().run(page).response["violations"]
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download all as ZIP")).click()
    path = tmp_path / "album.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as album:
        assert album.testzip() is None
        assert sum(name.endswith(".flac") for name in album.namelist()) == 6


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_and_no_page_is_too_wide(
    chromium: Browser, shop: RunningShop, width: int, scheme: str
) -> None:
    context = chromium.new_context(
        base_url=shop.url,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    found: list[str] = []
    address = comparison(page)
    for path in (
        "/",
        f"{RELEASE}?recipe=mp3-320",
        f"{RELEASE}?recipe=flac",
        f"{address}?recipe=mp3-128",
        f"{address}?recipe=flac",
        "/search/?q=kesh",
        "/basket/",
        "/style/",
    ):
        page.goto(path)
        found += [
            f"{path}: {trouble['id']}: {node['html']}"
            for trouble in Axe().run(page).response["violations"]
            for node in trouble["nodes"]
        ]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{path} is wider than {width} pixels")
    context.close()
    assert not found, "\n".join(found)
