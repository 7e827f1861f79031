"""An album as one ZIP: whole, in parts, cold and cached, and never with a song missing."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import shutil
import subprocess
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from starlette.applications import Starlette
from starlette.routing import Mount

from pennywhistle.doors.delivery.app import app
from pennywhistle.flows import pack_album
from pennywhistle.flows.deliver_album import read_outcome, song_name_of
from pennywhistle.shop.catalogue.models import Release, Track
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.models import Rendition
from pennywhistle.shop.library.models import OwnedItem
from tests.stocked_album import PDF, StockedAlbum, stock_album
from tests.stocked_shop import on_a_thread

_PATIENCE_SECONDS = 60

NAMES = [
    "cover.jpg",
    "booklet.pdf",
    "Ann Piper - Reels.m3u8",
    "01 The Kesh.{}",
    "02 Drowsy Maggie.{}",
    "03 Morrison's.{}",
    "SHA256SUMS",
]


@pytest.fixture
def album(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedAlbum:
    return stock_album(tmp_path, settings)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/bytes", app=app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def empty_the_cache(album: StockedAlbum, *, but_for: int = 0) -> None:
    let_encodes_end()
    files = sorted((album.shop.outfit.renditions._root).glob("*/*.*"))
    for path in files[but_for:]:
        path.unlink()


def let_encodes_end() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("encode-"):
            thread.join(_PATIENCE_SECONDS)


def forget_what_was_made() -> None:
    let_encodes_end()
    Rendition.objects.all().delete()


def encodes_on_record() -> int:
    let_encodes_end()
    return Rendition.objects.count()


@pytest.mark.parametrize("code", ["mp3-192", "opus-96", "flac"])
async def test_a_cold_album_is_the_same_zip_as_a_cached_one_and_complete(
    code: str, album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, code)
    address = await on_a_thread(album.address, code)
    cold = await client.get(address)
    cached = await client.get(address)
    await on_a_thread(empty_the_cache, album)
    again = await client.get(address)
    assert cold.status_code == 200
    assert cold.headers["content-type"] == "application/zip"
    assert cold.headers["content-disposition"].startswith('attachment; filename="Ann Piper - Reels')
    assert cold.content == cached.content == again.content
    assert cold.headers["etag"] == cached.headers["etag"] == again.headers["etag"]
    assert cached.headers["content-length"] == str(len(cold.content))
    with zipfile.ZipFile(io.BytesIO(cold.content)) as archive:
        assert archive.testzip() is None
        extension = archive.namelist()[3].rpartition(".")[2]
        assert archive.namelist() == [name.format(extension) for name in NAMES]
        assert archive.read("booklet.pdf") == PDF
        sums = archive.read("SHA256SUMS").decode().splitlines()
        assert sums == [
            f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}"
            for name in archive.namelist()[:-1]
        ]
        playlist = archive.read("Ann Piper - Reels.m3u8").decode().splitlines()
        assert playlist[:2] == ["#EXTM3U", "#PLAYLIST:Reels"]
        assert playlist[3::2] == archive.namelist()[3:6]


@pytest.mark.parametrize("code", ["mp3-192", "mp3-v2"])
async def test_any_part_is_that_part_of_the_whole_whatever_is_in_the_cache(
    code: str, album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, code)
    address = await on_a_thread(album.address, code)
    cold = await client.get(address, headers={"range": "bytes=-70"})
    assert cold.status_code == 206
    whole = (await client.get(address)).content
    assert cold.content == whole[-70:]
    chance = random.Random(3)
    for turn in range(10):
        first = chance.randrange(len(whole))
        last = min(len(whole) - 1, first + chance.choice([0, 10, 5_000, len(whole)]))
        await on_a_thread(lambda turn=turn: empty_the_cache(album, but_for=turn % 4))
        if turn % 2 and code == "mp3-192":
            await on_a_thread(forget_what_was_made)
        part = await client.get(address, headers={"range": f"bytes={first}-{last}"})
        assert (part.status_code, part.content) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    beyond = await client.get(address, headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert "content-disposition" not in beyond.headers


async def test_a_part_of_a_cold_album_of_known_sizes_has_only_its_own_songs_encoded(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    address = await on_a_thread(album.address, "mp3-128")
    head = await client.head(address)
    total = int(head.headers["content-length"])
    assert await on_a_thread(encodes_on_record) == 0
    # The cover and the booklet are there; the second song's last bytes need that song alone.
    cover = await client.get(address, headers={"range": "bytes=0-99"})
    assert (cover.status_code, await on_a_thread(encodes_on_record)) == (206, 0)
    sizes = [song.size_bytes or 0 for song in (await on_a_thread(album.album, "mp3-128")).songs]
    behind = total - sizes[2] - 1_500
    part = await client.get(address, headers={"range": f"bytes={behind}-{behind + 9}"})
    assert (part.status_code, await on_a_thread(encodes_on_record)) == (206, 1)
    assert part.content == (await client.get(address)).content[behind : behind + 10]


async def test_a_part_whose_song_cannot_be_encoded_is_no_part_but_an_apology(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    address = await on_a_thread(album.address, "mp3-128")
    total = int((await client.head(address)).headers["content-length"])
    last = (await on_a_thread(album.album, "mp3-128")).songs[2]
    master = album.shop.outfit.masters.path(sha256=last.track.master.sha256)
    master.chmod(0o600)
    master.write_bytes(master.read_bytes()[:100])
    inside = total - 3_000  # In its last frames, behind which come sums and directory.
    part = await client.get(address, headers={"range": f"bytes={inside}-{inside + 9}"})
    assert part.status_code in (500, 503)
    assert "content-range" not in part.headers


def test_a_file_is_summed_up_as_it_is_now_and_not_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"made")
    assert read_outcome(path).crc32 == zlib.crc32(b"made")
    path.write_bytes(b"made anew")
    assert read_outcome(path).crc32 == zlib.crc32(b"made anew")


async def test_sizes_that_are_not_known_are_not_promised_until_they_are(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "opus-48")
    address = await on_a_thread(album.address, "opus-48")
    cold = await client.head(address)
    assert "content-length" not in cold.headers
    whole = (await client.get(address)).content
    await on_a_thread(empty_the_cache, album)
    known = await client.head(address)
    assert known.headers["content-length"] == str(len(whole))
    assert known.headers["etag"] == cold.headers["etag"]
    same = await client.get(address, headers={"if-none-match": known.headers["etag"]})
    assert same.status_code == 304


async def test_where_waiting_for_all_sizes_takes_too_long_it_is_asked_to_come_again(
    album: StockedAlbum, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_album, "ALBUM_SECONDS_MAX", -1.0)
    await on_a_thread(album.sell, "mp3-v4")
    address = await on_a_thread(album.address, "mp3-v4")
    busy = await client.get(address, headers={"range": "bytes=5-9"})
    assert busy.status_code == 503
    assert int(busy.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert (await client.get(address, headers={"range": "bytes=5-9"})).status_code == 206


async def test_what_a_file_was_made_before_checksums_were_kept_is_read_for_it(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "mp3-256")
    address = await on_a_thread(album.address, "mp3-256")
    whole = (await client.get(address)).content
    await on_a_thread(lambda: Rendition.objects.update(crc32=None))
    assert (await client.get(address)).content == whole


async def test_a_corrected_title_is_another_zip_and_a_song_more_too(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    kesh, maggie, _ = album.shop.cast.track_ids
    await on_a_thread(lambda: album.sell("mp3-128", track_ids=(kesh,)))
    address = await on_a_thread(album.address, "mp3-128")
    one = await client.head(address)
    await on_a_thread(lambda: album.sell("mp3-128", track_ids=(maggie,)))
    two = await client.get(address)
    assert one.headers["etag"] != two.headers["etag"]
    with zipfile.ZipFile(io.BytesIO(two.content)) as archive:
        assert len(archive.namelist()) == 6
    await on_a_thread(lambda: Track.objects.filter(pk=kesh).update(title="Kesh Jig"))
    stale = await client.get(
        address, headers={"range": "bytes=9-", "if-range": two.headers["etag"]}
    )
    assert stale.status_code == 200
    assert stale.headers["etag"] != two.headers["etag"]


async def test_further_parts_are_of_the_zip_that_was_looked_up_a_moment_ago(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "mp3-v4")
    address = await on_a_thread(album.address, "mp3-v4")
    first = await client.get(address, headers={"range": "bytes=5-9"})
    whole = (await client.get(address)).content
    assert first.content == whole[5:10]
    await on_a_thread(OwnedItem.objects.all().delete)
    again = await client.get(address, headers={"range": "bytes=-90"})
    assert (again.status_code, again.content) == (206, whole[-90:])
    assert (await client.get(address)).status_code == 410


async def test_what_was_looked_up_a_moment_ago_is_let_go_once_it_cannot_be_made_any_more(
    album: StockedAlbum, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    address = await on_a_thread(album.address, "mp3-128")
    first = await client.get(address, headers={"range": "bytes=0-9"})
    shutil.rmtree(tmp_path / "covers")
    asked = {"range": "bytes=10-", "if-range": first.headers["etag"]}
    anew = await client.get(address, headers=asked)
    assert (anew.status_code, anew.content) == (200, (await client.get(address)).content)
    assert anew.headers["etag"] != first.headers["etag"]


async def test_what_is_missing_on_disk_is_left_out_of_the_wrapping_and_never_of_the_music(
    album: StockedAlbum, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    address = await on_a_thread(album.address, "mp3-128")
    for folder in ("booklets", "covers"):
        shutil.rmtree(tmp_path / folder)
    with zipfile.ZipFile(io.BytesIO((await client.get(address)).content)) as archive:
        assert archive.namelist() == [name.format("mp3") for name in NAMES[2:]]


async def test_who_owns_nothing_of_it_gets_no_zip(
    album: StockedAlbum, client: httpx.AsyncClient
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    address = await on_a_thread(album.address, "mp3-128")
    await on_a_thread(OwnedItem.objects.all().delete)
    assert (await client.get(address)).status_code == 410
    forged = address.replace("mp3-128", "mp3-320")
    assert (await client.get(forged)).status_code == 403


def test_an_album_of_more_songs_takes_no_more_queries(album: StockedAlbum) -> None:
    asked = []
    for track_ids in (album.shop.cast.track_ids[:1], album.shop.cast.track_ids[1:3]):
        album.sell("mp3-128", track_ids=track_ids)
        with CaptureQueriesContext(connection) as queries:
            album.album("mp3-128")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_names_of_songs_sort_as_they_play_and_tell_another_artist(album: StockedAlbum) -> None:
    track = get_track(track_id=album.shop.track_id)
    assert song_name_of(track=track, extension="mp3") == "01 The Kesh.mp3"
    Track.objects.filter(pk=album.shop.cast.track_ids[2]).update(disc_number=2)
    track = get_track(track_id=album.shop.track_id)
    assert song_name_of(track=track, extension="mp3") == "1-01 The Kesh.mp3"
    Release.objects.update(artist=_other_artist())
    track = get_track(track_id=album.shop.track_id)
    assert song_name_of(track=track, extension="mp3") == "1-01 Ann Piper - The Kesh.mp3"


def _other_artist() -> int:
    from pennywhistle.shop.catalogue.models import Artist

    return Artist.objects.create(name="Various Artists", slug="various", search_text="").pk


@pytest.mark.parametrize("command", ["unzip -tq", "7z t", "bsdtar -tf"])
async def test_other_peoples_programs_unpack_it(
    command: str, album: StockedAlbum, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    program = shutil.which(command.split(maxsplit=1)[0])
    if program is None:
        pytest.skip(f"no {command.split(maxsplit=1)[0]}")
    await on_a_thread(lambda: Track.objects.update(title="Süße Töne / Ж"))
    await on_a_thread(album.sell, "mp3-128")
    path = tmp_path / "album.zip"
    path.write_bytes((await client.get(await on_a_thread(album.address, "mp3-128"))).content)
    done = await asyncio.to_thread(run, *command.split(), str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def run(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, timeout=_PATIENCE_SECONDS, check=False
    )


async def test_the_checksums_pass_where_it_is_unpacked(
    album: StockedAlbum, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await on_a_thread(album.sell, "mp3-128")
    content = (await client.get(await on_a_thread(album.address, "mp3-128"))).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "unpacked")
    sums = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    done = await asyncio.to_thread(lambda: run(*sums, folder=tmp_path / "unpacked"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 6
