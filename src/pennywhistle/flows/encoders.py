"""The encoders of one server process: so many at once, so many waiting, one per rendition."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import connections

from pennywhistle.flows.encode_rendition import WantedRendition, encode_rendition
from pennywhistle.flows.outfit import Outfit

log = logging.getLogger(__name__)

WAITING_MAX = 64


class EncodersBusyError(RuntimeError):
    """More renditions wait to be encoded than this process will hold."""


class Encoders:
    """Runs encodes in threads of their own, which end with the process and not before it.

    An encode belongs to nobody who asked for it: whoever leaves, it goes on.
    """

    def __init__(self, *, at_once: int, waiting_max: int = WAITING_MAX) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._jobs_max = at_once + waiting_max
        self._jobs: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def start(self, *, wanted: WantedRendition, outfit: Outfit, now: datetime) -> Future[None]:
        """Encode in the background; the job that is at it already, if there is one.

        The future ends without a result where the file is whole, or another process is at it, and
        with the error of `encode_rendition` where that failed. Raises `EncodersBusyError`.
        """
        with self._lock:
            job = self._jobs.get(wanted.key)
            if job is not None:
                return job
            if len(self._jobs) >= self._jobs_max:
                raise EncodersBusyError(
                    f"{len(self._jobs)} songs are being encoded or wait for it; ask again later"
                )
            job = self._jobs[wanted.key] = Future()
        # A daemon: the file it leaves unfinished when the server stops is made again.
        threading.Thread(
            target=self._run,
            args=(job, wanted, outfit, now),
            name=f"encode-{wanted.key[:8]}",
            daemon=True,
        ).start()
        return job

    def _run(
        self, job: Future[None], wanted: WantedRendition, outfit: Outfit, now: datetime
    ) -> None:
        error: BaseException | None = None
        try:
            with self._slots:
                encode_rendition(wanted=wanted, outfit=outfit, now=now)
        except BaseException as raised:
            log.exception("encoding %s as %s failed", wanted.order.source.name, wanted.recipe.code)
            error = raised
        finally:
            connections.close_all()
            with self._lock:
                del self._jobs[wanted.key]
        if error is None:
            job.set_result(None)
        else:
            job.set_exception(error)


@cache
def get_encoders() -> Encoders:
    """The encoders of this process: one queue for whatever a server process encodes."""
    return Encoders(at_once=settings.ENCODERS_MAX)
