"""`/metrics`: who may read it, what it says, and that it is true over several processes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings
from starlette.types import Message, Receive, Scope, Send

from pennywhistle.doors.metrics.counting import counted
from pennywhistle.doors.metrics.exposition import CacheFigures, exposition
from pennywhistle.doors.metrics.readers import may_read
from pennywhistle.flows import measures
from pennywhistle.flows.measures import Count, Level, get_measures, list_measures, measured_encode
from tests.stocked_shop import free_port

_PATIENCE_SECONDS = 60
LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
OFFICE = [ip_network("10.0.0.0/8")]

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
_LINE = re.compile(
    r"# HELP [a-z_]+ \S.*|# TYPE [a-z_]+ (?:counter|gauge|histogram)"
    r'|[a-z_]+(?:\{[a-z]+="[^"\\\n]*"\})? [0-9.e+-]+'
)


@pytest.fixture
def fresh_measures(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """Counts that begin with nothing."""
    settings.MEASURES_FOLDER = tmp_path / "measures"
    for kept in (measures.get_measures, measures._kept):
        kept.cache_clear()
    yield
    measures._kept().close()
    for kept in (measures.get_measures, measures._kept):
        kept.cache_clear()


def read(text: str) -> dict[str, float]:
    """Every sample of an answer; each family is described before its samples."""
    samples: dict[str, float] = {}
    described: set[str] = set()
    for line in text.splitlines():
        assert _LINE.fullmatch(line), line
        if line.startswith("# "):
            described.add(line.split()[2])
        else:
            name, _, value = line.rpartition(" ")
            family = re.sub(r"\{.*|_(?:bucket|sum|count)(?:\{.*)?$", "", name)
            assert family in described or name.split("{")[0] in described, name
            assert name not in samples
            samples[name] = float(value)
    return samples


@pytest.mark.parametrize(
    ("peer", "forwarded", "allowed"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("::ffff:127.0.0.1", None, True),
        ("192.0.2.7", None, False),
        ("", None, False),
        ("a socket", None, False),
        # A proxy on this machine that the store was not told of speaks for anybody.
        ("127.0.0.1", "192.0.2.7", False),
        ("127.0.0.1", "127.0.0.1", False),
        # A trusted one speaks for whom it names last.
        ("10.0.0.1", "127.0.0.1", True),
        ("10.0.0.1", "127.0.0.1, 192.0.2.7", False),
        ("10.0.0.1", "192.0.2.7, 127.0.0.1, 10.0.0.2", True),
        ("10.0.0.1", "nonsense", False),
        ("10.0.0.1", "", False),
    ],
)
def test_only_the_shop_s_own_network_reads_the_figures(
    peer: str, forwarded: str | None, allowed: bool
) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert may_read(peer=peer, headers=headers, readers=LOOPBACK, trusted_proxies=OFFICE) is allowed


@pytest.mark.parametrize("header", ["forwarded", "x-real-ip", "via"])
def test_every_sign_of_an_unknown_proxy_is_enough(header: str) -> None:
    assert not may_read(
        peer="127.0.0.1", headers={header: "x"}, readers=LOOPBACK, trusted_proxies=[]
    )


def test_a_trusted_proxy_that_asks_for_itself_is_judged_by_its_own_address() -> None:
    for readers, allowed in ((OFFICE, True), (LOOPBACK, False)):
        verdict = may_read(peer="10.0.0.1", headers={}, readers=readers, trusted_proxies=OFFICE)
        assert verdict is allowed


@pytest.mark.usefixtures("fresh_measures")
def test_encodes_are_counted_with_how_long_they_took() -> None:
    with measured_encode():
        assert list_measures()[Level.ENCODES_RUNNING.value] == 1
    with pytest.raises(ZeroDivisionError), measured_encode():
        raise ZeroDivisionError
    get_measures().count_encode_seconds(7.0)
    said = read(exposition(measures=list_measures(), cache=CacheFigures(5, 2, 9), version="1"))
    assert said["pennywhistle_encodes_started_total"] == 2
    assert said["pennywhistle_encodes_finished_total"] == 1
    assert said["pennywhistle_encodes_failed_total"] == 1
    assert said["pennywhistle_encodes_running"] == 0
    assert said['pennywhistle_encode_seconds_bucket{le="0.1"}'] == 1
    assert said['pennywhistle_encode_seconds_bucket{le="5"}'] == 1
    assert said['pennywhistle_encode_seconds_bucket{le="10"}'] == 2
    assert said["pennywhistle_encode_seconds_count"] == 1
    assert 7 < said["pennywhistle_encode_seconds_sum"] < 8
    assert said["pennywhistle_cache_bytes"] == 5
    assert said["pennywhistle_cache_files"] == 2
    assert said["pennywhistle_cache_bytes_max"] == 9
    assert said['pennywhistle_info{version="1"}'] == 1


@pytest.mark.usefixtures("fresh_measures")
def test_every_count_and_level_is_told() -> None:
    said = read(exposition(measures=list_measures(), cache=CacheFigures(0, 0, 1), version="1"))
    for what in Count:
        assert said[f"{what.value}_total"] == 0
    for level in Level:
        assert said[level.value] == 0


def send_through_counting(*messages: Message, error: type[Exception] | None = None) -> None:
    """One request to an application that sends `messages`, and then fails or ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    async def receive() -> Any:
        raise NotImplementedError

    async def send(message: Message) -> None:
        pass

    asyncio.run(counted(app)({"type": "http"}, receive, send))  # type: ignore[arg-type]


def start(status: int, length: int | None = None) -> Message:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


@pytest.mark.usefixtures("fresh_measures")
def test_answers_are_counted_from_outside() -> None:
    send_through_counting(start(200), body(b"abc", more=True), body(b""))
    send_through_counting(start(206), body(b"de", more=True))
    send_through_counting(
        start(200, 70), {"type": "http.response.pathsend", "path": "/somewhere/song"}
    )
    send_through_counting(start(418), body(b""))
    with pytest.raises(ZeroDivisionError):
        send_through_counting(start(200), body(b"f", more=True), error=ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        send_through_counting(error=ZeroDivisionError)
    said = read(exposition(measures=list_measures(), cache=CacheFigures(0, 0, 1), version="1"))
    answers = {name: value for name, value in said.items() if "deliveries" in name and value}
    assert answers == {
        'pennywhistle_deliveries_total{status="200"}': 3,
        'pennywhistle_deliveries_total{status="206"}': 1,
        'pennywhistle_deliveries_total{status="500"}': 1,
        'pennywhistle_deliveries_total{status="other"}': 1,
        "pennywhistle_deliveries_broken_off_total": 2,
    }
    assert said["pennywhistle_delivered_bytes_total"] == 3 + 2 + 70 + 1


@pytest.mark.usefixtures("fresh_measures")
def test_who_leaves_with_the_last_promised_byte_has_the_whole() -> None:
    send_through_counting(start(200, 5), body(b"abc", more=True), body(b"de", more=True))
    send_through_counting(start(200, 5), body(b"abcd", more=True))
    send_through_counting(start(200, 5), body(b""))  # As HEAD is answered.
    said = read(exposition(measures=list_measures(), cache=CacheFigures(0, 0, 1), version="1"))
    assert said["pennywhistle_deliveries_broken_off_total"] == 1


def start_server(folder: Path, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1", "--no-ws", "--workers-kill-timeout", "2"),
            "tests.metrics_server:application",
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(("src", ".")),
            "DJANGO_SETTINGS_MODULE": "pennywhistle.config.settings",
            "TEST_FOLDER": str(folder),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def ask(address: str, **headers: str) -> httpx.Response:
    """The answer, once there is one, on a connection of its own: any process may get it."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return httpx.get(address, headers=headers, timeout=_PATIENCE_SECONDS)
        except httpx.TransportError:
            assert time.monotonic() < give_up_at, "the server did not answer"
            time.sleep(0.05)


def test_several_processes_tell_the_same_and_a_listener_who_leaves_is_noted(
    tmp_path: Path,
) -> None:
    # Each on a port of its own: of one port, one process may answer all.
    ports = [free_port(), free_port()]
    first, second = (f"http://127.0.0.1:{port}" for port in ports)
    (tmp_path / "song").write_bytes(bytes(50_000))
    servers = [start_server(tmp_path, port) for port in ports]
    try:
        for base in (first, first, second):
            assert len(ask(f"{base}/bytes/whole").content) == 300_000
        assert len(ask(f"{second}/bytes/file").content) == 50_000
        with httpx.stream("GET", f"{first}/bytes/endless") as response:
            next(response.iter_raw())
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while True:
            said = read(ask(f"{second}/metrics").text)
            if said["pennywhistle_deliveries_broken_off_total"]:
                break
            assert time.monotonic() < give_up_at, "the listener who left was not noted"
            time.sleep(0.05)
        assert said["pennywhistle_deliveries_broken_off_total"] == 1
        assert said['pennywhistle_deliveries_total{status="200"}'] == 5
        assert said["pennywhistle_delivered_bytes_total"] > 3 * 300_000 + 50_000
        for base in (first, second):
            assert read(ask(f"{base}/metrics").text) == said
        assert ask(f"{first}/metrics").headers["cache-control"] == "no-store"
        refused = ask(f"{first}/metrics", **{"x-forwarded-for": "127.0.0.1"})
        assert refused.status_code == 403
        assert "own network" in refused.text
        # A server that is killed, worker and all, leaves its counts behind.
        os.killpg(servers[0].pid, signal.SIGKILL)
        servers[0].wait(_PATIENCE_SECONDS)
        assert read(ask(f"{second}/metrics").text) == said
    finally:
        for server in servers:
            server.terminate()
            server.wait(_PATIENCE_SECONDS)
