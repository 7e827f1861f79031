"""Songs and albums fetched in pieces by curl from a real server, whatever the cache holds then."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.models import Rendition
from tests.stocked_album import StockedAlbum, stock_album
from tests.stocked_shop import free_port, server

_PATIENCE_SECONDS = 60.0
_OFFSETS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """An album's shop that is served by two processes."""

    album: StockedAlbum
    base: str
    renditions: Path

    def empty_the_cache(self) -> None:
        """Whoever writes or reads a file goes on with it."""
        for path in self.renditions.glob("*/*"):
            if not path.name.endswith((".part", ".new")):
                path.unlink(missing_ok=True)


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Stage]:
    album = stock_album(tmp_path, settings, frames=150_000)
    with server(tmp_path, port=free_port(), processes=2) as base:
        yield Stage(album, base, tmp_path / "renditions")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
@pytest.mark.parametrize("what", ["song", "album"])
def test_a_download_that_was_cut_anywhere_is_completed_by_curl(
    what: str, stage: Stage, tmp_path: Path
) -> None:
    code = "mp3-320"
    if what == "song":
        address = stage.base + stage.album.shop.address(code)
    else:
        stage.album.sell(code)
        address = stage.base + stage.album.address(code)
    chance = random.Random(5)
    cold = curl(address, tmp_path / "cold")
    total = len(cold)
    for turn in range(_OFFSETS):
        # Of a file that is finished, of one that is not there any more, or never was, and grows.
        if turn % 3 == 1:
            stage.empty_the_cache()
        if turn % 3 == 2:
            stage.empty_the_cache()
            Rendition.objects.all().delete()
        begun = tmp_path / f"begun-{turn}"
        begun.write_bytes(cold[: chance.randrange(1, total)])
        assert curl(address, begun, "--continue-at", "-") == cold, turn


def curl(address: str, into: Path, *options: str) -> bytes:
    command = ["curl", "--silent", "--show-error", "--fail", *options, "--output", str(into)]
    done = subprocess.run(
        [*command, address], capture_output=True, timeout=_PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return into.read_bytes()


def test_a_song_that_fails_breaks_the_album_off_and_the_rest_comes_once_it_can(
    stage: Stage,
) -> None:
    stage.album.sell("mp3-160")
    address = stage.base + stage.album.address("mp3-160")
    sha256 = get_track(track_id=stage.album.shop.cast.track_ids[1]).master.sha256
    master = stage.album.shop.outfit.masters.path(sha256=sha256)
    kept = master.read_bytes()
    master.chmod(0o644)
    master.write_bytes(b"nothing that can be decoded")
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", address, timeout=_PATIENCE_SECONDS) as response,
    ):
        assert response.status_code == 200
        for piece in response.iter_raw():
            got += piece
    total = int(response.headers["content-length"])
    assert 0 < len(got) < total
    master.write_bytes(kept)
    part = {"range": f"bytes={len(got)}-", "if-range": response.headers["etag"]}
    rest = httpx.get(address, headers=part, timeout=_PATIENCE_SECONDS)
    assert rest.status_code == 206
    assert got + rest.content == httpx.get(address, timeout=_PATIENCE_SECONDS).content
    assert len(got) + len(rest.content) == total
