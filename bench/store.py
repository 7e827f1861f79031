"""The store that is measured: the demo store and an album, kept under `./var/bench` between runs.

`PENNYWHISTLE_HOME` names another place.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15
WRITING_SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Served:
    """A store that answers: its port, and the process above all of its processes."""

    port: int
    process_id: int


def open_store() -> Path:
    """Set Django up over the bench's store and fill it where it is empty; returns its folder."""
    home = Path(os.environ.setdefault("PENNYWHISTLE_HOME", "./var/bench")).resolve()
    os.environ["PENNYWHISTLE_HOME"] = str(home)
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


def forget_renditions() -> None:
    """Make the cache cold, once what is being written there is whole. Raises TimeoutError."""
    from django.conf import settings

    ends_at = time.monotonic() + WRITING_SECONDS_MAX
    while any(Path(settings.RENDITIONS_FOLDER).rglob("*.part")):
        if time.monotonic() > ends_at:
            raise TimeoutError("a rendition is not finished")
        time.sleep(0.02)
    shutil.rmtree(settings.RENDITIONS_FOLDER, ignore_errors=True)


@contextlib.contextmanager
def serving(
    *, processes: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """The store served by its own command, its worker included."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pennywhistle", "serve", "--host", "127.0.0.1"),
            *("--port", str(port), "--processes", str(processes)),
        ],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS_MAX)


def await_port(port: int) -> None:
    """Wait until somebody listens. Raises TimeoutError."""
    ends_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < ends_at:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")
