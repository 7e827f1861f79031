"""Which renditions are worth their place in the cache. Pure.

A rendition is worth what it saves: the time to encode it again × how often it is asked for ÷ the
bytes it takes. How often is a count that halves every `half_life_seconds`, and it is kept as one
number, a time: `v = τ · ln(Σ exp(tᵢ / τ))` over the times tᵢ of its asks, with τ = half-life / ln 2.
What was asked for once has the time of that ask; every further ask moves it on. The decayed count
at any time t is `exp((v - t) / τ)`, so it need not be computed again as time goes by: the order by
`cost · exp(v / τ) / size` stays. Were all costs and sizes the same, the order would be that of the
decayed counts, and with a half-life near nothing that of the last asks (LRU).
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

# Encode time for a byte where nothing was ever measured: any constant does, as it cancels out.
_COST_MS_PER_BYTE_GUESS = 1e-4


@dataclass(frozen=True, slots=True)
class WorthPolicy:
    """How asks are counted.

    The half-life did best, over small and large budgets, on the stream of `bench/cache_simulation.py`.
    Asks that come closer together than `asks_apart_seconds` are one: the ranges of one download. What
    was made or asked for within `fresh_seconds` goes only when nothing else is left: somebody is on
    the way to fetch what was encoded ahead for them. What is heard before it is bought costs its
    asker nothing and is open to everybody: it is never fresh, and an ask of it counts `heard_part`.
    """

    half_life_seconds: float = 30 * 86_400
    asks_apart_seconds: float = 600
    fresh_seconds: float = 3600
    heard_part: float = 0.1

    @property
    def tau_seconds(self) -> float:
        """The time in which a count falls to 1/e."""
        return self.half_life_seconds / math.log(2)


DEFAULT_POLICY = WorthPolicy()


@dataclass(frozen=True, slots=True)
class Kept:
    """A rendition in the cache. Times are seconds since the epoch.

    `asks` is the time that stands for its asks (`v` above), `asked_at` that of the last one.
    `cost_ms` is CPU time, None where it is not known. `is_heard` where it is no sold file, but a part
    or a picture of one, for those who listen before they buy.
    """

    key: str
    extension: str
    size_bytes: int
    asks: float
    asked_at: float
    cost_ms: float | None = None
    is_heard: bool = False


# The CPU time of encodes in milliseconds by key, of those keys that it is known of.
CostsOf = Callable[[Collection[str]], Mapping[str, float]]


def asked_once_more(*, asks: float, now: float, policy: WorthPolicy = DEFAULT_POLICY) -> float:
    """The time that stands for the asks of a rendition after one more at `now`."""
    tau = policy.tau_seconds
    return max(asks, now) + tau * math.log1p(math.exp(-abs(asks - now) / tau))


def with_estimates(kept: Iterable[Kept]) -> list[tuple[Kept, float]]:
    """Each with its cost in milliseconds, known or estimated by its size.

    The estimate takes the median cost of a byte among those of its extension whose cost is known,
    else among all of those.
    """
    listed = list(kept)
    per_byte: dict[str, list[float]] = defaultdict(list)
    for one in listed:
        if one.cost_ms is not None:
            per_byte[one.extension].append(one.cost_ms / max(one.size_bytes, 1))
    medians = {extension: statistics.median(known) for extension, known in per_byte.items()}
    overall = statistics.median(medians.values()) if medians else _COST_MS_PER_BYTE_GUESS
    return [
        (
            one,
            medians.get(one.extension, overall) * one.size_bytes
            if one.cost_ms is None
            else one.cost_ms,
        )
        for one in listed
    ]


def choose_evicted(
    kept: Iterable[Kept], *, bytes_max: int, now: float, policy: WorthPolicy = DEFAULT_POLICY
) -> list[Kept]:
    """Those to remove, least worth first, so that the rest takes `bytes_max` bytes at most."""
    costed = with_estimates(kept)
    over = sum(one.size_bytes for one, _ in costed) - bytes_max
    if over <= 0:
        return []

    def order(pair: tuple[Kept, float]) -> tuple[bool, float, str]:
        one, cost_ms = pair
        density = math.log(max(cost_ms, 1e-3)) - math.log(max(one.size_bytes, 1))
        if one.is_heard:
            density += math.log(policy.heard_part)
        is_fresh = not one.is_heard and now - one.asked_at < policy.fresh_seconds
        return is_fresh, density + (one.asks - now) / policy.tau_seconds, one.key

    evicted = []
    for one, _ in sorted(costed, key=order):
        if over <= 0:
            break
        evicted.append(one)
        over -= one.size_bytes
    return evicted
