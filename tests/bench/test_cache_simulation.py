"""The made-up year: the same for the same seed, and kept within its bytes to the store's advantage."""

from __future__ import annotations

import pytest

from bench import cache_simulation


def test_what_is_worth_most_saves_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_simulation, "TRACKS", 300)
    monkeypatch.setattr(cache_simulation, "REQUESTS", 3000)
    simulated = cache_simulation.simulate(seed=1)
    assert simulated == cache_simulation.simulate(seed=1)
    assert simulated.requests == 3000
    assert simulated.worth.saved_seconds > simulated.lru.saved_seconds
    assert simulated.worth.saved_seconds > simulated.lfu.saved_seconds
    for outcome in (simulated.worth, simulated.lru, simulated.lfu):
        assert 0 < outcome.saved_seconds < simulated.all_seconds
        assert outcome.evicted > 0
