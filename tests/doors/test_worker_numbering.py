"""What the worker writes down that crashes left out: the newest first."""

from __future__ import annotations

import pytest

from pennywhistle.doors.worker.loop import LOOK_BACK, _Numbering
from pennywhistle.flows.issue_paper import AT_ONCE


@pytest.mark.parametrize("last_id", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 20 * AT_ONCE])
def test_it_begins_with_the_newest_and_sees_every_row_in_the_end(last_id: int) -> None:
    rounds: list[set[int]] = []

    def look(*, after_id: int, now: object) -> int:
        seen = range(after_id + 1, min(after_id + AT_ONCE, last_id) + 1)
        rounds[-1] |= set(seen)
        return seen[-1] if seen else after_id

    numbering = _Numbering(look, lambda: last_id)
    for _ in range(last_id // (AT_ONCE - LOOK_BACK) + 2):
        rounds.append(set())
        numbering()
    assert rounds[0] >= set(range(max(1, last_id - AT_ONCE + 1), last_id + 1))
    assert set().union(*rounds) == set(range(1, last_id + 1))
