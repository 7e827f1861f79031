"""A server process ends with the process that started it, however that one ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

LOOK_EVERY_SECONDS = 0.5

# What is still being answered then may take this long.
STOP_SECONDS = 10


def end_with_parent() -> None:
    """From now on, when the parent of this process is gone, end this one too.

    A parent that is killed cannot tell its children: they would keep the port and serve on. Nothing
    happens in a process that was not started as a worker of another.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(
            target=_watch, args=(parent.pid,), name="parent-watch", daemon=True
        ).start()


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
