"""What the store counts of its own work, for `/metrics`: over all its processes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cache

from django.conf import settings

from pennywhistle.adapters.storage.shared_counts import SharedCounts

# Upper ends of the classes that encodes are counted in by their length. A song takes a second or
# so to encode; what takes minutes is a concert, or a machine with too much to do.
ENCODE_SECONDS_CLASSES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

# What the delivery answers with. Another status counts as "other".
STATUSES = (200, 206, 304, 403, 404, 405, 410, 412, 416, 500, 503)
OTHER_STATUS = "other"


class Count(StrEnum):
    """What only grows. The name that Prometheus knows it by, without `_total`."""

    CACHE_HITS = "pennywhistle_cache_hits"
    CACHE_MISSES = "pennywhistle_cache_misses"
    CACHE_EVICTED_FILES = "pennywhistle_cache_evicted_files"
    CACHE_EVICTED_BYTES = "pennywhistle_cache_evicted_bytes"
    ENCODES_STARTED = "pennywhistle_encodes_started"
    ENCODES_FINISHED = "pennywhistle_encodes_finished"
    ENCODES_FAILED = "pennywhistle_encodes_failed"
    RETAGS_FINISHED = "pennywhistle_retags_finished"
    DELIVERED_BYTES = "pennywhistle_delivered_bytes"
    DELIVERIES_BROKEN_OFF = "pennywhistle_deliveries_broken_off"


class Level(StrEnum):
    """What goes up and down, added up over the processes that live."""

    ENCODES_RUNNING = "pennywhistle_encodes_running"
    ENCODES_WAITING = "pennywhistle_encodes_waiting"


class Measures:
    """The counts of this store. Every method may be called from any thread and never raises."""

    def __init__(self, kept: SharedCounts) -> None:
        self._kept = kept

    def count(self, what: Count, amount: float = 1) -> None:
        """So many more of `what`."""
        self._kept.add(what.value, amount)

    def change(self, what: Level, by: int) -> None:
        """`what` went up, or down where `by` is negative, in this process."""
        self._kept.add(what.value, by)

    def count_answer(self, *, status: int) -> None:
        """The delivery answered with `status`."""
        self._kept.add(answers_name(status=str(status if status in STATUSES else OTHER_STATUS)))

    def count_encode_seconds(self, seconds: float) -> None:
        """An encode took so long, by the clock on the wall."""
        for limit in ENCODE_SECONDS_CLASSES:
            if seconds <= limit:
                self._kept.add(encodes_within_name(seconds=limit))
        self._kept.add(ENCODE_SECONDS_SUM, seconds)


ENCODE_SECONDS_SUM = "encode_seconds_sum"


def answers_name(*, status: str) -> str:
    """The key in `list_measures` of how often the delivery answered so."""
    return f"answers {status}"


def encodes_within_name(*, seconds: float) -> str:
    """The key in `list_measures` of how many encodes took at most so long."""
    return f"encodes within {seconds:g}"


@contextmanager
def measured_encode() -> Iterator[None]:
    """Count what happens inside as one encode: running, then finished or failed, and how long.

    One that a killed process took with it stays started, and is neither of the others.
    """
    measures, began = get_measures(), time.monotonic()
    measures.count(Count.ENCODES_STARTED)
    measures.change(Level.ENCODES_RUNNING, 1)
    try:
        yield
    except BaseException:
        measures.count(Count.ENCODES_FAILED)
        raise
    else:
        measures.count(Count.ENCODES_FINISHED)
        measures.count_encode_seconds(time.monotonic() - began)
    finally:
        measures.change(Level.ENCODES_RUNNING, -1)


def list_measures() -> Mapping[str, float]:
    """Every measure of all processes by name: those of `Count`, `Level` and of the classes above.

    Also sees to it that what ended processes counted is kept in one file. Raises OSError.
    """
    return _kept().totals()


@cache
def get_measures() -> Measures:
    """The measures of this process."""
    return Measures(_kept())


@cache
def _kept() -> SharedCounts:
    counts = [
        *(what.value for what in Count),
        *(answers_name(status=str(status)) for status in (*STATUSES, OTHER_STATUS)),
        *(encodes_within_name(seconds=limit) for limit in ENCODE_SECONDS_CLASSES),
        ENCODE_SECONDS_SUM,
    ]
    levels = [what.value for what in Level]
    return SharedCounts(settings.MEASURES_FOLDER, counts=counts, levels=levels)
