"""What processes of their own do in tests of the queue for writers. They need no settings."""

from __future__ import annotations

from multiprocessing.synchronize import Event
from pathlib import Path

from pennywhistle.config.sqlite3.turns import Turns

PATIENCE_SECONDS = 30


def hold_and_die(path: Path, has_turn: Event, may_die: Event) -> None:
    Turns(path).take()
    has_turn.set()
    may_die.wait(PATIENCE_SECONDS)
    # Ends without giving anything back.


def take_turns(path: Path, log: Path, times: int) -> None:
    """Write to a log that only holds whole entries if nobody else writes meanwhile."""
    queue = Turns(path)
    for _ in range(times):
        queue.take()
        seen = log.read_text()
        log.write_text(seen + "x")
        queue.give()
