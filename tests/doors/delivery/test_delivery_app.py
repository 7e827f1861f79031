"""The delivery door as an application: who gets what, and in which words nobody gets nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from pytest_django import Settings
from starlette.applications import Starlette
from starlette.routing import Mount

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.doors.delivery.app import app
from pennywhistle.flows.deliver_rendition import file_name_of
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.sign_address import (
    AddressExpiredError,
    AddressForgedError,
    Purpose,
    audition_address,
    download_address,
    preview_address,
    read_token,
)
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.models import Release, Track
from pennywhistle.shop.catalogue.queries import TrackFacts, get_track
from pennywhistle.shop.encoding.rules import PREVIEW_SECONDS, Excerpt
from pennywhistle.shop.library.models import OwnedItem
from tests.cast import NOW
from tests.stocked_shop import StockedShop, on_a_thread, stock_shop

_named_late: str | None = None


def _dawdle(event: str, arguments: tuple[object, ...]) -> None:
    if event == "os.rename" and _named_late and str(arguments[0]).startswith(_named_late):
        time.sleep(0.5)


# A hook stays for the life of the process: it does nothing unless `slow_names` arms it.
sys.addaudithook(_dawdle)


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/bytes", app=app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def end_first_licence() -> None:
    end_licence(number="LAN-1", reason="withdrawn", now=utc_now(), effective_at=utc_now())


def made(shop: StockedShop, code: str) -> bytes:
    pieces: list[bytes] = []
    encode(shop.wants(code).order, pieces.append)
    return b"".join(pieces)


@pytest.mark.parametrize("code", ["mp3-192", "flac", "opus-96", "alac", "preview"])
async def test_cold_and_cached_are_the_same_file_under_the_same_etag(
    code: str, shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = await on_a_thread(shop.address, code)
    whole = await on_a_thread(made, shop, code)
    cold = await client.get(address)
    cached = await client.get(address)
    assert cold.status_code == cached.status_code == 200
    assert cold.content == cached.content == whole
    assert cold.headers["etag"] == cached.headers["etag"]
    for response in (cold, cached):
        assert response.headers["accept-ranges"] == "bytes"
        assert response.headers["cache-control"].startswith("private")
        assert "last-modified" not in response.headers
    part = await client.get(address, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    stale = await client.get(address, headers={"range": "bytes=1-2", "if-range": '"other"'})
    assert (stale.status_code, stale.content) == (200, whole)
    several = await client.get(address, headers={"range": "bytes=0-1,4-5"})
    assert (several.status_code, several.content) == (200, whole)
    beyond = await client.get(address, headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    head = await client.head(address, headers={"range": "bytes=0-1"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole)))
    assert head.content == b""
    same = await client.get(address, headers={"if-none-match": cold.headers["etag"]})
    assert (same.status_code, same.headers["etag"]) == (304, cold.headers["etag"])
    other = await client.get(address, headers={"if-match": '"other"'})
    assert other.status_code == 412


async def test_a_download_has_the_name_that_a_person_would_choose(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = await on_a_thread(shop.address, "mp3-128")
    assert address.endswith("/Ann%20Piper%20-%2001%20The%20Kesh.mp3")
    head = await client.head(address)
    assert head.headers["content-disposition"] == (
        'attachment; filename="Ann Piper - 01 The Kesh.mp3"'
    )
    await on_a_thread(lambda: Track.objects.filter(pk=shop.track_id).update(title="Süße Töne"))
    head = await client.head(address)
    assert head.headers["content-disposition"] == (
        'attachment; filename="Ann Piper - 01 Su_e Tone.mp3"; '
        "filename*=UTF-8''Ann%20Piper%20-%2001%20S%C3%BC%C3%9Fe%20T%C3%B6ne.mp3"
    )


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("A＂; filename=＂x.exe", "A_; filename=_x.exe"),
        ("a／b＼c：d", "a_b_c_d"),
        ("100%41 \u2024\u2025", "100_41"),
    ],
)
async def test_no_title_adds_to_the_header_that_names_the_file(
    title: str, plain: str, shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = await on_a_thread(shop.address, "mp3-128")
    await on_a_thread(lambda: Track.objects.filter(pk=shop.track_id).update(title=title))
    named = (await client.head(address)).headers["content-disposition"]
    assert named.startswith(f'attachment; filename="Ann Piper - 01 {plain}.mp3"; filename*=')
    assert unquote(named.partition("UTF-8''")[2]) == f"Ann Piper - 01 {title}.mp3"


async def test_a_preview_plays_in_place_and_needs_no_library(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    response = await client.get(
        preview_address(track_id=shop.track_id, seconds=PREVIEW_SECONDS, now=utc_now())
    )
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.headers["content-disposition"].startswith("inline")
    assert response.content.startswith(b"ID3")


async def test_an_audition_is_a_part_of_the_track_in_the_chosen_recipe(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    excerpt = Excerpt(start_seconds=1, seconds=1)
    for code, kind in (("opus-96", "audio/ogg"), ("flac", "audio/flac")):
        address = audition_address(
            track_id=shop.track_id, recipe=code, excerpt=excerpt, now=utc_now(), territory="DE"
        )
        response = await client.get(address)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert response.headers["content-disposition"].startswith("inline")
        assert response.content == await on_a_thread(made_part, shop, code, excerpt)


def made_part(shop: StockedShop, code: str, excerpt: Excerpt) -> bytes:
    pieces: list[bytes] = []
    encode(shop.wants(code, excerpt=excerpt).order, pieces.append)
    return b"".join(pieces)


@pytest.mark.parametrize("territory", ["", "DE"])
async def test_when_its_licence_ends_an_address_for_hearing_ends_with_it(
    territory: str, shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = preview_address(
        track_id=shop.track_id, seconds=30, now=utc_now(), territory=territory
    )
    bought = await on_a_thread(shop.address, "mp3-128")
    assert (await client.get(address)).status_code == 200
    await on_a_thread(end_first_licence)
    response = await client.get(address)
    assert (response.status_code, response.text) == (410, "This may not be heard here any more.\n")
    assert (await client.get(bought)).status_code == 200


@pytest.mark.parametrize(
    ("territory", "seconds", "status"),
    [("DE", 30, 200), ("FR", 30, 410), ("DE", 31, 410), ("DE", None, 410)],
)
async def test_no_more_is_heard_than_the_licences_say_where_the_address_was_given_out(
    territory: str,
    seconds: int | None,
    status: int,
    shop: StockedShop,
    client: httpx.AsyncClient,
) -> None:
    address = preview_address(
        track_id=shop.track_id, seconds=seconds, now=utc_now(), territory=territory
    )
    assert (await client.get(address)).status_code == status


@pytest.fixture
def slow_names(tmp_path: Path) -> Iterator[None]:
    """Every file below the test's folder gets its new name half a second late."""
    global _named_late
    _named_late = str(tmp_path)
    yield
    _named_late = None


async def test_a_part_of_a_file_that_is_whole_and_not_yet_named_waits_for_the_name(
    shop: StockedShop, client: httpx.AsyncClient, slow_names: None
) -> None:
    address = await on_a_thread(shop.address, "mp3-v2")
    part = await client.get(address, headers={"range": "bytes=-500"})
    assert part.status_code == 206
    assert part.content == (await client.get(address)).content[-500:]


async def test_a_player_that_asks_from_the_first_byte_on_gets_the_stream_where_no_length_is_known(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = await on_a_thread(shop.address, "mp3-v2")
    cold = await client.get(address, headers={"range": "bytes=0-"})
    assert cold.status_code == 200
    assert not {"content-length", "content-range"} & set(cold.headers)
    cached = await client.get(address, headers={"range": "bytes=0-"})
    assert (cached.status_code, cached.content) == (206, cold.content)
    known = await on_a_thread(shop.address, "mp3-128")
    part = await client.get(known, headers={"range": "bytes=0-"})
    assert part.headers["content-range"] == f"bytes 0-{len(part.content) - 1}/{len(part.content)}"


@pytest.mark.parametrize("address", ["/bytes/d.1.9:x/a.mp3", "/bytes/nothing/a.mp3"])
async def test_an_address_that_was_not_signed_here_is_forbidden(
    address: str, client: httpx.AsyncClient
) -> None:
    response = await client.get(address)
    assert response.status_code == 403
    assert "does not come from this shop" in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_a_preview_address_opens_no_download(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    token = preview_address(track_id=shop.track_id, seconds=PREVIEW_SECONDS, now=utc_now()).split(
        "/"
    )[2]
    forged = await client.get(f"/bytes/d{token[1:]}/a.mp3")
    assert forged.status_code == 403


async def test_an_address_ends(client: httpx.AsyncClient) -> None:
    old = download_address(item_id=1, file_name="a.mp3", now=utc_now() - timedelta(days=3))
    response = await client.get(old)
    assert response.status_code == 410
    assert "take a fresh one" in response.text


async def test_what_was_taken_back_is_gone(shop: StockedShop, client: httpx.AsyncClient) -> None:
    address = await on_a_thread(shop.address, "mp3-128")
    await on_a_thread(OwnedItem.objects.all().delete)
    response = await client.get(address)
    assert response.status_code == 410
    assert "no longer in the library" in response.text


async def test_a_withdrawn_release_ends_previews_and_no_download(
    shop: StockedShop, client: httpx.AsyncClient
) -> None:
    bought = await on_a_thread(shop.address, "mp3-128")
    preview = preview_address(track_id=shop.track_id, seconds=PREVIEW_SECONDS, now=utc_now())
    await on_a_thread(lambda: Release.objects.update(state=Release.State.WITHDRAWN))
    assert (await client.get(preview)).status_code == 410
    assert (await client.get(bought)).status_code == 200


async def test_a_missing_master_is_the_shops_trouble_and_told_so(
    shop: StockedShop, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    address = await on_a_thread(shop.address, "mp3-128")
    for path in (tmp_path / "masters").glob("*/*/*"):
        path.unlink()
    response = await client.get(address)
    assert response.status_code == 500
    assert "what you bought stays yours" in response.text


async def test_nothing_is_posted_here(client: httpx.AsyncClient) -> None:
    assert (await client.post("/bytes/a/b")).status_code == 405


def test_an_address_stays_the_same_for_an_hour_and_lasts_a_day(settings: Settings) -> None:
    first = download_address(item_id=7, file_name="a.mp3", now=NOW)
    assert first == download_address(item_id=7, file_name="a.mp3", now=NOW - timedelta(minutes=59))
    assert first != download_address(item_id=7, file_name="a.mp3", now=NOW + timedelta(minutes=1))


def test_a_token_is_read_until_its_time_is_over(shop: StockedShop) -> None:
    token = preview_address(track_id=shop.track_id, seconds=PREVIEW_SECONDS, now=NOW).split("/")[2]
    at_the_end = NOW + timedelta(hours=6)
    subject = read_token(token=token, now=at_the_end - timedelta(seconds=1))
    assert subject.purpose is Purpose.PREVIEW
    with pytest.raises(AddressExpiredError):
        read_token(token=token, now=at_the_end)
    with pytest.raises(AddressForgedError):
        read_token(token=token + "x", now=NOW)


@pytest.mark.parametrize(
    ("artist", "title", "disc", "discs", "name"),
    [
        ("Ann Piper", "The Kesh", 1, 1, "Ann Piper - 03 The Kesh.mp3"),
        ("Ann Piper", "The Kesh", 2, 2, "Ann Piper - 2-03 The Kesh.mp3"),
        ("AC/DC", 'Who? "Me"\x00', 1, 1, "AC_DC - 03 Who_ _Me_.mp3"),
        ("Ann Piper", "a\u202e3pm\u2028b\x85", 1, 1, "Ann Piper - 03 a_3pm_b_.mp3"),
        ("Ann Piper", "می\u200cخواهم", 1, 1, "Ann Piper - 03 می\u200cخواهم.mp3"),
        ("Ann Piper", "And so on...", 1, 1, "Ann Piper - 03 And so on.mp3"),
        ("..", "..", 1, 1, "- 03.mp3"),
        ("Ann Piper", "Ж" * 300, 1, 1, f"Ann Piper - 03 {'Ж' * 110}.mp3"),
    ],
)
def test_a_file_name_is_safe_on_every_system(
    artist: str, title: str, disc: int, discs: int, name: str, shop: StockedShop
) -> None:
    track = _renamed(get_track(track_id=shop.track_id), artist, title, disc, discs)
    assert file_name_of(track=track, extension="mp3") == name


def _renamed(track: TrackFacts, artist: str, title: str, disc: int, discs: int) -> TrackFacts:
    from dataclasses import replace

    return replace(
        track, artist=artist, title=title, disc_number=disc, disc_total=discs, track_number=3
    )
