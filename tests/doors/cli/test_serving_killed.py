"""A serving parent that is killed leaves nobody behind who serves on."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

# A slow machine may take its time; nothing here is measured.
SECONDS_MOST = 120


def wait_until_closed(port: int) -> None:
    give_up_at = time.monotonic() + SECONDS_MOST
    while time.monotonic() < give_up_at:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.1)
    raise AssertionError("a server process kept the port")


def wait_for_answer(port: int) -> None:
    give_up_at = time.monotonic() + SECONDS_MOST
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                assert answer.status == 200
                return
        time.sleep(0.1)
    raise AssertionError("the store did not answer")


def test_when_the_serving_parent_is_killed_the_port_is_closed(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if "PENNYWHISTLE" not in name}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "pennywhistle", "serve", "--port", str(port)],
        env=kept | {"PENNYWHISTLE_HOME": str(tmp_path / "home")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(port)
    finally:
        server.kill()
        server.wait()
    wait_until_closed(port)
