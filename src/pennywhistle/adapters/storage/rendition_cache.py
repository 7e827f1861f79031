"""The renditions on disk: encoded once, found by many, and kept within a number of bytes by worth.

A rendition is one file under `<root>/ab/<key>.<extension>`; how it grows is told in `growing.py`,
what it is worth in `worth.py`. The file keeps its own record: its extension tells whether it is only
heard before something is bought, the modification time stands for how often it was asked for, and
the time of the last change of its inode for the last time it was. Every file can be made again, so
all of them may be deleted at any time.

The finished files never take more than `bytes_max`, in whatever process they are made: room is made
before a file gets its name. A single file larger than that stays until the next sweep. Files that are
still growing come on top; there are as many as encoders run.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pennywhistle.adapters.storage.following import RenditionBrokenError, follow
from pennywhistle.adapters.storage.growing import (
    PART_SUFFIX,
    Bell,
    Bells,
    Claim,
    DiskFullError,
    Keeper,
    Reader,
    State,
    create_locked,
    is_unfinished,
    remove_leftover,
    take_over,
    with_room,
)
from pennywhistle.adapters.storage.room import Book, Usage, open_book
from pennywhistle.adapters.storage.worth import (
    DEFAULT_POLICY,
    CostsOf,
    Kept,
    WorthPolicy,
    asked_once_more,
    choose_evicted,
)

# The cache by its one name, for those who use it.
__all__ = [
    "DEFAULT_CACHE_BYTES_MAX",
    "Claim",
    "DiskFullError",
    "Reader",
    "RenditionBrokenError",
    "RenditionCache",
    "State",
    "Swept",
    "Usage",
    "follow",
    "heard_extension",
]

DEFAULT_CACHE_BYTES_MAX = 20_000_000_000
# When there is no room, this part of the budget is freed beyond what is needed, so that the folder
# is not counted again for each file.
_FREED_PART = 20
_BOOK = "usage"
# The folder may be emptied by hand at any time. What is told of it is counted anew after so long.
RECOUNT_SECONDS = 60.0
_HEARD = "heard"
# What a new file is taken to need, where the disk is found full before its first byte.
_FIRST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed: files that a crash left, and finished ones beyond the budget."""

    leftovers: int = 0
    evicted: int = 0
    evicted_bytes: int = 0


def _no_costs(_: object) -> Mapping[str, float]:
    return {}


def _tell_nobody(_: Swept) -> None:
    return None


def heard_extension(extension: str) -> str:
    """What a file that is heard before it is bought ends in, in place of `extension`; see `worth.py`."""
    return f"{_HEARD}{extension}"


class RenditionCache:
    """The folder of renditions.

    `costs_of` tells what it took to encode those that are to be weighed; it is asked only when room
    must be made. `on_evicted` is told of what was removed for want of room.
    """

    def __init__(
        self,
        root: Path,
        *,
        bytes_max: int = DEFAULT_CACHE_BYTES_MAX,
        costs_of: CostsOf = _no_costs,
        on_evicted: Callable[[Swept], None] = _tell_nobody,
        policy: WorthPolicy = DEFAULT_POLICY,
        recount_seconds: float = RECOUNT_SECONDS,
    ) -> None:
        self._root = root
        self.bytes_max = bytes_max
        self._costs_of = costs_of
        self._on_evicted = on_evicted
        self._policy = policy
        self._recount_seconds = recount_seconds
        self._bells = Bells()
        self._keeper = Keeper(make_room=self.give_way, admit=self._admit)

    def find(self, *, key: str, extension: str) -> Path | None:
        """The finished file, or None. Counts as an ask, unless one came shortly before.

        It may be evicted before it is opened, though only where everything else is as fresh: who
        then finds nothing there may ask for it to be encoded.
        """
        path = self._final(key, extension)
        try:
            status = path.stat()
            now = time.time()
            if now - status.st_ctime >= self._policy.asks_apart_seconds:
                asks = asked_once_more(asks=status.st_mtime, now=now, policy=self._policy)
                os.utime(path, (now, asks))
        except FileNotFoundError:
            return None
        return path

    def claim(self, *, key: str, extension: str) -> Claim | None:
        """Become the one writer. None where there is another, or where the file is finished.

        Raises `DiskFullError` where there is no room for even a name.
        """
        final = self._final(key, extension)
        begin = partial(self._begin, final.with_name(final.name + PART_SUFFIX), final)
        return with_room(begin, make_room=self.give_way, needed_bytes=_FIRST_BYTES)

    def open_reader(self, *, key: str, extension: str) -> Reader | None:
        """The file as it is, finished or growing; None where there is neither. Close it."""
        final = self._final(key, extension)
        # Between the two looks a growing file may be renamed, so the finished name is tried last too.
        for path in (final, final.with_name(final.name + PART_SUFFIX), final):
            with contextlib.suppress(FileNotFoundError):
                return Reader(os.open(path, os.O_RDONLY), final.name, self._bells)
        return None

    def bell(self, *, key: str, extension: str) -> contextlib.AbstractContextManager[Bell]:
        """A bell that is rung once somebody in this process writes the file, and then as a reader's."""
        return self._bells.hung(self._final(key, extension).name)

    def discard(self, *, key: str, extension: str) -> None:
        """Remove a finished file that turned out not to be what it should; none there is fine."""
        path = self._final(key, extension)
        with open_book(self._root / _BOOK) as book:
            path.unlink(missing_ok=True)
            self._count(book, self._weighed())

    def sweep(self) -> Swept:
        """Remove what crashes left behind, then what is worth least beyond the budget; count."""
        leftovers = sum(
            remove_leftover(Path(entry)) for entry in self._entries() if is_unfinished(entry.name)
        )
        with open_book(self._root / _BOOK) as book:
            swept = self._evict(book, bytes_max=self.bytes_max)
        return replace(swept, leftovers=leftovers)

    def give_way(self, needed_bytes: int) -> bool:
        """Remove something from a disk that is full, by whatever, where `needed_bytes` are wanted: for a
        rendition, or for what becomes one. Whether anything was removed."""
        with open_book(self._root / _BOOK) as book:
            kept = self._weighed()
            taken = sum(one.size_bytes for one in kept)
            leave = taken - max(needed_bytes, taken // _FREED_PART)
            return self._evict(book, bytes_max=max(0, leave), kept=kept).evicted > 0

    def usage(self) -> Usage:
        """What the finished files take, by the book while that is young, else by counting."""
        with open_book(self._root / _BOOK) as book:
            if time.time() - book.counted_at < self._recount_seconds and book.usage is not None:
                return book.usage
            return self._count(book, self._weighed())

    def _begin(self, part: Path, final: Path) -> Claim | None:
        final.parent.mkdir(parents=True, exist_ok=True)
        descriptor = create_locked(part)
        if descriptor is None:
            descriptor = take_over(part, final, self._keeper)
        if descriptor is None:
            return None
        with contextlib.ExitStack() as unless_claimed:
            claim = Claim(descriptor, part, final, bells=self._bells, keeper=self._keeper)
            unless_claimed.enter_context(claim)
            if final.exists():
                return None
            unless_claimed.pop_all()
        self._bells.ring(final.name)
        return claim

    def _admit(self, part: Path, final: Path, size_bytes: int) -> None:
        """Give a finished file its name, with room made for it first."""
        with open_book(self._root / _BOOK) as book:
            usage = book.usage or self._count(book, self._weighed())
            if usage.size_bytes + size_bytes > self.bytes_max:
                usage = self._make_room(book, size_bytes)
            book.write(usage.plus(size_bytes=size_bytes, files=1))
            part.rename(final)

    def _make_room(self, book: Book, size_bytes: int) -> Usage:
        """Remove what is worth least, where the book is right that `size_bytes` do not fit."""
        kept = self._weighed()
        usage = self._count(book, kept)
        if usage.size_bytes + size_bytes <= self.bytes_max:
            return usage
        spare = self.bytes_max // _FREED_PART
        self._evict(book, bytes_max=max(0, self.bytes_max - size_bytes - spare), kept=kept)
        return book.usage or usage

    def _evict(self, book: Book, *, bytes_max: int, kept: list[Kept] | None = None) -> Swept:
        """Remove the least worth beyond `bytes_max`, and write down what is left.

        Whoever reads such a file goes on reading it.
        """
        kept = self._weighed() if kept is None else kept
        usage = self._count(book, kept)
        if usage.size_bytes <= bytes_max:
            return Swept()
        costs = self._costs_of([one.key for one in kept])
        costed = [replace(one, cost_ms=costs.get(one.key)) for one in kept]
        gone = choose_evicted(costed, bytes_max=bytes_max, now=time.time(), policy=self._policy)
        for one in gone:
            self._final(one.key, one.extension).unlink(missing_ok=True)
            usage = usage.plus(size_bytes=-one.size_bytes, files=-1)
            book.write(usage)
        swept = Swept(evicted=len(gone), evicted_bytes=sum(one.size_bytes for one in gone))
        self._on_evicted(swept)
        return swept

    def _count(self, book: Book, kept: list[Kept]) -> Usage:
        usage = Usage(sum(one.size_bytes for one in kept), len(kept))
        book.write(usage, counted_at=time.time())
        return usage

    def _weighed(self) -> list[Kept]:
        """Every finished file, without what it cost."""
        kept = []
        for entry in self._entries():
            key, _, extension = entry.name.rpartition(".")
            # What else somebody put there is none of ours.
            if not is_unfinished(entry.name) and _names_a_rendition(key, extension):
                with contextlib.suppress(FileNotFoundError):
                    kept.append(_kept(key, extension, entry.stat()))
        return kept

    def _final(self, key: str, extension: str) -> Path:
        if not _names_a_rendition(key, extension):
            raise ValueError(f"{key!r}, {extension!r} do not name a rendition")
        return self._root / key[:2] / f"{key}.{extension}"

    def _entries(self) -> list[os.DirEntry[str]]:
        """Every file in the folders of renditions."""
        entries: list[os.DirEntry[str]] = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._root) as folders:
            for folder in folders:
                if folder.is_dir():
                    with os.scandir(folder) as files:
                        entries.extend(file for file in files if file.is_file())
        return entries


def _names_a_rendition(key: str, extension: str) -> bool:
    return key.isalnum() and extension.isalnum()


def _kept(key: str, extension: str, status: os.stat_result) -> Kept:
    return Kept(
        key=key,
        extension=extension,
        size_bytes=status.st_size,
        asks=status.st_mtime,
        asked_at=status.st_ctime,
        is_heard=extension.startswith(_HEARD),
    )
