"""A new visitor walks the whole shop: search, hear, choose, sign up, redeem, buy, download."""

from __future__ import annotations

import re
import subprocess
import uuid
from decimal import Decimal
from pathlib import Path

import mutagen.id3
import pytest
from playwright.sync_api import Page, expect

from pennywhistle.adapters.audio.binary import ffmpeg_path
from tests.browser.running import RunningShop

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MP3_FRAME = 1152
TRACK, ARTIST, RELEASE = "The Kesh", "The Tallow Lane Band", "Lamplight & Rosin"


def euros(text: str) -> Decimal:
    """The amount in a text such as `€0.09` or `0,09 €`."""
    found = re.search(r"\d+[.,]\d{2}", text)
    assert found, text
    return Decimal(found.group().replace(",", "."))


def balance(page: Page) -> Decimal:
    """What the wallet's page says."""
    page.goto("/wallet/")
    return euros(page.locator(".balance").inner_text())


def search_for_the_track(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("kesh")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/search/**")
    page.locator("main").get_by_role("link", name=TRACK, exact=True).click()
    page.wait_for_url("**/release/**")


def choose(page: Page, family: str, recipe: str, title: str) -> None:
    """First the format, then how good."""
    page.locator(f"#{family}").click()
    expect(page.locator(f"#{family}")).to_have_attribute("aria-current", "true")
    page.locator(f"#{recipe}").click()
    page.wait_for_url(f"**recipe={recipe.removeprefix('recipe-')}**")
    expect(page.locator(f"#{recipe}")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("heading", name=f"Tracks in {title}")).to_be_visible()
    page.wait_for_load_state()  # A link that was pressed before htmx knew it is followed as any link.


def wait_until_it_plays(page: Page) -> None:
    """Ask the player itself; the shop's own policy forbids scripts that wait in the page."""
    for _ in range(100):
        if page.locator("audio").evaluate("audio => audio.currentTime") > 0.2:
            return
        page.wait_for_timeout(200)
    raise AssertionError("the preview does not play")


def put_the_track_into_the_basket(page: Page) -> Decimal:
    """Press the track's price ticket; the price on it."""
    row = page.locator("li.track", has_text=TRACK).first
    ticket = row.get_by_role("button", name=re.compile("basket"))
    price = euros(ticket.locator(".ticket-price").inner_text())
    ticket.click()
    expect(page.get_by_text("It is in your basket.")).to_be_visible()  # Before anyone walks on.
    return price


def sign_up(page: Page) -> None:
    page.get_by_label("Email").fill(f"{uuid.uuid4().hex[:12]}@example.org")
    page.locator("input[type=password]").first.fill("reel-and-jig-for-a-penny")
    page.get_by_role("button", name="Sign up").click()


def redeem(page: Page, code: str) -> None:
    page.goto("/wallet/")
    page.locator("#f-code").fill(code)
    page.get_by_role("button", name="Redeem").click()


def buy_and_download(page: Page, folder: Path) -> Path:
    """From the basket through the till to the file."""
    page.goto("/basket/")
    page.get_by_role("button", name="To the till").click()
    page.get_by_label("I want my download to begin at once").check()
    page.get_by_role("button", name=re.compile("^Buy for")).click()
    page.goto("/library/")
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {TRACK}").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def samples_of(path: Path) -> int:
    """Samples per channel that the file decodes to, by the encoder's own gapless rules."""
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "pipe:1"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return len(done.stdout) // 2


def check_the_file(path: Path, shop: RunningShop) -> None:
    """It decodes to the master's length within one frame, and says what it is."""
    assert path.name == f"{ARTIST} - 01 {TRACK}.mp3"
    tags = mutagen.id3.ID3(path)
    assert str(tags["TIT2"]) == TRACK
    assert str(tags["TPE1"]) == ARTIST
    assert str(tags["TALB"]) == RELEASE
    assert str(tags["TSRC"]).startswith("ZZ")
    assert tags.getall("APIC")[0].mime == "image/jpeg"
    frames = master_frames(shop)
    assert abs(samples_of(path) - frames) <= MP3_FRAME


def master_frames(shop: RunningShop) -> int:
    """What the store measured of the track's master."""
    asked = subprocess.run(
        [
            shop.python,
            "-m",
            "django",
            "shell",
            "--no-imports",
            "--command",
            (
                "from pennywhistle.shop.catalogue.queries import search_tracks; "
                f"print(search_tracks(query={TRACK!r})[0].master.frames)"
            ),
        ],
        env=shop.environment | {"DJANGO_SETTINGS_MODULE": "pennywhistle.config.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(asked.stdout)


def test_a_new_visitor_buys_a_song(page: Page, shop: RunningShop, tmp_path: Path) -> None:
    page.goto("/")
    width = page.locator("img.cover").first.evaluate("image => image.naturalWidth")
    assert width == 600
    search_for_the_track(page)

    page.locator(f'[data-hear][data-title="{TRACK}"]').click()
    wait_until_it_plays(page)

    choose(page, "format-opus", "recipe-opus-128", "Opus 128")
    choose(page, "format-mp3", "recipe-mp3-192", "MP3 192")
    price = put_the_track_into_the_basket(page)

    page.goto("/account/signup/")
    sign_up(page)
    redeem(page, shop.voucher)
    before = balance(page)
    path = buy_and_download(page, tmp_path)

    check_the_file(path, shop)
    assert before == Decimal("2.00")
    assert balance(page) == before - price
    assert shop.run("verify-books").returncode == 0


def test_it_all_works_without_javascript(
    plain_page: Page, shop: RunningShop, tmp_path: Path
) -> None:
    page = plain_page
    search_for_the_track(page)
    choose(page, "format-opus", "recipe-opus-128", "Opus 128")
    choose(page, "format-mp3", "recipe-mp3-192", "MP3 192")
    price = put_the_track_into_the_basket(page)

    page.goto("/basket/")
    page.get_by_role("button", name="To the till").click()
    page.wait_for_url("**/account/signup/**")
    sign_up(page)
    page.wait_for_url("**/basket/")
    issued = shop.run("voucher", "issue", "5.00")
    redeem(page, issued.stdout.strip())
    before = balance(page)
    path = buy_and_download(page, tmp_path)

    check_the_file(path, shop)
    assert balance(page) == before - price


def test_a_card_that_is_slow_arrives_by_itself_and_pays_for_a_song(
    page: Page, shop: RunningShop, tmp_path: Path
) -> None:
    page.goto("/account/signup/")
    sign_up(page)
    page.goto("/wallet/")
    page.get_by_label("Card number").fill("4000 0000 0000 0077")
    page.locator(".purse", has_text="Test numbers").get_by_role("button", name="Top up").click()
    expect(page.get_by_text("waiting").first).to_be_visible()
    for _ in range(30):
        if balance(page) == Decimal("5.00"):
            break
        page.wait_for_timeout(1_000)
    assert balance(page) == Decimal("5.00")
    search_for_the_track(page)
    price = put_the_track_into_the_basket(page)
    buy_and_download(page, tmp_path)
    assert balance(page) == Decimal("5.00") - price


def test_a_card_that_is_refused_says_why_and_moves_nothing(page: Page, shop: RunningShop) -> None:
    page.goto("/account/signup/")
    sign_up(page)
    page.goto("/wallet/")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.locator(".purse", has_text="Test numbers").get_by_role("button", name="Top up").click()
    expect(page.get_by_text("declined").first).to_be_visible()
    assert balance(page) == Decimal("0.00")
