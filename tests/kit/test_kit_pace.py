"""The size of pieces by how they are taken."""

from __future__ import annotations

from pennywhistle.kit.pace import QUICK_AGAIN, QUICK_SECONDS, SLOW_SECONDS, Pace


def test_who_takes_all_at_once_is_given_more_up_to_the_most() -> None:
    pace = Pace(least=16, first=64, most=200)
    sizes = [pace.piece_bytes]
    for _ in range(3):
        pace.took(QUICK_SECONDS)
        sizes.append(pace.piece_bytes)
    assert sizes == [64, 128, 200, 200]


def test_who_lets_a_piece_wait_is_given_the_least_until_quick_for_long() -> None:
    pace = Pace(least=16, first=64, most=200)
    pace.took(SLOW_SECONDS)
    assert pace.piece_bytes == 16
    for _ in range(QUICK_AGAIN):
        pace.took((QUICK_SECONDS + SLOW_SECONDS) / 2)
        pace.took(0)
        assert pace.piece_bytes == 16
    pace.took(0)
    assert pace.piece_bytes == 32
