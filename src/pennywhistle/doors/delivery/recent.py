"""Finished files that were asked for a moment ago, for programs that fetch one in many parts.

Each part of a file would otherwise cost the same four queries as its first byte. What a whole
download gets, and all that is not about a part, is always looked up afresh.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

# So long may a part be sent of something that was taken back, or has other tags by now; its ETag
# says of which file it is a part.
REMEMBERED_FOR = timedelta(seconds=10)
REMEMBERED_MOST = 500


@dataclass(frozen=True, slots=True)
class Recent:
    """What parts of a finished file are answered with."""

    etag: str
    headers: dict[str, str]
    path: Path
    total: int


class RecentFiles:
    """By token, the newest `REMEMBERED_MOST`, each for `REMEMBERED_FOR`. For one thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[datetime, Recent]] = OrderedDict()

    def keep(self, *, token: str, recent: Recent, now: datetime) -> None:
        """Remember what was just looked up."""
        self._kept[token] = (now + REMEMBERED_FOR, recent)
        self._kept.move_to_end(token)
        if len(self._kept) > REMEMBERED_MOST:
            self._kept.popitem(last=False)

    def find(self, *, token: str, now: datetime) -> Recent | None:
        """What was looked up for this token a moment ago."""
        until, recent = self._kept.get(token, (None, None))
        return recent if until is not None and now < until else None

    def forget(self, *, token: str) -> None:
        """The file is gone."""
        self._kept.pop(token, None)
