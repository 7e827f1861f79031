"""Heads that are sent before the encoder has said a word, because one like it said them before.

What an encoder writes before its music follows from its command and the form of the samples: sizes of
blocks, code books, delays. So what the last one wrote is what the next will write, and a listener has
head, tags and cover while the encoder still begins. It is held against what does come, to the byte.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from pennywhistle.adapters.audio.framing import Framer

# Commands times forms of samples; each head has some kilobytes. Of kinds that varied only the name is
# kept, and none is forgotten: more of them than this, and no head is told ahead any more.
HEADS_MAX = 256
DOUBTS_MAX = 1024


class HeadChangedError(ValueError):
    """An encoder that began otherwise than the last one with the same command."""


class KnownHeads:
    """What encoders wrote before their music, by all that this depends on. From any thread."""

    def __init__(self, *, most: int = HEADS_MAX) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._heads: OrderedDict[Hashable, bytes] = OrderedDict()
        self._doubted: set[Hashable] = set()

    def find(self, kind: Hashable) -> bytes:
        """What was written the last time; nothing where that is not known, or varies."""
        with self._lock:
            return self._heads.get(kind, b"")

    def keep(self, kind: Hashable, head: bytes) -> None:
        """Remember what a good encode began with. What varied once is never told again."""
        with self._lock:
            if kind in self._doubted or len(self._doubted) >= DOUBTS_MAX:
                return
            self._heads.setdefault(kind, head)
            self._heads.move_to_end(kind)
            if len(self._heads) > self._most:
                self._heads.popitem(last=False)

    def doubt(self, kind: Hashable) -> None:
        """It varies: from now on, wait for the encoder."""
        with self._lock:
            self._heads.pop(kind, None)
            if len(self._doubted) < DOUBTS_MAX:
                self._doubted.add(kind)
            else:
                self._heads.clear()


class Foretold:
    """A framer that was given the encoder's head beforehand, and takes it off the encoder's output.

    Its `feed` and `finish` raise `HeadChangedError` where another head comes.
    """

    def __init__(self, framer: Framer, head: bytes) -> None:
        self._framer = framer
        self._head = head
        self._owed = head

    @property
    def extra_bytes(self) -> int:
        """As the framer counts them."""
        return self._framer.extra_bytes

    @property
    def head_bytes(self) -> int | None:
        """As the framer counts them."""
        return self._framer.head_bytes

    def start(self) -> bytes:
        """All that stands before the music."""
        return self._framer.start() + self._framer.feed(self._head)

    def feed(self, data: bytes) -> bytes:
        """What follows from `data`, but for what went out already."""
        if self._owed:
            came, data = data[: len(self._owed)], data[len(self._owed) :]
            if not self._owed.startswith(came):
                raise HeadChangedError("the encoder began otherwise than the one before it")
            self._owed = self._owed[len(came) :]
        return self._framer.feed(data)

    def finish(self) -> bytes:
        """What comes after the last of it."""
        if self._owed:
            raise HeadChangedError("the encoder ended before its head did")
        return self._framer.finish()
