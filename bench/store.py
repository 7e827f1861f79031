"""The store that is measured: the demo store, kept under `./var/bench` from run to run.

`PENNYWHISTLE_HOME` names another place.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15


def open_store() -> Path:
    """Set Django up over the bench's store and fill it where it is empty; returns its folder."""
    home = Path(os.environ.setdefault("PENNYWHISTLE_HOME", "./var/bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennywhistle.config.settings")
    os.environ.setdefault("PENNYWHISTLE_SANDBOX_CARDS", "yes")
    import django

    django.setup()
    from django.core.management import call_command

    from pennywhistle.demo.seed import seed_demo
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.kit.clock import utc_now

    call_command("migrate", interactive=False, verbosity=0)
    seed_demo(
        outfit=get_outfit(),
        folder=home / "deliveries",
        on_step=lambda step: print(step, file=sys.stderr),
        now=utc_now(),
    )
    return home


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(*, processes: int = 1) -> Iterator[tuple[int, int]]:
    """The store served as in earnest, without its worker; yields its port and process id."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", str(processes), "--no-ws", "--no-log"),
            "pennywhistle.config.asgi:application",
        ],
    )
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)


def _wait_for(port: int) -> None:
    for _ in range(START_SECONDS_MAX * 20):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"the store does not answer on port {port}")
