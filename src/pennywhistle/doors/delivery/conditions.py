"""What a request's conditions and ranges ask for. Pure.

https://www.rfc-editor.org/rfc/rfc9110#section-13 and #section-14
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_RANGE = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"[^"]*"')
# More digits are no offset into a file.
_DIGITS_MAX = 18


class UnsatisfiableRangeError(ValueError):
    """A range that lies behind the end of the file."""


class Verdict(Enum):
    """What the conditions of a request come to."""

    PROCEED = "proceed"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AskedRange:
    """One range as it was asked for. `first` None with `last` n are the last n bytes."""

    first: int | None
    last: int | None

    @property
    def is_whole(self) -> bool:
        """True for `bytes=0-`, with which many players ask for all of a file."""
        return self.first == 0 and self.last is None

    def of(self, total: int) -> tuple[int, int]:
        """`[start, stop)` in a file of `total` bytes. Raises `UnsatisfiableRangeError`."""
        if self.first is None:
            start, stop = max(0, total - (self.last or 0)), total
        else:
            start = self.first
            stop = total if self.last is None else min(self.last + 1, total)
        if start >= stop:
            raise UnsatisfiableRangeError(f"the file has {total} bytes")
        return start, stop


def judge(headers: Mapping[str, str], *, etag: str) -> Verdict:
    """If-Match, then If-None-Match, for a GET or HEAD of something that exists."""
    if_match = headers.get("if-match")
    if if_match is not None and if_match.strip() != "*" and etag not in _tags(if_match):
        return Verdict.FAILED
    if_none_match = headers.get("if-none-match")
    if if_none_match is not None:
        weakly = {tag.removeprefix("W/") for tag in _tags(if_none_match)}
        if if_none_match.strip() == "*" or etag in weakly:
            return Verdict.NOT_MODIFIED
    return Verdict.PROCEED


def asked_range(headers: Mapping[str, str], *, etag: str) -> AskedRange | None:
    """The one range that is to be answered with 206, or None for the whole.

    The whole is sent for several ranges, for other units, for what is no range, and where If-Range
    names another file. A date in If-Range never matches, for no file here has one.
    """
    if_range = headers.get("if-range")
    if if_range is not None and if_range.strip() != etag:
        return None
    match = _RANGE.fullmatch(headers.get("range", "").strip())
    if match is None:
        return None
    digits = match.groups()
    if not any(digits) or max(map(len, digits)) > _DIGITS_MAX:
        return None
    first, last = (int(text) if text else None for text in digits)
    if first is not None and last is not None and last < first:
        return None
    return AskedRange(first, last)


def _tags(header: str) -> list[str]:
    return _ETAG.findall(header)
