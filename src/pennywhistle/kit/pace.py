"""How much to hand a listener at once: little where it waits to be taken, for it waits in memory."""

from __future__ import annotations

# A piece that took so long had to wait for the listener, and one that took no longer than this did not.
SLOW_SECONDS = 0.03
QUICK_SECONDS = 0.005
# The system takes megabytes at once whenever a slow listener has made room for them, then nothing for
# seconds. So many pieces in a row, and the listener is slow no more.
QUICK_AGAIN = 256


class Pace:
    """The size of the next piece, between `least` and `most`, by how long the last ones took."""

    def __init__(self, *, least: int, first: int, most: int) -> None:
        self._least = least
        self._most = most
        self._slow_pieces = 0
        self.piece_bytes = first

    def took(self, seconds: float) -> None:
        """A piece was taken after so long."""
        if seconds >= SLOW_SECONDS:
            self.piece_bytes, self._slow_pieces = self._least, QUICK_AGAIN
        elif seconds > QUICK_SECONDS:
            return
        elif self._slow_pieces:
            self._slow_pieces -= 1
        else:
            self.piece_bytes = min(self._most, 2 * self.piece_bytes)
