"""A serving parent that is killed leaves nobody behind who serves on."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
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


def workers_of(pid: int) -> list[int]:
    """The background workers among the children of a process."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split() + [
        child
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for child in (task / "children").read_text().split()
    ]:
        with contextlib.suppress(OSError):
            if b"pennywhistle.doors.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def wait_for_worker(pid: int, *, other_than: int = 0) -> int:
    give_up_at = time.monotonic() + SECONDS_MOST
    while time.monotonic() < give_up_at:
        for worker in workers_of(pid):
            if worker != other_than:
                return worker
        time.sleep(0.1)
    raise AssertionError("no background worker is running")


@contextlib.contextmanager
def a_served_store(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A store that answers, and its port; killed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if "PENNYWHISTLE" not in name}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "pennywhistle", "serve", "--port", str(port)],
        env=kept | {"PENNYWHISTLE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(port)
        yield server, port
    finally:
        server.kill()
        server.wait()


def test_when_the_serving_parent_is_killed_the_port_is_closed(tmp_path: Path) -> None:
    with a_served_store(tmp_path / "home") as (_, port):
        pass
    wait_until_closed(port)


def test_a_background_worker_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with a_served_store(tmp_path / "home") as (server, port):
        first = wait_for_worker(server.pid)
        os.kill(first, signal.SIGKILL)
        second = wait_for_worker(server.pid, other_than=first)
        server.send_signal(signal.SIGTERM)
        server.wait(SECONDS_MOST)
        assert not Path(f"/proc/{second}").exists()
    wait_until_closed(port)
