"""How often a gateway's message is tried, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# After so many tries a message waits for the operator: `pennywhistle payments replay`.
TRIES_MOST = 12

# The wait after the first try, doubled with each, and the longest: twelve tries last seven hours.
_WAIT_FIRST = timedelta(seconds=15)
_WAIT_MOST = timedelta(hours=2)

# One message, in bytes. Stripe's largest are some tens of thousands.
MESSAGE_BYTES_MOST = 256_000

# Letters that are kept of what a message says of its kind.
EVENT_TYPE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message whose signature fits, with its body as it came."""

    gateway: str
    event_id: str
    event_type: str
    body: str


def next_try(*, tries: int, now: datetime) -> datetime | None:
    """When a message is tried again that has been tried so often; None after the last time."""
    if tries >= TRIES_MOST:
        return None
    return now + min(_WAIT_FIRST * (1 << (tries - 1)), _WAIT_MOST)
