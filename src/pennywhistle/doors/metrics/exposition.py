"""The figures in the text format that Prometheus reads. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pennywhistle.flows.measures import (
    ENCODE_SECONDS_CLASSES,
    ENCODE_SECONDS_SUM,
    OTHER_STATUS,
    STATUSES,
    Count,
    Level,
    answers_name,
    encodes_within_name,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HELP: dict[Count | Level, str] = {
    Count.CACHE_HITS: "Requests for a rendition that lay whole in the cache.",
    Count.CACHE_MISSES: "Requests for a rendition that did not.",
    Count.CACHE_EVICTED_FILES: "Renditions removed for want of room.",
    Count.CACHE_EVICTED_BYTES: "Bytes of renditions removed for want of room.",
    Count.ENCODES_STARTED: "Encodes begun.",
    Count.ENCODES_FINISHED: "Encodes that made a whole rendition.",
    Count.ENCODES_FAILED: "Encodes that ended with an error.",
    Count.RETAGS_FINISHED: "Renditions made from another with the same audio, without encoding.",
    Count.DELIVERED_BYTES: "Bytes of renditions handed to the network by the store itself.",
    Count.DELIVERIES_BROKEN_OFF: "Deliveries that ended before their last byte.",
    Level.ENCODES_RUNNING: "Encodes that run now.",
    Level.ENCODES_WAITING: "Encodes that wait for their turn.",
}


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """What the cache takes, and may take."""

    size_bytes: int
    files: int
    bytes_max: int


def exposition(*, measures: Mapping[str, float], cache: CacheFigures, version: str) -> str:
    """All figures. `measures` are those of `flows.measures.list_measures`."""
    return "".join(f"{line}\n" for line in _lines(measures, cache, version))


def _lines(measures: Mapping[str, float], cache: CacheFigures, version: str) -> Iterator[str]:
    yield from _family("pennywhistle_info", "gauge", "The version that runs.")
    yield f'pennywhistle_info{{version="{version}"}} 1'
    yield from _gauge("pennywhistle_cache_bytes", "Bytes of whole renditions.", cache.size_bytes)
    yield from _gauge("pennywhistle_cache_files", "Whole renditions.", cache.files)
    yield from _gauge("pennywhistle_cache_bytes_max", "Bytes that they may take.", cache.bytes_max)
    for count in Count:
        yield from _family(f"{count.value}_total", "counter", _HELP[count])
        yield f"{count.value}_total {_number(measures[count.value])}"
    for level in Level:
        yield from _gauge(level.value, _HELP[level], measures[level.value])
    yield from _answers(measures)
    yield from _encode_seconds(measures)


def _answers(measures: Mapping[str, float]) -> Iterator[str]:
    name = "pennywhistle_deliveries_total"
    yield from _family(name, "counter", "Answers to requests for renditions, by status.")
    for status in (*map(str, STATUSES), OTHER_STATUS):
        yield f'{name}{{status="{status}"}} {_number(measures[answers_name(status=status)])}'


def _encode_seconds(measures: Mapping[str, float]) -> Iterator[str]:
    name = "pennywhistle_encode_seconds"
    yield from _family(name, "histogram", "How long whole encodes took.")
    for limit in ENCODE_SECONDS_CLASSES:
        within = measures[encodes_within_name(seconds=limit)]
        yield f'{name}_bucket{{le="{limit:g}"}} {_number(within)}'
    finished = _number(measures[Count.ENCODES_FINISHED.value])
    yield f'{name}_bucket{{le="+Inf"}} {finished}'
    yield f"{name}_sum {_number(measures[ENCODE_SECONDS_SUM])}"
    yield f"{name}_count {finished}"


def _gauge(name: str, words: str, value: float) -> Iterator[str]:
    yield from _family(name, "gauge", words)
    yield f"{name} {_number(value)}"


def _family(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
