"""What the worker writes down that crashes left out: the newest first."""

from __future__ import annotations

import pytest

from pennywhistle.doors.worker.loop import FAILED_EVERY, LOOK_BACK, _Numbering
from pennywhistle.flows.issue_paper import AT_ONCE, Numbered


@pytest.mark.parametrize("last_id", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 20 * AT_ONCE])
def test_it_begins_with_the_newest_and_sees_every_row_in_the_end(last_id: int) -> None:
    rounds: list[set[int]] = []

    def look(*, after_id: int, now: object) -> Numbered:
        seen = range(after_id + 1, min(after_id + AT_ONCE, last_id) + 1)
        rounds[-1] |= set(seen)
        return Numbered(seen[-1] if seen else after_id)

    numbering = _Numbering(look, lambda: last_id)
    for _ in range(last_id // (AT_ONCE - LOOK_BACK) + 2):
        rounds.append(set())
        numbering()
    assert rounds[0] >= set(range(max(1, last_id - AT_ONCE + 1), last_id + 1))
    assert set().union(*rounds) == set(range(1, last_id + 1))


def test_a_paper_that_fails_is_told_once_and_looked_for_again_until_it_is_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seconds, last_id, broken, looked_from = 0.0, 5 * AT_ONCE, {7}, []
    monkeypatch.setattr("time.monotonic", lambda: seconds)

    def look(*, after_id: int, now: object) -> Numbered:
        looked_from.append(after_id)
        upto = min(after_id + AT_ONCE, last_id)
        failed = [(one, ValueError("unreadable")) for one in broken if after_id < one <= upto]
        return Numbered(max(after_id, upto), tuple(failed))

    numbering = _Numbering(look, lambda: last_id)
    for _ in range(10):
        numbering()
    assert caplog.text.count("no paper for purchase 7") == 1
    looked_from.clear()
    for _ in range(3):
        numbering()
    assert 0 not in looked_from
    for tries in (2, 3):
        seconds += FAILED_EVERY.total_seconds()
        for _ in range(10):
            numbering()
        assert caplog.text.count("no paper for purchase 7") == tries
    broken.clear()
    for _ in range(2):
        seconds += FAILED_EVERY.total_seconds()
        looked_from.clear()
        for _ in range(10):
            numbering()
    assert 0 not in looked_from
