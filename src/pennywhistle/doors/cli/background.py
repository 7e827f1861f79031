"""The background worker as a child of the server: started again when it ends by itself."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

WORKER = "pennywhistle.doors.worker"
STOP_SECONDS = 10
# Before it is started again; doubled each time that it ends sooner than `STEADY_SECONDS`.
PAUSE_SECONDS = 1.0
PAUSE_SECONDS_MOST = 60.0
STEADY_SECONDS = 300.0


@contextmanager
def background_worker() -> Iterator[None]:
    """A worker runs inside; it ends with the block, and by itself when this process is gone."""
    stopping = threading.Event()
    child = _start()
    keeper = threading.Thread(target=_keep, args=(child, stopping), name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", WORKER, str(os.getpid())])


def _keep(child: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    pause = PAUSE_SECONDS
    while not stopping.is_set():
        if _ends_within(child, stopping, STEADY_SECONDS):
            log.error(
                "the background worker ended with status %s; it is started again in %.0f s",
                child.returncode,
                pause,
            )
            if stopping.wait(pause):
                return
            child, pause = _start(), min(pause * 2, PAUSE_SECONDS_MOST)
        else:
            pause = PAUSE_SECONDS
    _stop(child)


def _ends_within(child: subprocess.Popen[bytes], stopping: threading.Event, seconds: float) -> bool:
    """Whether it ended by itself; looks every second, and no longer than until we stop."""
    for _ in range(int(seconds)):
        if child.poll() is not None:
            return True
        if stopping.wait(1):
            return False
    return False


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
