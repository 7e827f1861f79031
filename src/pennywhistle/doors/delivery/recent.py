"""What was asked for a moment ago, for programs that fetch it in many parts: files, and albums.

Each part would otherwise cost the same queries as the first byte and, of an album, a look at the cover
for each song. What a whole download gets, and all that is not about a part, is always looked up afresh.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

# So long may a part be sent of something that was taken back, or has other tags by now; its ETag
# says of which file it is a part.
REMEMBERED_FOR = timedelta(seconds=10)
FILES_MOST = 500
# They know all of their songs, some kilobytes each.
ALBUMS_MOST = 50

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Recent:
    """What parts of a finished file are answered with."""

    etag: str
    headers: dict[str, str]
    path: Path
    total: int


class Recently(Generic[Found]):
    """By token, the newest `most`, each for `REMEMBERED_FOR`. For one thread."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[datetime, Found]] = OrderedDict()

    def keep(self, *, token: str, found: Found, now: datetime) -> None:
        """Remember what was just looked up."""
        self._kept[token] = (now + REMEMBERED_FOR, found)
        self._kept.move_to_end(token)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def find(self, *, token: str, now: datetime) -> Found | None:
        """What was looked up for this token a moment ago."""
        until, found = self._kept.get(token, (None, None))
        return found if until is not None and now < until else None

    def forget(self, *, token: str) -> None:
        """It is not so any more."""
        self._kept.pop(token, None)
