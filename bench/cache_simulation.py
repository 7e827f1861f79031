"""A made-up shop's year of requests, and what each way of keeping a cache saves of encoding it.

The store's own rule (`adapters/storage/worth.py`) is run as it is, against least lately used (LRU) and
least often used (LFU), at the same number of bytes and on the same requests.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

from pennywhistle.adapters.storage.worth import (
    DEFAULT_POLICY,
    Kept,
    WorthPolicy,
    asked_once_more,
    choose_evicted,
)

TRACKS = 3000
REQUESTS = 30_000
DAYS = 365
# Of all bytes that all renditions of all tracks would take.
BUDGET_SHARE = 0.02
# The n-th most wanted track is asked for 1 / n^0.9 as often as the first: between the 0.6 and 1.0
# that request streams on the web were found to follow.
# https://pages.cs.wisc.edu/~cao/papers/zipf-implications.html
ZIPF_EXPONENT = 0.9
# A new release is wanted more at first. This part of all requests goes to what came out last.
NEW_SHARE = 0.3
NEW_DAYS = 28
# As in the cache: when there is no room, so much more is freed.
FREED_PART = 20
_DAY = 86_400.0

# For a second of music: CPU milliseconds and bytes, measured with the store's encoder on two minutes
# of a recording at 44.1 kHz, stereo; and how often each is chosen, which is a guess.
RECIPES = {
    "mp3-320": (11.2, 40_020, 30),
    "mp3-v0": (8.1, 30_869, 12),
    "opus-128": (7.9, 18_410, 10),
    "vorbis-q6": (20.7, 24_537, 4),
    "aac-256": (14.5, 32_632, 12),
    "flac": (2.2, 82_863, 24),
    "alac": (4.4, 87_005, 4),
    "wav": (1.2, 176_401, 4),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way of keeping saved: seconds of CPU, and requests that found their file."""

    saved_seconds: float
    hits: int
    evicted: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """The outcomes on one stream; `all_seconds` is what encoding for every request would take."""

    all_seconds: float
    requests: int
    worth: Outcome
    lru: Outcome
    lfu: Outcome


@dataclass(frozen=True, slots=True)
class _Request:
    at: float
    key: str
    extension: str
    size_bytes: int
    cost_ms: float


# What is evicted of what is kept, so that no more than so many bytes stay, at that time.
_Rule = Callable[[list[Kept], dict[str, int], int, float], list[Kept]]


def simulate(*, seed: int, policy: WorthPolicy = DEFAULT_POLICY) -> Simulated:
    """A year of requests of that seed, kept in each of three ways. Takes some seconds."""
    chance = random.Random(seed)
    lengths = [chance.lognormvariate(5.4, 0.35) for _ in range(TRACKS)]
    per_second = sum(size for _, size, _ in RECIPES.values())
    bytes_max = int(sum(lengths) * per_second * BUDGET_SHARE)
    stream = _stream(chance, lengths)

    def by_worth(kept: list[Kept], _: dict[str, int], bytes_max: int, now: float) -> list[Kept]:
        return choose_evicted(kept, bytes_max=bytes_max, now=now, policy=policy)

    return Simulated(
        all_seconds=sum(request.cost_ms for request in stream) / 1000,
        requests=len(stream),
        worth=_run(stream, bytes_max, by_worth, policy),
        lru=_run(stream, bytes_max, _by_last_ask, policy),
        lfu=_run(stream, bytes_max, _by_number_of_asks, policy),
    )


def _stream(chance: random.Random, lengths: list[float]) -> list[_Request]:
    """Requests in order of time: a lasting taste, and a wave of interest in each new release."""
    rank = list(range(TRACKS))
    chance.shuffle(rank)
    totals = list(accumulate(1 / (n + 1) ** ZIPF_EXPONENT for n in range(TRACKS)))
    codes = list(RECIPES)
    weights = [share for _, _, share in RECIPES.values()]
    per_window = TRACKS * NEW_DAYS // DAYS
    requests = []
    for at in sorted(chance.uniform(0, DAYS * _DAY) for _ in range(REQUESTS)):
        place = bisect(totals, chance.random() * totals[-1])
        track = rank[place]
        if chance.random() < NEW_SHARE:
            # Tracks come out one after another, in the order of their numbers.
            newest = int(at / _DAY / DAYS * TRACKS)
            track = (newest - chance.randrange(per_window)) % TRACKS
        (code,) = chance.choices(codes, weights)
        cost, size, _ = RECIPES[code]
        length = lengths[track]
        requests.append(_Request(at, f"{track}-{code}", code, int(size * length), cost * length))
    return requests


def _run(stream: list[_Request], bytes_max: int, rule: _Rule, policy: WorthPolicy) -> Outcome:
    kept: dict[str, Kept] = {}
    asks: dict[str, int] = {}
    taken, saved_ms, hits, evicted = 0, 0.0, 0, 0
    for request in stream:
        there = kept.get(request.key)
        if there is not None:
            saved_ms, hits = saved_ms + request.cost_ms, hits + 1
            asks[request.key] += 1
            value = asked_once_more(asks=there.asks, now=request.at, policy=policy)
            kept[request.key] = replace(there, asks=value, asked_at=request.at)
            continue
        if taken + request.size_bytes > bytes_max:
            leave = bytes_max - request.size_bytes - bytes_max // FREED_PART
            for gone in rule(list(kept.values()), asks, leave, request.at):
                del kept[gone.key], asks[gone.key]
                taken, evicted = taken - gone.size_bytes, evicted + 1
        kept[request.key] = Kept(
            key=request.key,
            extension=request.extension,
            size_bytes=request.size_bytes,
            asks=request.at,
            asked_at=request.at,
            cost_ms=request.cost_ms,
        )
        asks[request.key] = 1
        taken += request.size_bytes
    return Outcome(saved_ms / 1000, hits, evicted)


def _by_last_ask(kept: list[Kept], _: dict[str, int], bytes_max: int, __: float) -> list[Kept]:
    return _until_it_fits(sorted(kept, key=lambda one: one.asked_at), bytes_max)


def _by_number_of_asks(
    kept: list[Kept], asks: dict[str, int], bytes_max: int, __: float
) -> list[Kept]:
    order = sorted(kept, key=lambda one: (asks[one.key], one.asked_at))
    return _until_it_fits(order, bytes_max)


def _until_it_fits(order: list[Kept], bytes_max: int) -> list[Kept]:
    over = sum(one.size_bytes for one in order) - bytes_max
    gone = []
    for one in order:
        if over <= 0:
            break
        gone.append(one)
        over -= one.size_bytes
    return gone
