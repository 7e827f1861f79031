"""The encoders of one server process: so many at once, in a fair order, one per rendition.

What somebody bought and waits for goes first, then what is heard before buying, then what is encoded
ahead of being asked for; each of the three has places and a row of its own, so that none can take
another's. In a row, each asker has one turn after the other, however much each of them asks for.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from functools import cache
from ipaddress import IPv6Address, IPv6Network

from django.conf import settings
from django.db import connections

from pennywhistle.adapters.audio.binary import EncoderMissingError, encoder_version
from pennywhistle.adapters.audio.encode import EncoderFailedError
from pennywhistle.adapters.audio.process import start_host
from pennywhistle.adapters.audio.ready import ready_encoders
from pennywhistle.flows.encode_rendition import WantedRendition, encode_rendition
from pennywhistle.flows.measures import Level, get_measures
from pennywhistle.flows.outfit import Outfit
from pennywhistle.kit.addresses import parse_address

log = logging.getLogger(__name__)


class Need(IntEnum):
    """What an encode is for; a lower one goes first."""

    BOUGHT = 0
    HEARD = 1
    AHEAD = 2


# Renditions that wait for an encoder, and those of one asker among them.
WAITING_MAX = {Need.BOUGHT: 64, Need.HEARD: 32, Need.AHEAD: 256}
WAITING_OF_ONE_MAX = {Need.BOUGHT: 32, Need.HEARD: 8, Need.AHEAD: 256}
# One household or server has as many IPv6 addresses as it likes, in at least one such network:
# https://www.rfc-editor.org/rfc/rfc6177#section-2
IPV6_PREFIX = 64
# For so many encoders of what was bought, one more may run of each other need.
BOUGHT_TO_ONE = {Need.HEARD: 2, Need.AHEAD: 4}
# What goes ahead takes little from what somebody waits for.
AHEAD_NICENESS = 8
# Until the first encode has ended, this is how long one is thought to take.
FIRST_GUESS_SECONDS = 3.0
RETRY_SECONDS_MAX = 120
# Of the usual length of an encode, how much is that of the latest.
_LATEST_COUNTS = 0.2


class EncodersBusyError(RuntimeError):
    """More renditions wait to be encoded than this process will hold, or it takes too long.

    `retry_after_seconds` is when asking again is worth it.
    """

    def __init__(self, words: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(words)
        self.retry_after_seconds = retry_after_seconds


@dataclass(eq=False, slots=True)
class _Job:
    """One rendition to be encoded. `future` is what everybody who asked for it was given."""

    wanted: WantedRendition
    outfit: Outfit
    now: datetime
    asker: str
    need: Need
    future: Future[None]
    is_running: bool = False


def asker_of(*, person_id: int) -> str:
    """A listener, as turns go."""
    return f"person-{person_id}"


def asker_at(*, address: str) -> str:
    """Whoever comes from an address, as turns go: of IPv6, a whole network of `IPV6_PREFIX` bits."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), IPV6_PREFIX), strict=False))
    return address if parsed is None else str(parsed)


class _Turns:
    """Waiting jobs: each asker in turn, and the jobs of each in their order."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[_Job]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def of(self, asker: str) -> int:
        return len(self._of.get(asker, ()))

    def add(self, job: _Job) -> None:
        self._of.setdefault(job.asker, deque()).append(job)

    def remove(self, job: _Job) -> None:
        self._of[job.asker].remove(job)
        if not self._of[job.asker]:
            del self._of[job.asker]

    def take(self) -> _Job | None:
        """The next; its asker goes to the end of the row."""
        if not self._of:
            return None
        asker, jobs = self._of.popitem(last=False)
        job = jobs.popleft()
        if jobs:
            self._of[asker] = jobs
        return job


class Encoders:
    """Runs encodes in threads of their own, which end with the process and not before it.

    An encode belongs to nobody who asked for it: whoever leaves, it goes on. `at_once` are the
    encodes of what was bought; the others come beside them, those ahead at a lower priority.
    """

    def __init__(
        self,
        *,
        at_once: int,
        waiting_max: int = WAITING_MAX[Need.BOUGHT],
        heard_at_once: int = 1,
        ahead_at_once: int = 1,
    ) -> None:
        self._places = {
            Need.BOUGHT: at_once,
            Need.HEARD: heard_at_once,
            Need.AHEAD: ahead_at_once,
        }
        self._running = dict.fromkeys(Need, 0)
        self._waiting = {need: _Turns() for need in Need}
        self._waiting_max = {**WAITING_MAX, Need.BOUGHT: waiting_max}
        self._jobs: dict[str, _Job] = {}
        self._usual_seconds = FIRST_GUESS_SECONDS
        self._lock = threading.Lock()

    def start(
        self,
        *,
        wanted: WantedRendition,
        outfit: Outfit,
        now: datetime,
        asker: str = "",
        need: Need = Need.BOUGHT,
    ) -> Future[None]:
        """Encode in the background; the job that is at it already, if there is one.

        `asker` is whom this is for, as far as turns go. What is wanted again for a higher need, while
        it still waits, is moved up; where that row has no room, it stays where it is and the asker is
        told to come again, as for anything else. The future ends without a result
        where the file is whole, or another process is at it, and with the error of
        `encode_rendition` where that failed. Raises `EncodersBusyError`.
        """
        with self._lock:
            job = self._jobs.get(wanted.key)
            if job is None:
                self._check_room(need, asker)
                job = _Job(wanted, outfit, now, asker, need, Future())
                self._jobs[wanted.key] = job
                self._waiting[need].add(job)
                get_measures().change(Level.ENCODES_WAITING, +1)
            elif need < job.need and not job.is_running:
                self._check_room(need, asker)
                self._waiting[job.need].remove(job)
                job.need, job.asker = need, asker
                self._waiting[need].add(job)
            refused = self._begin()
        _refuse(refused)
        return job.future

    def _check_room(self, need: Need, asker: str) -> None:
        waiting = self._waiting[need]
        has_place = self._running[need] < self._places[need] and not len(waiting)
        if has_place:
            return
        if len(waiting) >= self._waiting_max[need]:
            raise EncodersBusyError(
                f"{len(waiting)} songs wait to be encoded; ask again later",
                retry_after_seconds=self._seconds_for(len(waiting), need),
            )
        if asker and waiting.of(asker) >= WAITING_OF_ONE_MAX[need]:
            raise EncodersBusyError(
                f"{waiting.of(asker)} songs of one listener wait to be encoded; ask again later",
                retry_after_seconds=self._seconds_for(waiting.of(asker), need),
            )

    def _seconds_for(self, waiting: int, need: Need) -> int:
        """Until half of those who wait have had their turn, as far as can be told."""
        turns = math.ceil((waiting / 2 + 1) / max(1, self._places[need]))
        return min(RETRY_SECONDS_MAX, max(1, math.ceil(turns * self._usual_seconds)))

    def _begin(self) -> list[_Job]:
        """Start as many as there are places for; returns those that the system gave no thread for.

        Neither their places nor who waits for them must be forgotten.
        """
        refused: list[_Job] = []
        for need in Need:
            while self._running[need] < self._places[need]:
                job = self._waiting[need].take()
                if job is None:
                    break
                job.is_running = True
                self._running[need] += 1
                get_measures().change(Level.ENCODES_WAITING, -1)
                if not self._has_thread(job):
                    self._clear_away(job)
                    refused.append(job)
        return refused

    def _has_thread(self, job: _Job) -> bool:
        # A daemon: the file it leaves unfinished when the server stops is made again.
        thread = threading.Thread(
            target=self._run, args=(job,), name=f"encode-{job.wanted.key[:8]}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            log.exception("no thread could be started to encode %s", job.wanted.order.source.name)
            return False
        return True

    def _run(self, job: _Job) -> None:
        error: BaseException | None = None
        started_at = time.monotonic()
        wanted = job.wanted
        if job.need is Need.AHEAD:
            wanted = replace(wanted, order=replace(wanted.order, niceness=AHEAD_NICENESS))
        try:
            encode_rendition(wanted=wanted, outfit=job.outfit, now=job.now)
        except EncoderFailedError as raised:
            log.error("encoding as %s failed: %s", wanted.recipe.code, raised)  # noqa: TRY400
            error = raised
        except BaseException as raised:
            log.exception("encoding %s as %s failed", wanted.order.source.name, wanted.recipe.code)
            error = raised
        finally:
            connections.close_all()
            self._end(job, time.monotonic() - started_at)
        if error is None:
            job.future.set_result(None)
        else:
            job.future.set_exception(error)
        with self._lock:
            refused = self._begin()
        _refuse(refused)

    def _end(self, job: _Job, seconds: float) -> None:
        with self._lock:
            self._clear_away(job)
            self._usual_seconds += _LATEST_COUNTS * (seconds - self._usual_seconds)

    def _clear_away(self, job: _Job) -> None:
        del self._jobs[job.wanted.key]
        self._running[job.need] -= 1


def _refuse(jobs: list[_Job]) -> None:
    """Outside the lock: whoever waits for them may ask again at once."""
    for job in jobs:
        job.future.set_exception(EncodersBusyError("this machine is busy; ask again shortly"))


@cache
def get_encoders() -> Encoders:
    """The encoders of this process: one queue for whatever a server process encodes."""
    threading.Thread(target=_warm_up, name="encoders-warm-up", daemon=True).start()
    ready_encoders.keep(most=settings.ENCODERS_READY)
    at_once = settings.ENCODERS_MAX
    return Encoders(
        at_once=at_once,
        heard_at_once=-(-at_once // BOUGHT_TO_ONE[Need.HEARD]),
        ahead_at_once=-(-at_once // BOUGHT_TO_ONE[Need.AHEAD]),
    )


def release_ready_encoders() -> None:
    """End those that wait to be asked for, and keep none any more: this process is about to end."""
    ready_encoders.keep(most=0)


def _warm_up() -> None:
    """What the first encode would have to wait for."""
    try:
        encoder_version()
        start_host()
    except (EncoderMissingError, OSError):
        log.exception("no encoder can be started; nothing can be sold that is not encoded already")
