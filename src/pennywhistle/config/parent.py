"""A server process ends with the process that started it, however that one ended."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_EVERY_SECONDS = 0.5


def end_with_parent() -> None:
    """From now on, when the parent of this process is gone, ask this process to end by SIGTERM.

    A parent that is killed cannot tell its children: they would keep the port and serve on. Without
    a parent (the first process of a container) there is nobody to follow.
    """
    parent = os.getppid()
    if parent > 1:
        threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
