"""Behind a front server: what the store hands over, and what nginx makes of it as the guide says."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from tests.guards.house import ROOT
from tests.stocked_shop import StockedShop, free_port, server, stock_shop

_PATIENCE_SECONDS = 30.0
_NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ACCEL = {"PENNYWHISTLE_ACCEL_PREFIX": "/renditions/"}


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


@pytest.fixture
def store(shop: StockedShop, tmp_path: Path) -> Iterator[str]:
    with server(tmp_path, port=free_port(), processes=1, environment=ACCEL) as base:
        yield base


def test_a_finished_file_is_handed_over_and_a_growing_one_is_not(
    shop: StockedShop, store: str, tmp_path: Path
) -> None:
    address = store + shop.address("mp3-192")
    cold = httpx.get(address, timeout=_PATIENCE_SECONDS)
    assert "x-accel-redirect" not in cold.headers
    assert cold.headers["x-accel-buffering"] == "no"
    cached = httpx.get(address, headers={"range": "bytes=5-"}, timeout=_PATIENCE_SECONDS)
    assert (cached.status_code, cached.content) == (200, b"")
    place = cached.headers["x-accel-redirect"].removeprefix("/renditions/")
    assert (tmp_path / "renditions" / place).read_bytes() == cold.content
    for name in ("etag", "content-type", "content-disposition", "cache-control"):
        assert cached.headers[name] == cold.headers[name]
    same = httpx.get(address, headers={"if-none-match": cold.headers["etag"]})
    assert same.status_code == 304
    matched = httpx.get(address, headers={"if-match": cold.headers["etag"]})
    assert matched.content == cold.content
    head = httpx.head(address)
    assert head.headers["content-length"] == str(len(cold.content))


def test_a_file_that_is_evicted_between_two_parts_of_it_is_not_handed_over(
    shop: StockedShop, store: str, tmp_path: Path
) -> None:
    address = store + shop.address("mp3-192")
    whole = httpx.get(address, timeout=_PATIENCE_SECONDS).content
    part = {"range": "bytes=5-9"}
    assert "x-accel-redirect" in httpx.get(address, headers=part).headers
    for path in (tmp_path / "renditions").glob("*/*.mp3"):
        path.unlink()
    again = httpx.get(address, headers=part, timeout=_PATIENCE_SECONDS)
    assert (again.status_code, again.content) == (206, whole[5:10])


@pytest.fixture
def front(store: str, tmp_path: Path) -> Iterator[str]:
    """nginx as the guide configures it, in front of the store."""
    if _NGINX is None:
        pytest.skip("no nginx")
    port = free_port()
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    places = re.findall(r"^location .*?^}", guide, re.MULTILINE | re.DOTALL)
    text = "\n".join(places).replace("http://127.0.0.1:8000", store)
    text = text.replace("/var/lib/pennywhistle", str(tmp_path))
    folders = "\n".join(
        f"{name}_temp_path {tmp_path}/nginx-{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/nginx.log;\n"
        # The tests' folders are for their own user only, whom nginx would leave.
        + ("user root;\n" if tmp_path.owner() == "root" else "")
        + f"events {{}} http {{ access_log off; {folders}\n"
        f"server {{ listen 127.0.0.1:{port};\n{text}\n}} }}\n"
    )
    process = subprocess.Popen(
        [_NGINX, "-e", str(tmp_path / "nginx.log"), "-c", str(tmp_path / "nginx.conf")]
    )
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
            client.get("/bytes/none/none", timeout=_PATIENCE_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def test_behind_nginx_a_download_is_the_same_in_whole_and_in_part(
    shop: StockedShop, store: str, front: str
) -> None:
    address = shop.address("mp3-256")
    cold = httpx.get(front + address, timeout=_PATIENCE_SECONDS)
    assert cold.headers["content-length"] == str(len(cold.content))
    warm = httpx.get(front + address)
    assert warm.content == cold.content
    assert warm.headers["repr-digest"].startswith("sha-256=:")
    for name in ("etag", "content-type", "content-disposition", "cache-control", "accept-ranges"):
        assert warm.headers[name] == cold.headers[name]
    assert "last-modified" not in warm.headers
    assert "x-accel-redirect" not in warm.headers
    etag = cold.headers["etag"]
    part = httpx.get(front + address, headers={"range": "bytes=100-199", "if-range": etag})
    assert (part.status_code, part.content) == (206, cold.content[100:200])
    other = httpx.get(front + address, headers={"range": "bytes=100-199", "if-range": '"other"'})
    assert (other.status_code, other.content) == (200, cold.content)
    several = httpx.get(front + address, headers={"range": "bytes=0-1,4-5"})
    assert (several.status_code, several.content) == (200, cold.content)
    same = httpx.get(front + address, headers={"if-none-match": etag})
    assert same.status_code == 304
    forbidden = httpx.get(f"{front}/renditions/ab/cd.mp3")
    assert forbidden.status_code == 404
