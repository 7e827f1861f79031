"""What goes first when there is no room: what is worth least."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.storage.worth import (
    Kept,
    WorthPolicy,
    asked_once_more,
    choose_evicted,
    with_estimates,
)

NOW = 1_800_000_000.0
DAY = 86_400.0

kept_files = st.lists(
    st.builds(
        Kept,
        key=st.from_regex(r"[0-9a-f]{4}", fullmatch=True),
        extension=st.sampled_from(["mp3", "flac"]),
        size_bytes=st.integers(0, 50_000_000),
        asks=st.floats(NOW - 100 * DAY, NOW + 100 * DAY),
        asked_at=st.floats(NOW - 100 * DAY, NOW),
        cost_ms=st.none() | st.integers(0, 100_000),
        is_heard=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda one: one.key,
)


@given(kept=kept_files, bytes_max=st.integers(0, 600_000_000))
def test_what_stays_fits_and_no_more_goes_than_must(kept: list[Kept], bytes_max: int) -> None:
    gone = choose_evicted(kept, bytes_max=bytes_max, now=NOW)
    left = sum(one.size_bytes for one in kept) - sum(one.size_bytes for one in gone)
    assert left <= bytes_max
    assert len(set(gone)) == len(gone)
    if gone:
        assert left + gone[-1].size_bytes > bytes_max


@given(kept=kept_files, bytes_max=st.integers(0, 600_000_000))
def test_nothing_that_goes_is_worth_more_than_what_stays(kept: list[Kept], bytes_max: int) -> None:
    policy = WorthPolicy()
    gone = set(choose_evicted(kept, bytes_max=bytes_max, now=NOW, policy=policy))

    def worth(one: Kept, cost_ms: float) -> tuple[bool, float]:
        count = 2 ** ((one.asks - NOW) / policy.half_life_seconds)
        count *= policy.heard_part if one.is_heard else 1
        is_fresh = NOW - one.asked_at < policy.fresh_seconds and not one.is_heard
        return is_fresh, max(cost_ms, 1e-3) * count / max(one.size_bytes, 1)

    worths = {one.key: worth(one, cost) for one, cost in with_estimates(kept)}
    for lost in gone:
        for stays in set(kept) - gone:
            (lost_fresh, lost_worth), (fresh, stays_worth) = worths[lost.key], worths[stays.key]
            assert (lost_fresh, lost_worth * (1 - 1e-9)) <= (fresh, stays_worth)


def test_cost_size_and_asks_decide_each_alone() -> None:
    plain = Kept("aa", "mp3", 1000, asks=NOW, asked_at=0, cost_ms=100)
    cheap = Kept("bb", "mp3", 1000, asks=NOW, asked_at=0, cost_ms=50)
    large = Kept("cc", "mp3", 2000, asks=NOW, asked_at=0, cost_ms=100)
    old = Kept(
        "dd", "mp3", 1000, asks=NOW - WorthPolicy().half_life_seconds, asked_at=0, cost_ms=100
    )
    for other in (cheap, large, old):
        assert choose_evicted([plain, other], bytes_max=2000, now=NOW) in ([other], [])
        assert choose_evicted([plain, other], bytes_max=1000, now=NOW) == [other]
    # All three are worth half of it, and so the same.
    fresh = Kept("ee", "wav", 90_000, asks=NOW - 10 * DAY, asked_at=NOW - 10, cost_ms=1)
    assert choose_evicted([plain, fresh], bytes_max=90_000, now=NOW) == [plain]


def test_what_anybody_may_hear_does_not_drive_out_what_was_paid_for() -> None:
    two_hours = 7200
    paid = Kept("aa", "opus", 4_000_000, NOW - two_hours, NOW - two_hours, cost_ms=1700)
    clips = [
        Kept(f"c{n}", "heardwav", 5_000_000, NOW, NOW, cost_ms=36, is_heard=True) for n in range(9)
    ]
    assert choose_evicted([paid, *clips], bytes_max=4_000_000, now=NOW) == clips
    # Of one codec it costs as much for a byte: then the asks decide.
    paid = Kept("aa", "opus", 4_000_000, NOW - 60 * DAY, NOW - 60 * DAY, cost_ms=1700)
    clip = Kept("bb", "heardopus", 400_000, NOW, NOW, cost_ms=170, is_heard=True)
    assert choose_evicted([paid, clip], bytes_max=4_000_000, now=NOW) == [clip]
    often = Kept("bb", "heardopus", 400_000, NOW + 120 * DAY, NOW, cost_ms=170, is_heard=True)
    assert choose_evicted([paid, often], bytes_max=400_000, now=NOW) == [paid]


@given(
    ages=st.lists(st.floats(0, 365), min_size=1, max_size=20),
    days_later=st.floats(0, 100),
)
def test_one_time_stands_for_all_asks(ages: list[float], days_later: float) -> None:
    policy = WorthPolicy()
    times = sorted(NOW - days * DAY for days in ages)
    asks = times[0]
    for at in times[1:]:
        asks = asked_once_more(asks=asks, now=at, policy=policy)
    then = NOW + days_later * DAY
    true_count = sum(2 ** ((at - then) / policy.half_life_seconds) for at in times)
    assert 2 ** ((asks - then) / policy.half_life_seconds) == pytest.approx(true_count, rel=1e-4)


def test_what_was_never_measured_is_taken_to_cost_what_others_of_its_kind_do() -> None:
    def one(key: str, extension: str, size: int, cost: float | None) -> Kept:
        return Kept(key, extension, size, asks=NOW, asked_at=NOW, cost_ms=cost)

    mp3s = [one("a", "mp3", 100, 1000), one("b", "mp3", 100, 3000), one("c", "mp3", 100, 2000)]
    unknown = [one("d", "mp3", 50, None), one("e", "wav", 50, None)]
    costs = {kept.key: cost for kept, cost in with_estimates([*mp3s, *unknown])}
    assert costs == {"a": 1000, "b": 3000, "c": 2000, "d": 1000, "e": 1000}
    assert [cost > 0 for _, cost in with_estimates(unknown)] == [True, True]
