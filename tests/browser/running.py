"""A demo shop of its own, as `pennywhistle demo` starts it, for as long as it is needed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# The demo plays twenty tracks first; on a busy machine that takes its time.
READY_SECONDS_MOST = 300
STOP_SECONDS_MOST = 30


@dataclass(frozen=True)
class RunningShop:
    """Where it answers, where it keeps its things, and what it printed."""

    url: str
    home: Path
    environment: dict[str, str]
    said: str

    @property
    def python(self) -> str:
        """The interpreter that it runs on."""
        return sys.executable

    @property
    def voucher(self) -> str:
        """The code that the demo gave out."""
        found = re.search(r"(?:[A-Z0-9]{4}-){3}[A-Z0-9]{4}", self.said)
        assert found, self.said
        return found.group()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `pennywhistle` command on this shop."""
        return subprocess.run(
            [sys.executable, "-m", "pennywhistle", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS_MOST,
            check=False,
        )


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_shop(
    home: Path, *, database_url: str = "", more: Mapping[str, str] | None = None
) -> Iterator[RunningShop]:
    """Start the demo in `home`, wait until it answers, and stop it with SIGTERM at the end.

    `more` are further settings.
    """
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if "PENNYWHISTLE" not in name}
    environment = kept | {
        "PENNYWHISTLE_HOME": str(home),
        "PENNYWHISTLE_DATABASE_URL": database_url,
        "PYTHONUNBUFFERED": "1",
        **(more or {}),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    log = home.parent / f"{home.name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pennywhistle", "demo", "--port", str(port)],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(url, process, log)
        yield RunningShop(url, home, environment, log.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS_MOST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the shop did not end on SIGTERM:\n{log.read_text()}") from None


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + READY_SECONDS_MOST
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            raise AssertionError(f"the shop ended by itself:\n{log.read_text()}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        time.sleep(0.2)
    raise AssertionError(f"the shop did not answer:\n{log.read_text()}")
