"""Downloads from a real server of two processes, while a real encoder runs behind a gate."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.flows.encode_rendition import encode_rendition
from pennywhistle.shop.encoding.models import Rendition
from pennywhistle.shop.encoding.rules import PREVIEW_SECONDS, Excerpt
from tests.cast import NOW
from tests.slow_encoder import SlowEncoder, build_slow_encoder
from tests.stocked_shop import StockedShop, free_port, server, stock_shop

_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A shop that is served, and its encoder."""

    shop: StockedShop
    encoder: SlowEncoder
    client: httpx.Client

    def whole(self, code: str) -> bytes:
        """What the file should be, encoded into a cache of nobody's."""
        from pennywhistle.adapters.audio.encode import encode

        pieces: list[bytes] = []
        encode(self.shop.wants(code).order, pieces.append)
        return b"".join(pieces)


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path, settings: Settings
) -> Iterator[Stage]:
    processes = getattr(request, "param", 2)
    shop = stock_shop(tmp_path, settings, frames=400_000)
    encoder = build_slow_encoder(tmp_path / "encoder", real=ffmpeg_path())
    environment, port = encoder.environment, free_port()
    with (
        server(tmp_path, port=port, processes=processes, environment=environment) as base,
        httpx.Client(base_url=base, timeout=_PATIENCE_SECONDS) as client,
    ):
        yield Stage(shop, encoder, client)


def until(what: object) -> None:
    """Wait until `what()` is true."""
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while not what():  # type: ignore[operator]
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.01)


def test_sixteen_listeners_one_encoder_and_one_who_leaves(stage: Stage) -> None:
    address, whole = stage.shop.address("mp3-192"), stage.whole("mp3-192")
    arrived = threading.Barrier(17)

    def listen(_: int) -> bytes:
        with stage.client.stream("GET", address) as response:
            assert response.status_code == 200
            assert response.headers["content-length"] == str(len(whole))
            pieces = response.iter_raw()
            got = next(pieces)
            arrived.wait(_PATIENCE_SECONDS)
            return got + b"".join(pieces)

    def leave() -> None:
        with stage.client.stream("GET", address) as response:
            next(response.iter_raw())

    with ThreadPoolExecutor(17) as pool:
        listeners = [pool.submit(listen, number) for number in range(16)]
        pool.submit(leave).result()
        arrived.wait(_PATIENCE_SECONDS)  # All have bytes, and the encoder is held at its gate.
        until(stage.encoder.process_ids)
        assert len(stage.encoder.process_ids()) == 1
        stage.encoder.open_gate()
        assert {listener.result() == whole for listener in listeners} == {True}
    assert len(stage.encoder.process_ids()) == 1
    assert stage.client.get(address).content == whole
    assert len(stage.encoder.process_ids()) == 1


def test_ranges_conditions_and_head_are_answered_while_the_encoder_runs(stage: Stage) -> None:
    address, whole = stage.shop.address("mp3-320"), stage.whole("mp3-320")
    with stage.client.stream("GET", address) as response:
        etag = response.headers["etag"]
        first = next(response.iter_raw())
        head = stage.client.head(address)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole)))
        assert head.headers["etag"] == etag
        part = stage.client.get(address, headers={"range": "bytes=1000-1999", "if-range": etag})
        assert (part.status_code, part.content) == (206, whole[1000:2000])
        assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
        beyond = stage.client.get(address, headers={"range": f"bytes={len(whole)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (
            416,
            f"bytes */{len(whole)}",
        )
        known = stage.client.get(address, headers={"if-none-match": etag})
        assert (known.status_code, known.content) == (304, b"")
        stage.encoder.open_gate()
        rest = stage.client.get(address, headers={"range": f"bytes={len(first)}-"})
        assert rest.status_code == 206
        assert first + rest.content == whole
    assert len(stage.encoder.process_ids()) == 1


@pytest.mark.parametrize(
    ("code", "how"),
    [("mp3-192", "is killed"), ("flac", "fails"), ("mp3-v0", "fails"), ("vorbis-q6", "is killed")],
)
def test_an_encoder_that_ends_badly_cuts_the_connection_and_the_next_request_succeeds(
    code: str, how: str, stage: Stage, tmp_path: Path
) -> None:
    address, log = stage.shop.address(code), tmp_path / "server.log"
    with (
        pytest.raises(httpx.RemoteProtocolError),
        stage.client.stream("GET", address) as response,
    ):
        pieces = response.iter_raw()
        next(pieces)
        if how == "fails":
            stage.encoder.open_gate(fail=True)
        else:
            until(stage.encoder.process_ids)
            os.kill(stage.encoder.process_ids()[0], signal.SIGKILL)
        list(pieces)
    until(lambda: "broke off" in log.read_text())
    told = [line for line in log.read_text().splitlines() if "delivery" in line]
    assert len(told) == 1
    assert "already started" not in log.read_text()
    stage.encoder.open_gate()
    with contextlib.suppress(httpx.RemoteProtocolError):  # The failed one may still be leaving.
        stage.client.get(address)
    assert stage.client.get(address).content == stage.whole(code)


@pytest.mark.parametrize("stage", [1], indirect=True)
def test_a_head_that_was_told_wrongly_cuts_the_connection_and_the_next_request_succeeds(
    stage: Stage, tmp_path: Path
) -> None:
    address, whole = stage.shop.address("flac"), stage.whole("flac")
    stage.encoder.open_gate()
    stage.encoder.begin_otherwise(True)
    assert stage.client.get(address).content != whole  # Its head is what is told from now on.
    stage.encoder.begin_otherwise(False)
    Rendition.objects.all().delete()
    shutil.rmtree(tmp_path / "renditions")
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        stage.client.stream("GET", address) as response,
    ):
        assert response.status_code == 200
        for piece in response.iter_raw():
            got += piece
    assert 0 < len(got) < len(whole)
    until(lambda: "began otherwise" in (tmp_path / "server.log").read_text())
    part = {"range": f"bytes={len(got)}-", "if-range": response.headers["etag"]}
    rest = stage.client.get(address, headers=part)
    assert (rest.status_code, rest.content) == (206, whole[len(got) :])
    assert stage.client.get(address).content == whole


def test_an_encoder_that_fails_before_the_first_byte_is_told_with_a_status(stage: Stage) -> None:
    stage.encoder.open_gate(fail=True)
    response = stage.client.get(stage.shop.address("alac"))
    assert response.status_code == 500
    assert "what you bought stays yours" in response.text


@pytest.mark.parametrize("code", ["mp3-v2", "aac-256"])
def test_a_file_of_unknown_length_comes_without_one_and_its_parts_wait_for_the_end(
    code: str, stage: Stage
) -> None:
    address, whole = stage.shop.address(code), stage.whole(code)
    stage.encoder.open_gate()
    cold = stage.client.head(address)
    assert "content-length" not in cold.headers
    part = stage.client.get(address, headers={"range": "bytes=-500"})
    assert (part.status_code, part.content) == (206, whole[-500:])
    assert (
        part.headers["content-range"] == f"bytes {len(whole) - 500}-{len(whole) - 1}/{len(whole)}"
    )
    assert stage.client.get(address).content == whole
    assert stage.client.head(address).headers["content-length"] == str(len(whole))


def test_a_stream_of_unknown_length_starts_before_its_end_is_known(stage: Stage) -> None:
    address, whole = stage.shop.address("mp3-v0"), stage.whole("mp3-v0")
    with stage.client.stream("GET", address) as response:
        assert "content-length" not in response.headers
        pieces = response.iter_raw()
        first = next(pieces)
        stage.encoder.open_gate()
        assert first + b"".join(pieces) == whole


def test_what_this_process_encoded_the_server_sends(stage: Stage) -> None:
    heard = Excerpt(start_seconds=0, seconds=PREVIEW_SECONDS, fades=True)
    for code, excerpt in (("flac", None), ("opus-128", None), ("preview", heard)):
        wanted = stage.shop.wants(code, excerpt=excerpt)
        made = encode_rendition(wanted=wanted, outfit=stage.shop.outfit, now=NOW)
        assert made is not None
        assert len(stage.client.get(stage.shop.address(code)).content) == made.size_bytes
    assert stage.encoder.process_ids() == []
