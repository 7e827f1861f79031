"""What is sent of a file whose size can be measured only: a length where this encoder's was measured,
and the whole file, without a length, where it was not."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from starlette.applications import Starlette
from starlette.routing import Mount

from pennywhistle.doors.delivery.app import app
from pennywhistle.shop.catalogue.models import Master
from tests.stocked_album import StockedAlbum, stock_album
from tests.stocked_shop import StockedShop, on_a_thread, stock_shop

CODES = pytest.mark.parametrize("code", ["flac", "alac", "wavpack"])
# Sizes as three stores may know them that took the masters in: one that kept no word on what it had
# measured with, one with another encoder, one before the recipe was in the table.
OLDER = pytest.mark.parametrize("audio_key", ["", "0" * 64, None])


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/bytes", app=app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


@pytest.fixture
def album(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedAlbum:
    return stock_album(tmp_path, settings)


def measured_once(code: str, audio_key: str | None) -> None:
    """Make every master's size in that recipe an older store's, a byte off what is encoded now."""
    for master in Master.objects.all():
        sizes: dict[str, dict[str, Any]] = dict(master.measured_sizes)
        size = sizes.pop(code, None)
        if size is not None and audio_key is not None:
            sizes[code] = {"bytes": size["bytes"] + 1, "audio_key": audio_key}
        Master.objects.filter(pk=master.pk).update(measured_sizes=sizes)


@CODES
async def test_a_length_is_promised_where_this_encoder_measured_it(
    code: str, shop: StockedShop, client: httpx.AsyncClient
) -> None:
    cold = await client.get(await on_a_thread(shop.address, code))
    assert cold.headers["content-length"] == str(len(cold.content))


@CODES
@OLDER
async def test_what_this_encoder_has_not_measured_is_sent_whole_without_a_length(
    code: str, audio_key: str | None, shop: StockedShop, client: httpx.AsyncClient
) -> None:
    address = await on_a_thread(shop.address, code)
    await on_a_thread(measured_once, code, audio_key)
    head = await client.head(address)
    assert (head.status_code, "content-length" in head.headers) == (200, False)
    cold = await client.get(address)
    assert (cold.status_code, "content-length" in cold.headers) == (200, False)
    cached = await client.get(address)
    assert cached.content == cold.content
    assert cached.headers["content-length"] == str(len(cold.content))
    assert cached.headers["etag"] == head.headers["etag"] == cold.headers["etag"]


@OLDER
async def test_an_album_with_such_songs_is_sent_whole_without_a_length(
    audio_key: str | None, album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "flac")
    address = await on_a_thread(album.address, "flac")
    await on_a_thread(measured_once, "flac", audio_key)
    cold = await client.get(address)
    assert (cold.status_code, "content-length" in cold.headers) == (200, False)
    with zipfile.ZipFile(BytesIO(cold.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 7
    cached = await client.get(address)
    assert cached.content == cold.content
    assert cached.headers["content-length"] == str(len(cold.content))


async def test_a_part_of_such_an_album_has_the_true_length(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "flac")
    address = await on_a_thread(album.address, "flac")
    await on_a_thread(measured_once, "flac", "")
    part = await client.get(address, headers={"range": "bytes=-100"})
    whole = (await client.get(address)).content
    assert part.content == whole[-100:]
    assert (
        part.headers["content-range"] == f"bytes {len(whole) - 100}-{len(whole) - 1}/{len(whole)}"
    )
