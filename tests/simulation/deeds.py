"""What may happen in one step, and how often."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.buying import answer, buy, refund, report
from tests.simulation.desk import ask, decide, read_bank, set_list, transfer
from tests.simulation.misfortunes import hear_again, hurry, trouble
from tests.simulation.paying import forgive, gift, pay_back, top_up, voucher
from tests.simulation.world import World

DEEDS: tuple[tuple[int, Callable[[World], None]], ...] = (
    (20, top_up),
    (7, voucher),
    (36, buy),
    (6, refund),
    (7, report),
    (4, answer),
    (6, pay_back),
    (5, gift),
    (2, forgive),
    (6, transfer),
    (5, read_bank),
    (3, decide),
    (2, set_list),
    (4, ask),
    (3, trouble),
    (2, hurry),
    (1, hear_again),
)
