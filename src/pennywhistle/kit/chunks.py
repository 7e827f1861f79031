"""A long stream in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def chunked(items: Iterable[Item], *, size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`; the last one may be shorter, and none is empty."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
