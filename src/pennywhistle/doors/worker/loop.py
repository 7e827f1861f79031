"""What goes on in the background: top-ups that are on their way, offers that ran out."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from django.db import close_old_connections

from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.record_payment_event import settle_pending_top_ups
from pennywhistle.flows.sweep_store import sweep_store
from pennywhistle.kit.clock import utc_now

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SETTLE_EVERY = timedelta(seconds=2)
SWEEP_EVERY = timedelta(hours=1)

# A charge younger than this is still being answered in the request that made it.
SETTLE_AFTER = timedelta(seconds=3)


@dataclass
class _Round:
    """A piece of work and when it is due again (seconds of the monotonic clock)."""

    name: str
    work: Callable[[], object]
    every: timedelta
    due_at: float = 0.0


def run(*, parent_pid: int | None) -> None:
    """Work until SIGTERM or SIGINT, or until the parent is gone where there is one.

    One round that fails is logged with its error and tried again when it is next due.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    rounds = [
        _Round("settle top-ups", _settle, SETTLE_EVERY),
        _Round("sweep", _sweep, SWEEP_EVERY),
    ]
    while not stop.is_set() and (parent_pid is None or os.getppid() == parent_pid):
        for each in rounds:
            if time.monotonic() >= each.due_at:
                _try(each)
        stop.wait(TICK_SECONDS)


def _try(each: _Round) -> None:
    try:
        each.work()
    except Exception:
        log.exception("%s failed; tried again in %s", each.name, each.every)
    finally:
        each.due_at = time.monotonic() + each.every.total_seconds()
        close_old_connections()


def _settle() -> None:
    now = utc_now()
    settle_pending_top_ups(
        gateways=get_outfit().gateways, created_before=now - SETTLE_AFTER, now=now
    )


def _sweep() -> None:
    sweep_store(outfit=get_outfit(), now=utc_now())
