"""`serve` and `worker`: one process tree with granian's workers and the background loop."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from pennywhistle.doors.cli.background import WORKER, background_worker
from pennywhistle.look.covers import COVERS_PATH

WORKER_STOP_SECONDS = 10
# What the server holds of an answer that a slow listener has not taken yet: little, for there may
# be fifty of them, and more did not make a quick one quicker.
LISTENER_BUFFER_BYTES = 65_536
PROCESSES_MOST = 16
# What the server has to say, such as that an answer failed, goes where the store's own log goes.
_SERVER_LOG = {"loggers": {"_granian": {"propagate": True}}}

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")]
Processes = Annotated[
    int, typer.Option(min=1, max=PROCESSES_MOST, help="Server processes that answer at once.")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(serve)
    app.command()(worker)


class PortTakenError(RuntimeError):
    """Something else listens there already."""


def serve(host: Host = "127.0.0.1", port: Port = 8000, processes: Processes = 2) -> None:
    """Bring the database up to date and serve the store, with its worker, until SIGTERM."""
    check_port(host=host, port=port)
    prepare_store()
    run_server(host=host, port=port, processes=processes)


def worker() -> None:
    """Do the background work: settle top-ups, sweep what has run out."""
    # The worker is a door of its own, which this one may start and not import.
    os.execv(sys.executable, [sys.executable, "-m", WORKER])  # noqa: S606  # our own words


def check_port(*, host: str, port: int) -> None:
    """Raise `PortTakenError` before any work is done, rather than after it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port"
            ) from error


def prepare_environment() -> None:
    """Names of static files carry their content's hash wherever the store is served."""
    os.environ["PENNYWHISTLE_HASHED_STATIC"] = "yes"


def prepare_store() -> None:
    """Migrate the database and collect the static files; quick where nothing has changed."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def run_server(*, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; the worker is our child and ends with us."""
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    with background_worker():
        Granian(
            "pennywhistle.config.asgi:application",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=processes,
            workers_kill_timeout=WORKER_STOP_SECONDS,
            respawn_failed_workers=True,
            websockets=False,
            http1_settings=HTTP1Settings(max_buffer_size=LISTENER_BUFFER_BYTES),
            static_path_route=["/static", COVERS_PATH],
            static_path_mount=[Path(settings.STATIC_ROOT), settings.COVERS_FOLDER],
            static_path_expires=31_536_000,  # Their names hold their content's hash.
            log_level=LogLevels.warning,
            log_dictconfig=_SERVER_LOG,
        ).serve()
